"""Loads one raw file into one staging table: each record is loaded, rejected with a reason, or a counted duplicate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.datasets import Dataset
from assets.files import sha256_of
from assets.ingest.reading import read_lines, read_records
from assets.warehouse import sql


@dataclass(frozen=True)
class RawFile:
    """One raw file and how it is read.

    path: below the raw root. parse: the query `sql/staging/<parse>.sql` over `lines`, giving the staging table's
    columns with `key` (equal keys are duplicates; NULL never is) and `reason` (why the record is rejected, or NULL).
    variables: what the query reads with getvariable().
    """

    path: Path
    table: str
    parse: str
    reader: str = "lines"
    encoding: str = "utf-8"
    skip: int = 0
    variables: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Audit:
    """What became of a file's records: rows_read = rows_loaded + rows_rejected + rows_duplicate."""

    source_file: str
    sha256: str
    bytes: int
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rows_duplicate: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.source_file}: {self.rows_read:,} read = {self.rows_loaded:,} loaded + "
            f"{self.rows_rejected:,} rejected + {self.rows_duplicate:,} duplicate ({self.seconds:.1f} s)"
        )


def forget(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Remove everything staged of a dataset."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staging'").fetchall()
    for (table,) in tables:
        connection.execute(f"DELETE FROM staging.{table} WHERE dataset = ?", [dataset])


def load(connection: duckdb.DuckDBPyConnection, dataset: Dataset, root: Path, raw: RawFile) -> Audit:
    """Load `root / raw.path`. Raises ValueError naming the file if it cannot be read at all."""
    started = time.monotonic()
    name = raw.path.as_posix()
    try:
        if raw.reader == "records":
            read_records(connection, root / raw.path)
        else:
            read_lines(connection, root / raw.path, raw.encoding, raw.skip)
    except (duckdb.Error, UnicodeError, OSError) as error:
        raise ValueError(f"{name} cannot be read: {str(error).splitlines()[0]}") from error
    _parse(connection, dataset, raw)
    connection.execute(sql("staging/sort_out"))
    _insert(connection, dataset, raw)
    counts = dict(connection.execute("SELECT fate, count(*) FROM sorted GROUP BY fate").fetchall())
    audit = Audit(
        name, sha256_of(root / raw.path), (root / raw.path).stat().st_size,
        sum(counts.values()), counts.get("loaded", 0), counts.get("rejected", 0), counts.get("duplicate", 0),
        round(time.monotonic() - started, 3),
    )  # fmt: skip
    _record(connection, dataset.name, audit)
    return audit


def _parse(connection: duckdb.DuckDBPyConnection, dataset: Dataset, raw: RawFile) -> None:
    known = {"dataset": dataset.name, "low": dataset.rating_low, "high": dataset.rating_high}
    for variable, value in (known | dict(raw.variables)).items():
        connection.execute(f"SET VARIABLE {variable} = $value", {"value": value})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE parsed AS {sql('staging/' + raw.parse)}")


def _insert(connection: duckdb.DuckDBPyConnection, dataset: Dataset, raw: RawFile) -> None:
    source = ", $file AS source_file" if raw.table == "ratings" else ""
    parameters = {"dataset": dataset.name} | ({"file": raw.path.as_posix()} if source else {})
    connection.execute(
        f"INSERT INTO staging.{raw.table} BY NAME "
        f"SELECT $dataset AS dataset{source}, * EXCLUDE (key, reason, fate) FROM sorted WHERE fate = 'loaded'",
        parameters,
    )
    connection.execute(
        "INSERT INTO staging.rejects SELECT $dataset, $file, s.line, 'staging', s.reason, left(l.raw, 2000) "
        "FROM sorted s JOIN lines l USING (line) WHERE fate = 'rejected' ORDER BY s.line",
        {"dataset": dataset.name, "file": raw.path.as_posix()},
    )


def _record(connection: duckdb.DuckDBPyConnection, dataset: str, audit: Audit) -> None:
    values = [dataset, *vars(audit).values()]
    connection.execute(f"INSERT INTO staging.ingest_audit VALUES ({', '.join('?' * len(values))})", values)
