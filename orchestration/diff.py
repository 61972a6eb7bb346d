"""`trifuse diff`: what changed between two runs, and what that did to each number."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

from assets.home import Home
from orchestration import tables
from orchestration.resources import home as home_of
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.runs.comparing import Comparison
    from assets.runs.states import About

Kept = tuple["About", Path]


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN [RUN]]")
@click.option("--dataset", help="Only this dataset.")
@click.option("--list", "listed", is_flag=True, help="List the runs that are kept.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write the comparison as an HTML page.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, at full precision.")
def diff(runs: tuple[str, ...], dataset: str | None, listed: bool, page: Path | None, as_json: bool) -> None:
    """Which data, code or parameters changed between two RUNs, and what that did to each number.

    RUN is the beginning of a run id: of the command that `trifuse run` names at its end, or of any Dagster run that the
    UI or `metrics` names; it stands for the state that this run led to. One RUN is compared with the latest; without
    any, the last two of every dataset are compared.
    """
    if len(runs) > 2:
        raise click.UsageError("give two runs at most")
    home = home_of(Settings.from_environment())
    there = _kept(home, dataset)
    if listed:
        _list(there)
        return
    found = _comparisons(there, runs)
    if page:
        from assets.files import write_text
        from assets.reports.rendering import written

        if len(found) > 1:
            raise click.UsageError("a page is of one dataset: give --dataset")
        write_text(page, written("changes.html.j2", {"c": found[0]}))
        click.echo(page)
    elif as_json:
        click.echo(json.dumps([_record(one) for one in found], indent=2))
    else:
        for one in found:
            _show(one)


def _kept(home: Home, dataset: str | None) -> dict[str, list[Kept]]:
    from assets.datasets import datasets
    from assets.runs.states import kept

    if dataset and dataset not in datasets():
        raise click.UsageError(f"no dataset {dataset!r}; there are: {', '.join(datasets())}")
    there = {name: kept(home, name) for name in datasets() if dataset in (None, name)}
    there = {name: states for name, states in there.items() if states}
    if not there:
        raise LookupError(f"no run of {dataset or 'any dataset'} is kept yet; `trifuse run` keeps one.")
    return there


def _comparisons(there: dict[str, list[Kept]], runs: tuple[str, ...]) -> list[Comparison]:
    from assets.runs.comparing import compare
    from assets.runs.states import load

    if not runs:
        pairs = [states[-2:] for states in there.values() if len(states) > 1]
        if not pairs:
            raise LookupError("there is no second run to compare with: nothing has changed since the first.")
    else:
        first = _find(there, runs[0])
        pairs = [[first, _find(there, runs[1]) if len(runs) > 1 else there[first[0].dataset][-1]]]
    return [compare(load(*before), load(*after)) for before, after in pairs]


def _find(there: dict[str, list[Kept]], start: str) -> Kept:
    """The state that a run led to: the first that has it. Raises LookupError for none, or for several runs."""
    found = {name: next((one for one in states if one[0].is_of(start)), None) for name, states in there.items()}
    states = [one for one in found.values() if one]
    ids = {run_id for one in states for run_id in one[0].named(start)}
    if len(states) == 1 and len(ids) == 1:
        return states[0]
    if not states:
        raise LookupError(
            f"no run {start!r} is kept, or it changed nothing; `trifuse diff --list` names those that are."
        )
    several = ", ".join(sorted(run_id[:12] for run_id in ids))
    raise LookupError(f"several runs begin with {start!r} ({several}); give more of it, or --dataset.")


def _list(there: dict[str, list[Kept]]) -> None:
    rows = [
        {
            "dataset": name,
            "run": about.name,
            "recorded": about.recorded,
            "by": about.run_id,
            "steps run by": len(about.run_ids),
        }
        for name, states in there.items()
        for about, _ in states
    ]
    tables.show(pd.DataFrame(rows), "table")


def _record(one: Comparison) -> dict[str, Any]:
    effects = {
        kind: [asdict(e) | {"verdict": e.verdict} for e in getattr(one, kind)] for kind in ("changed", "came", "went")
    }
    runs = {"before": one.before.about.name, "after": one.after.about.name, "dataset": one.after.about.dataset}
    return runs | {"differences": [asdict(d) for d in one.differences], **effects, "same": one.same}


def _show(one: Comparison) -> None:
    before, after = one.before.about, one.after.about
    click.echo(f"{after.dataset}: run {before.name} ({before.recorded}) -> run {after.name} ({after.recorded})")
    if one.differences:
        rows = [
            {"no.": i, "kind": d.kind, "what": d.what, "before": d.before[:40], "after": d.after[:40]}
            for i, d in enumerate(one.differences, start=1)
        ]
        tables.show(pd.DataFrame(rows), "table")
    else:
        click.echo("no difference in data, code, parameters or libraries")
    click.echo(f"{len(one.changed)} numbers changed, {one.same} did not, {len(one.came)} are new, {len(one.went)} gone")
    if one.changed:
        tables.show(pd.DataFrame([_row(e) for e in one.changed]), "table")


def _row(e: Any) -> dict[str, Any]:
    because = ", ".join(str(i + 1) for i in e.because) or "nothing recorded"
    digits = 0 if e.number["kind"] == "rows" else 4
    values = {"before": f"{e.before:.{digits}f}", "after": f"{e.after:.{digits}f}", "change": f"{e.change:+.{digits}f}"}
    return {"number": e.label, "metric": e.metric, **values, "": e.verdict, "seeds": e.seeds, "because of": because}
