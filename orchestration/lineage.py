"""`trifuse trace`: the chain of a number as a tree, and whether the files at its ends are still those."""

from __future__ import annotations

import json
from typing import Any

import click
import pandas as pd

from assets.lineage import DIFFERS, MADE, MISSING, verified
from assets.manifests import RAW
from orchestration import tables
from orchestration.resources import home
from orchestration.settings import Settings

Key = tuple[str, str, str]
"""(asset, partition, data version): a row of a trace."""


@click.command()
@click.argument("metric_id")
@click.option("--verify", is_flag=True, help="Hash every file of the chain now; exit status 1 if one is not as it was.")
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON, with whole versions and run ids.")
def trace(metric_id: str, verify: bool, as_json: bool) -> None:
    """The chain from a number back to files and their SHA-256. METRIC_ID: see `metrics` or a leaderboard.

    A number was measured on predictions, these were made by a model file, that was learned from folds, tables and
    vectors, and so on, down to the raw files. What was made from several things stands below the deepest of them;
    `from` names all.
    """
    settings = Settings.from_environment()
    rows = tables.answer(settings.serving, "FROM trace($m)", {"m": metric_id})
    if rows.empty:
        raise LookupError(
            f'no metric {metric_id!r}. List them with: trifuse sql "SELECT metric_id, model, metric FROM metrics"'
        )
    if verify:
        rows["found"] = verified(home(settings), rows)
    click.echo(json.dumps(_records(rows), indent=2) if as_json else _tree(rows))
    if verify:
        _judge(rows)


def _judge(rows: pd.DataFrame) -> None:
    files = rows[rows.found != ""]
    counts = ", ".join(f"{number} {found}" for found, number in files.found.value_counts().items())
    if files.found.isin([DIFFERS, MISSING]).any():
        raise ValueError(f"of {len(files)} files in the chain: {counts}. Those were made or changed after the number.")
    click.echo(f"{len(files)} files: {counts}", err=True)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: list(value) if name == "upstream" else _plain(value) for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value.isoformat() if isinstance(value, pd.Timestamp) else value


def _tree(rows: pd.DataFrame) -> str:
    from rich.console import Console
    from rich.tree import Tree

    nodes: dict[Key, Tree] = {}
    below = _parents(rows)
    for row in rows.itertuples():
        key = (row.asset, row.partition, row.data_version)
        label = _label(row)
        nodes[key] = nodes[below[key]].add(label) if key in below else Tree(label)
    console = Console(width=240, no_color=True)
    with console.capture() as captured:
        console.print(next(iter(nodes.values())), soft_wrap=True, highlight=False)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _parents(rows: pd.DataFrame) -> dict[Key, Key]:
    """Under which row each stands: the deepest of those that were made from it."""
    depth = {(row.asset, row.partition, row.data_version): row.depth for row in rows.itertuples()}
    above: dict[Key, Key] = {}
    for row in rows.itertuples():
        key = (row.asset, row.partition, row.data_version)
        for edge in _upstream(row):
            if edge not in above or depth[above[edge]] < depth[key]:
                above[edge] = key
    return above


def _upstream(row: Any) -> list[Key]:
    return [(edge["asset"], edge["partition"], edge["data_version"]) for edge in row.upstream]


def _label(row: Any) -> Any:
    from rich.text import Text

    found = getattr(row, "found", "")
    if row.asset in (RAW, MADE):
        size = "" if pd.isna(row.bytes) else f"  {int(row.bytes):,} bytes"
        return Text(f"{row.asset} {row.partition}{size}\n  SHA-256 {row.data_version}{f'  {found}' if found else ''}")
    made_from = ", ".join(asset for asset, _, _ in _upstream(row) if asset not in (RAW, MADE))
    version = f"{'id' if row.depth == 0 else 'version'} {row.data_version[:16]}"
    made = f"  code {row.code_version}  run {row.run_id}  {row.created_at}" if isinstance(row.run_id, str) else ""
    lines = [f"{row.asset} {row.partition}", f"  {version}{made}"]
    lines += [f"  by {row.encoder}"] if isinstance(row.encoder, str) else []
    return Text("\n".join([*lines, *([f"  from {made_from}"] if made_from else [])]))
