"""Where a table's rows lie in the lake, and DuckDB in memory with the tables as views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets import lake
from assets.home import Home
from assets.manifests import Manifests

if TYPE_CHECKING:
    import duckdb

Files = dict[str, list[Path]]
"""Table -> the files that hold it; none where it has not been materialized."""


def files_of(home: Home, dataset: str, table: str) -> list[Path]:
    """The files that hold a dataset's table, those that exist."""
    if table != "folds":
        return lake.files(home, dataset, table)
    # By the manifest, not by what lies there: folds of earlier data may lie beside them.
    manifest = Manifests(home.path).current("folds", dataset)
    return [path for path in (home.path / file for file in (manifest.files if manifest else [])) if path.exists()]


@contextmanager
def opened(home: Home, dataset: str, files: Files, variables: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A dataset's tables as views. variables: what queries read with getvariable()."""
    with lake.attached(home, dataset) as connection:
        for name, value in variables.items():
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for table in lake.STAGED:
            connection.execute(f"CREATE VIEW {table} AS FROM staging.{table}")
        for table in (*lake.EXPLAINED, "folds"):
            if files.get(table):
                paths = [str(path) for path in files[table]]
                of_file = table == "folds"
                connection.read_parquet(paths, filename=of_file, file_row_number=of_file).create_view(table)
        yield connection
