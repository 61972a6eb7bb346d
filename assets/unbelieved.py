"""Datasets of which a blocking check is red: the snapshot keeps them as they were before."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.datasets import dataset
from assets.home import Home
from assets.ingest.segments import quoted
from assets.reports.red_checks import verdict
from assets.warehouse import opens

OF_MODELS = ("champions", "model_versions", "recommendations")
"""Published all the same: a person may have rolled back because of what is red, and nobody is promoted meanwhile."""


def unbelieved(home: Home, names: list[str]) -> dict[str, str]:
    """Dataset -> its red blocking checks in words."""
    red = {name: verdict(home, dataset(name)).blocking for name in names}
    return {name: ", ".join(f"{one.asset}: {one.check}" for one in found) for name, found in red.items() if found}


def keep_published(connection: duckdb.DuckDBPyConnection, published: Path, name: str) -> bool:
    """Copy a dataset's rows from the snapshot that there is into `snapshot`, attached; False where it has none."""
    if not opens(published):
        return False
    connection.execute(f"ATTACH {quoted(published)} AS published (READ_ONLY)")
    try:
        if not connection.execute("SELECT 1 FROM published.items WHERE dataset = ? LIMIT 1", [name]).fetchall():
            return False
        before, now = _tables(connection, "published"), _tables(connection, "snapshot")
        for table in (table for table in before if table in now and table not in OF_MODELS):
            columns = ", ".join(column for column in before[table] if column in now[table])
            query = f"INSERT INTO snapshot.{table} BY NAME SELECT {columns} FROM published.{table} WHERE dataset = ?"
            connection.execute(query, [name])
    finally:
        connection.execute("DETACH published")
    return True


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """The columns of every table that holds datasets; the others hold the history of everything."""
    query = "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = ? GROUP BY table_name"
    found = dict(connection.execute(query, [database]).fetchall())
    return {table: columns for table, columns in found.items() if "dataset" in columns}
