"""Runs facts with DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.datasets import Dataset
from assets.validation.facts import Fact
from assets.validation.outcomes import EXAMPLES, Outcome, plain
from assets.validation.tables import Files
from assets.validation.thresholds import Limit, thresholds
from assets.warehouse import frame

if TYPE_CHECKING:
    import duckdb


def examine(connection: duckdb.DuckDBPyConnection, facts: list[Fact], files: Files, about: Dataset) -> list[Outcome]:
    """The outcome of every fact. connection: where the tables of `files` are views."""
    return [_examined(connection, fact, files, about) for fact in facts]


def _examined(connection: duckdb.DuckDBPyConnection, fact: Fact, files: Files, about: Dataset) -> Outcome:
    if fact.source not in ("", about.source):
        return Outcome(fact.name, True, f"does not apply to {about.source}")
    absent = [table for table in fact.reads if not files[table]]
    if absent and fact.optional:
        return Outcome(fact.name, True, f"no {', '.join(absent)} are staged")
    if absent:
        return Outcome(fact.name, False, f"not checked: {', '.join(absent)} not materialized yet", checked=False)
    rows = connection.execute(f"SELECT count(*) FROM {fact.reads[0]}").fetchall()[0][0]
    if fact.measured:
        return _measured(connection, fact, rows, thresholds(about).limit(fact.name))
    return _violated(connection, fact, rows)


def _violated(connection: duckdb.DuckDBPyConnection, fact: Fact, rows: int) -> Outcome:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE violations AS {fact.query}")
    count = connection.execute("SELECT count(*) FROM violations").fetchall()[0][0]
    found = frame(connection, f"FROM violations LIMIT {EXAMPLES}").astype(object).to_dict("records") if count else []
    summary = f"{count:,} violations in {rows:,} rows" if count else f"holds in {rows:,} rows"
    return Outcome(fact.name, not count, summary, rows, count, examples=[plain(row) for row in found])


def _measured(connection: duckdb.DuckDBPyConnection, fact: Fact, rows: int, limit: Limit) -> Outcome:
    row = plain(frame(connection, fact.query).astype(object).to_dict("records")[0])
    share = row["share"]
    if share is None:
        return Outcome(fact.name, True, "nothing to measure", rows)
    where = f" in {row['worst_file']}" if row.get("worst_file") else ""
    passed = limit.holds(share)
    summary = f"{share:.2%}{where}, expected {limit}" + ("" if passed else f". {limit.why}")
    return Outcome(fact.name, passed, summary, rows, observed=share, measured=row)
