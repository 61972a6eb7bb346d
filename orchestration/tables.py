"""What the command line reads from the serving snapshot, and how it prints it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pandas as pd

from assets.files import atomic_file
from assets.vectors.collect import Shelf
from assets.warehouse import connect, frame

if TYPE_CHECKING:
    import duckdb

ROWS_SHOWN = 200
KINDS = ("csv", "json", "parquet")
"""Files that `write` writes."""


def answer(serving: Path, query: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
    """A query's rows. Raises LookupError if nothing is published, ValueError with DuckDB's words."""
    with _asking(serving) as connection:
        return frame(connection, query, parameters)


def write(serving: Path, query: str, target: Path) -> int:
    """Write a query's rows to a .csv, .json or .parquet file, whole or not at all; the number of rows.

    Raises as `answer` does, and ValueError for another kind of file.
    """
    kind = target.suffix.removeprefix(".")
    if kind not in KINDS:
        raise ValueError(
            f"{target}: cannot write {target.suffix or 'a file without an ending'}; there are: .{', .'.join(KINDS)}"
        )
    with _asking(serving) as connection, atomic_file(target) as path:
        # DuckDB writes Parquet itself, with the types of its columns; text is as on the terminal.
        if kind == "parquet":
            found = connection.sql(query)
            found.write_parquet(str(path), compression="zstd")
            return len(found)
        rows = frame(connection, query)
        with path.open("w", encoding="utf-8", newline="") as file:
            print_rows(rows, kind, file)
        return len(rows)


@contextmanager
def _asking(serving: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The snapshot as it is now. One that is published meanwhile takes its place beside it: neither waits."""
    import duckdb

    if not serving.exists():
        raise LookupError(
            f"{serving} does not exist yet: nothing has been published. Start with `make demo` or `trifuse run`."
        )
    with connect(serving, read_only=True) as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise ValueError(str(error)) from error


def show(rows: pd.DataFrame, style: str) -> None:
    """Print rows as a table for people, or as CSV or JSON for programs (full precision)."""
    if style == "table":
        _print_table(rows)
    else:
        print_rows(rows, style, sys.stdout)


def print_rows(rows: pd.DataFrame, kind: str, file: TextIO) -> None:
    """Write rows as csv or json at full precision."""
    if kind == "csv":
        lists = {name: rows[name].map(_listed) for name in rows if rows[name].dtype == object}
        rows.assign(**lists).to_csv(file, index=False)
    else:
        text = rows.to_json(orient="records", date_format="iso", indent=2, default_handler=str, double_precision=15)
        file.write(text + "\n")


def _listed(value: Any) -> Any:
    """A list as JSON, so that whoever reads the CSV can take it apart; all else as it is."""
    return json.dumps(value.tolist(), ensure_ascii=False, default=str) if isinstance(value, np.ndarray) else value


def show_vectors(shelves: list[Shelf]) -> None:
    """Print what the vectors' folders hold, a row per encoder."""
    columns = ("vectors", "stale", "lost", "shards", "bytes")
    rows = [{"encoder": shelf.folder.name} | {name: getattr(shelf, name) for name in columns} for shelf in shelves]
    _print_table(pd.DataFrame(rows))


def _print_table(rows: pd.DataFrame, title: str | None = None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in rows.columns:
        numeric = pd.api.types.is_numeric_dtype(rows[name])
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows.head(ROWS_SHOWN).itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    console.print(table)
    if len(rows) > ROWS_SHOWN:
        console.print(f"… {len(rows) - ROWS_SHOWN:,} more rows; --format csv prints them all")


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"
    return escape(str(value))


def show_leaderboard(serving: Path, dataset: str) -> None:
    """Print the leaderboard of every protocol by its first metric."""
    from models.splits import PROTOCOLS

    found = answer(
        serving, "SELECT DISTINCT protocol FROM metrics WHERE dataset = $d ORDER BY protocol", {"d": dataset}
    )
    for name in found.protocol:
        first = PROTOCOLS[name].metrics[0]
        rows = answer(
            serving,
            "SELECT model, variant, value, ci_low, ci_high, seeds, fit_seconds, metric_id FROM leaderboard($d, $m) "
            "WHERE protocol = $p AND k IS NOT DISTINCT FROM $k",
            {"d": dataset, "m": first.metric, "p": name, "k": first.k},
        )
        metric = first.metric.upper() + (f"@{first.k}" if first.k else "")
        leaky = " (random split: leaky by design)" if PROTOCOLS[name].leaky_by_design else ""
        _print_table(rows.rename(columns={"value": metric}), f"{dataset} · {name}{leaky}")


def recommendations(serving: Path, dataset: str, user: str, k: int, model: str | None) -> pd.DataFrame:
    """A user's list. Raises LookupError saying what there is where the dataset, user or model is not published."""
    asked = {"d": dataset, "u": user, "k": k, "m": model}
    rows = answer(serving, "FROM recommend($d, $u, $k, by_model := $m)", asked)
    if rows.empty:
        there = answer(serving, "SELECT DISTINCT dataset, model FROM recommendations ORDER BY ALL")
        listed = "; ".join(f"{name}: {', '.join(part.model)}" for name, part in there.groupby("dataset")) or "none yet"
        raise LookupError(
            f"no list for user {user!r} of {dataset!r}"
            + (f" by {model!r}" if model else "")
            + f". Published: {listed}."
        )
    return rows
