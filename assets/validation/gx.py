"""Runs a suite with Great Expectations over a table, a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.validation.outcomes import EXAMPLES, Outcome, plain
from assets.validation.suites import Expectation

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from great_expectations.core.batch_definition import BatchDefinition

CHUNK_ROWS = 500_000
"""Rows in memory at a time: 32 million ratings as one data frame would not fit beside the rest."""


def validate(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    suite: list[Expectation],
    row_keys: list[str],
    chunk_rows: int = CHUNK_ROWS,
) -> list[Outcome]:
    """The outcome of every expectation about the view `table`, in the suite's order.

    row_keys: the columns that name an example row. chunk_rows: rounded up to DuckDB's 2048.
    """
    batches = _batches()
    tallies = {expectation.name: _Tally(expectation) for expectation in suite}
    ready = library().ExpectationSuite(name="suite", expectations=[made(expectation) for expectation in suite])
    for frame in _chunks(connection, table, chunk_rows):
        named = {"unexpected_index_column_names": row_keys} if set(row_keys) <= set(frame.columns) else {}
        shape = {"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES, **named}
        report = batches.get_batch({"dataframe": frame}).validate(ready, result_format=shape)
        for result in report.results:
            tallies[result.expectation_config.meta["name"]].add(len(frame), result)
    return [tally.outcome() for tally in tallies.values()]


def library() -> Any:
    """Great Expectations, imported so that it sends nothing: usage statistics would go over the network."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def _batches() -> BatchDefinition:
    gx = library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frames = context.data_sources.add_pandas("lake").add_dataframe_asset("table")
    return frames.add_batch_definition_whole_dataframe("chunk")


def made(expectation: Expectation) -> Any:
    """The expectation as Great Expectations' own class."""
    return getattr(library().expectations, expectation.kind)(**expectation.arguments, meta={"name": expectation.name})


def _chunks(connection: duckdb.DuckDBPyConnection, table: str, rows: int) -> Iterator[pd.DataFrame]:
    reader = connection.table(table).to_arrow_reader(rows)
    empty = True
    for batch in reader:
        empty = False
        yield batch.to_pandas()
    if empty:
        yield reader.schema.empty_table().to_pandas()


@dataclass
class _Tally:
    """Adds up an expectation's results over the chunks. A table's expectation must succeed on each of them."""

    expectation: Expectation
    rows: int = 0
    present: int = 0
    unexpected: int = 0
    failed: bool = False
    error: str = ""
    observed: Any = None
    examples: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, rows: int, result: Any) -> None:
        found = result.result
        self.rows += rows
        self.error = self.error or _error(result.exception_info)
        self.present += found.get("element_count", 0) - found.get("missing_count", 0)
        self.unexpected += found.get("unexpected_count", 0)
        self.values += found.get("partial_unexpected_list") or []
        self.examples += found.get("partial_unexpected_index_list") or found.get("partial_unexpected_list") or []
        if "observed_value" in found:
            self.observed, self.failed = found["observed_value"], self.failed or not result.success

    def outcome(self) -> Outcome:
        allowed = 1 - self.expectation.arguments.get("mostly", 1.0)
        share = self.unexpected / self.present if self.present else 0.0
        passed = not self.error and not self.failed and share <= allowed + 1e-12
        examples = [] if passed else [plain(example) for example in self.examples[:EXAMPLES]]
        observed = self.observed if self.observed is not None else (1.0 - share if self.present else None)
        return Outcome(
            self.expectation.name, passed, self._summary(allowed), self.rows, self.unexpected, observed, examples,
            gx=self._merged(share),
        )  # fmt: skip

    def _merged(self, share: float) -> dict[str, Any]:
        """The result as Great Expectations would give it for the whole table; its Data Docs are made of it."""
        if self.error:
            return {}
        if self.observed is not None:
            return {"observed_value": plain(self.observed)}
        return {
            "element_count": self.rows, "missing_count": self.rows - self.present,
            "missing_percent": 100 * (self.rows - self.present) / max(self.rows, 1),
            "unexpected_count": self.unexpected, "unexpected_percent": 100 * share,
            "partial_unexpected_list": [plain(value) for value in self.values[:EXAMPLES]],
        }  # fmt: skip

    def _summary(self, allowed: float) -> str:
        if self.error:
            return f"could not be evaluated: {self.error}"
        if self.observed is not None:
            return "not as expected" if self.failed else "as expected"
        tolerance = f" ({allowed:.1%} may)" if allowed > 0 else ""
        return f"{self.unexpected:,} of {self.present:,} values break the rule{tolerance}"


def _error(info: dict[str, Any]) -> str:
    """The first exception's message; Great Expectations gives either one record or one per metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [record["exception_message"] for record in records if record.get("raised_exception")]
    return str(messages[0])[:500] if messages else ""
