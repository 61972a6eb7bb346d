"""Runs facts with DuckDB over the lake's Parquet, in memory: no lock on the warehouse is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.validation.facts import Fact
from assets.validation.outcomes import EXAMPLES, Outcome, plain
from assets.warehouse import connect, frame

if TYPE_CHECKING:
    import duckdb

Files = dict[str, list[Path]]
"""Table -> the Parquet files that hold it; none where it has not been materialized."""


def examine(facts: list[Fact], files: Files, variables: dict[str, Any]) -> list[Outcome]:
    """The outcome of every fact. variables: what queries read with getvariable()."""
    with _views(files, variables) as connection:
        return [_examined(connection, fact, files) for fact in facts]


@contextmanager
def _views(files: Files, variables: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(Path(":memory:")) as connection:
        for name, value in variables.items():
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for table, paths in files.items():
            if paths:
                several = table == "folds"
                connection.read_parquet([str(path) for path in paths], filename=several).create_view(table)
        yield connection


def _examined(connection: duckdb.DuckDBPyConnection, fact: Fact, files: Files) -> Outcome:
    absent = [table for table in fact.reads if not files[table]]
    if absent:
        return Outcome(fact.name, False, f"not checked: {', '.join(absent)} not materialized yet", checked=False)
    rows = connection.execute(f"SELECT count(*) FROM {fact.reads[0]}").fetchall()[0][0]
    return _measured(connection, fact, rows) if fact.measures else _violated(connection, fact, rows)


def _violated(connection: duckdb.DuckDBPyConnection, fact: Fact, rows: int) -> Outcome:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE violations AS {fact.query}")
    count = connection.execute("SELECT count(*) FROM violations").fetchall()[0][0]
    found = frame(connection, f"FROM violations LIMIT {EXAMPLES}").astype(object).to_dict("records") if count else []
    summary = f"{count:,} violations in {rows:,} rows" if count else f"holds in {rows:,} rows"
    return Outcome(fact.name, not count, summary, rows, count, examples=[plain(row) for row in found])


def _measured(connection: duckdb.DuckDBPyConnection, fact: Fact, rows: int) -> Outcome:
    row = plain(frame(connection, fact.query).astype(object).to_dict("records")[0])
    share = row["share"]
    if share is None:
        return Outcome(fact.name, True, "nothing to measure", rows)
    low, high = fact.at_least, fact.at_most
    passed = (low is None or share >= low) and (high is None or share <= high)
    limit = f"at least {low:.1%}" if low is not None else f"at most {high:.1%}"
    return Outcome(fact.name, passed, f"{share:.2%}, expected {limit}", rows, observed=share, measured=row)
