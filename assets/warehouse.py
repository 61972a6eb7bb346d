"""The only place that opens DuckDB."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

SQL = Path(__file__).parent.parent / "sql"
LOCK_WAIT_SECONDS = 120


@cache
def sql(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _open(path: Path, read_only: bool, wait: float) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{path} is being written by another process and did not come free within {wait:.0f} s. "
                    "Wait for the other run to end, or stop it, then try again."
                ) from error
            time.sleep(0.2)


@contextmanager
def connect(
    path: Path, *, read_only: bool = False, wait: float = LOCK_WAIT_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file, waiting `wait` seconds for its lock; closed on leaving. Raises TimeoutError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _open(path, read_only, wait)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, with its tables in place; all or nothing is written."""
    with connect(path) as connection:
        connection.execute("BEGIN")
        connection.execute(sql("staging/tables"))
        connection.execute(sql("catalog/tables"))
        connection.execute(sql("staging/macros"))
        yield connection
        connection.execute("COMMIT")


def frame(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> pd.DataFrame:
    """A query's result as a data frame."""
    return connection.execute(query, parameters).df()


def export(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's result to a Parquet file (not atomic: hand in a temporary path); returns its rows."""
    literal = str(path).replace("'", "''")
    return connection.execute(f"COPY ({query}) TO '{literal}' (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0]
