"""`trifuse champion`: who recommends, who did before, and setting it by hand."""

from __future__ import annotations

import click
import pandas as pd

from assets.home import Home
from orchestration import tables
from orchestration.progress import terminal_progress
from orchestration.resources import home as home_of
from orchestration.settings import Settings


@click.command()
@click.argument("dataset")
@click.option("--protocol", help="Default: the one whose models recommend; without an option to change it, all.")
@click.option("--set", "asked", metavar="MODEL[@VERSION]", help="Make this the champion, and pin it.")
@click.option("--rollback", is_flag=True, help="Go back to the champion before the present one, and pin it.")
@click.option("--release", is_flag=True, help="Let the winner on validation be the champion again.")
def champion(dataset: str, protocol: str | None, asked: str | None, rollback: bool, release: bool) -> None:
    """The model that recommends for DATASET, and those that did before.

    The winner on validation becomes the champion if it is sound: it beats the baselines, its predictions are finite
    and calibrated, and it is quick. A champion that was set or rolled back to is pinned: refreshes leave it until it is
    released. What is changed is published at once; a second --rollback undoes the first.
    """
    from assets.champions.publishing import serving_protocol
    from assets.datasets import datasets
    from models.splits import PROTOCOLS

    if dataset not in datasets():
        raise click.UsageError(f"no dataset {dataset!r}; there are: {', '.join(datasets())}")
    if protocol and protocol not in PROTOCOLS:
        raise click.UsageError(f"no protocol {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    if (asked is not None) + rollback + release > 1:
        raise click.UsageError("give one of --set, --rollback and --release")
    settings = Settings.from_environment()
    home = home_of(settings)
    if asked or rollback or release:
        at = protocol or serving_protocol(home, dataset)
        if at is None:
            raise LookupError(f"no model has been trained on {dataset} yet; `trifuse run {dataset}` trains some.")
        _change(home, dataset, at, asked, rollback)
        _publish(settings, dataset, at)
        protocol = protocol or at
    _show(home, dataset, protocol)


def _change(home: Home, dataset: str, protocol: str, asked: str | None, rollback: bool) -> None:
    from assets.champions.history import RELEASED, ROLLED_BACK, SET, History
    from assets.champions.versions import find, place

    history = History(home, dataset, protocol)
    present = history.present()
    if asked:
        cell, version = find(home, dataset, protocol, asked)
        history.add(cell, version, pinned=True, why=SET)
    elif present is None:
        raise LookupError(f"{dataset} has had no champion under {protocol} yet; `trifuse run {dataset}` chooses one.")
    elif not rollback:
        history.add(present.cell, present.version, pinned=False, why=RELEASED)
    elif (before := history.before()) is None:
        raise LookupError(f"{present.model} is the only champion that {dataset} has had under {protocol}.")
    elif not place(home, before.cell, before.version).exists():
        raise LookupError(f"the files of {before.model}, the champion before, are gone from {home.artifacts}.")
    else:
        history.add(before.cell, before.version, pinned=True, why=ROLLED_BACK)


def _publish(settings: Settings, dataset: str, protocol: str) -> None:
    from orchestration import plan

    with terminal_progress() as tell:
        for request in (
            plan.Request(dataset, protocols=(protocol,), since="champions", until="champions"),
            plan.Request(dataset, since="serving"),
        ):
            plan.run(request, settings, lambda title: tell(f"— {title}"))


def _show(home: Home, dataset: str, protocol: str | None) -> None:
    from assets.champions.history import histories

    rows = [
        {
            "protocol": of.protocol, "model": entry.model, "since": entry.since, "why": entry.why,
            "pinned": "pinned" if entry.pinned else "", "now": "champion" if entry is entries[-1] else "",
        }
        for of in histories(home, dataset)
        if protocol in (None, of.protocol)
        for entries in [of.entries()]
        for entry in entries
    ]  # fmt: skip
    if not rows:
        where = f" under {protocol}" if protocol else ""
        click.echo(f"{dataset} has no champion{where} yet: `trifuse run {dataset}` chooses one.")
    else:
        tables.show(pd.DataFrame(rows), "table")
    _show_challengers(home, dataset, protocol)


def _show_challengers(home: Home, dataset: str, protocol: str | None) -> None:
    from assets.cells import Cell
    from assets.manifests import Manifests

    for examined in Manifests(home.path).partitions("challenger", f"{dataset}|"):
        under, facts = examined.partition.partition("|")[2], examined.metadata
        if facts["winner"] is None or protocol not in (None, under):
            continue
        click.echo(
            f"{under}: {Cell.parse(facts['winner']).model} wins on validation, {facts['measure']} {facts['value']:.4f}"
        )
        for gate in facts["gates"]:
            click.echo(f"  {'✓' if gate['passed'] else '✗'} {gate['name']}: {gate['found']} ({gate['limit']})")
