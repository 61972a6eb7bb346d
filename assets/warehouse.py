"""The only place that opens DuckDB."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from assets.files import temporary_prefix

if TYPE_CHECKING:
    import pandas as pd

SQL = Path(__file__).parent.parent / "sql"
LOCK_WAIT_SECONDS = 120
MEMORY = "1GB"
"""What DuckDB keeps in memory while it works; beyond it, it uses the disk."""


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


def check_whole(path: Path) -> None:
    """Raises duckdb.Error where a DuckDB file cannot be opened, ValueError where its end is missing.

    One that another process has open for writing counts as whole: that process has read it.
    """
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            return
        raise
    try:
        query = "SELECT block_size * total_blocks FROM pragma_database_size() WHERE database_name = current_database()"
        ((size,),) = connection.execute(query).fetchall()
    finally:
        connection.close()
    if path.stat().st_size < size:
        raise ValueError(f"its end is missing: {path.stat().st_size:,} of more than {size:,} bytes are there")


def opens(path: Path) -> bool:
    """Whether there is a DuckDB file, and it is whole as far as its catalog and its length tell."""
    try:
        check_whole(path)
    except (duckdb.Error, ValueError):
        return False
    return path.exists()


@contextmanager
def working(threads: int = 2, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with the functions and macros that ingest and catalog use; what does not fit goes to disk."""
    from assets.ingest.functions import register

    with tempfile.TemporaryDirectory(prefix=temporary_prefix("trifuse")) as spill:
        connection = duckdb.connect()
        try:
            connection.execute(f"SET threads = {threads}; SET memory_limit = '{memory}'")
            # So that another thread can ask how far a query is; nothing is printed.
            connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            connection.execute(f"SET temp_directory = '{spill}'")
            register(connection)
            connection.execute(sql("staging/macros"))
            connection.execute(sql("staging/segment"))
            yield connection
        finally:
            connection.close()


def frame(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> pd.DataFrame:
    """A query's result as a data frame."""
    return connection.execute(query, parameters).df()


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame) -> None:
    """Append the rows of a data frame to a table, by the names of their columns."""
    connection.register("made_rows", rows)
    connection.execute(f"INSERT INTO {table} BY NAME FROM made_rows")
    connection.unregister("made_rows")


def export(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, level: int = 1, group_rows: int = 122_880
) -> int:
    """Write a query's result to a Parquet file (not atomic: hand in a temporary path); returns its rows.

    level: of the zstd compression. group_rows: rows of a row group, as many as are kept in memory by each thread.
    """
    literal = str(path).replace("'", "''")
    # A dictionary pays for words that come back; those that fill more than 100 kB do not.
    dictionary = "STRING_DICTIONARY_PAGE_SIZE_LIMIT 100000"
    options = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {level}, ROW_GROUP_SIZE {group_rows}, {dictionary}"
    return connection.execute(f"COPY ({query}) TO '{literal}' ({options})").fetchall()[0][0]
