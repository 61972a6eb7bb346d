"""Staged files: what a raw file was read into, and the views `staging.<table>` over all of a dataset's.

A segment is a Parquet file with one row for every line or record of a raw file (or of what was appended to it); the
few rows that were not loaded stand, with the reason, in the exceptions beside it. So a large file is written once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from assets.files import is_leftover, read_json, remove, write_json
from assets.warehouse import sql

READING = "reading"
"""The folders in which files are read; a segment is moved out of there when it is whole."""


@dataclass(frozen=True)
class Segment:
    """file, exceptions: names in the staging folder, '' where nothing was excepted. first_line: of row 0."""

    file: str
    exceptions: str
    first_line: int


@dataclass(frozen=True)
class Staged:
    """What became of one raw file: rows_read = rows_loaded + rows_rejected + rows_duplicate.

    recipe: digest of how it was read. content: sum of the hashes of the loaded rows, the same however they came.
    lines: of the whole file. appendable: whether a longer file with the same beginning needs its end read only.
    """

    dataset: str
    source_file: str
    table: str
    recipe: str
    sha256: str
    bytes: int
    lines: int
    appendable: bool
    segments: tuple[Segment, ...]
    content: str
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

    def after(self, before: Staged) -> Staged:
        """The whole file, where this is what was appended to `before`."""
        names = ("rows_read", "rows_loaded", "rows_rejected", "rows_duplicate", "lines")
        sums = {name: getattr(self, name) + getattr(before, name) for name in names}
        content = str(int(self.content) + int(before.content))
        return replace(self, segments=before.segments + self.segments, content=content, **sums)


class Segments:
    """All staged files of one dataset, below `folder` (lake/<dataset>/staging)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Staged]:
        """Every staged file, by name; without those of which a segment is gone, which are to be read again."""
        found = [staged for staged in map(_read, self.folder.glob("*.json")) if self._whole(staged)]
        return sorted(found, key=lambda staged: staged.source_file)

    def of(self, source_file: str) -> Staged | None:
        """What a raw file was read into, None where it was not, or where a segment is gone."""
        place = self.folder / f"{slug(source_file)}.json"
        staged = _read(place) if place.exists() else None
        return staged if staged and self._whole(staged) else None

    def _whole(self, staged: Staged) -> bool:
        return all(path.exists() for path in self.files([staged]))

    def files(self, staged: Iterable[Staged]) -> list[Path]:
        """All Parquet files of some staged files."""
        names = [n for file in staged for segment in file.segments for n in (segment.file, segment.exceptions) if n]
        return [self.folder / name for name in names]

    def save(self, staged: Staged) -> None:
        """Remember a staged file; from here on it counts."""
        write_json(self.folder / f"{slug(staged.source_file)}.json", asdict(staged))

    def retain(self, source_files: Iterable[str]) -> None:
        """Forget all raw files but these."""
        kept = set(source_files)
        for staged in self.all():
            if staged.source_file not in kept:
                (self.folder / f"{slug(staged.source_file)}.json").unlink()

    def sweep(self) -> None:
        """Remove every segment that nothing refers to, and what killed runs left."""
        for reading in self.folder.glob(f".{READING}.*"):
            if is_leftover(reading):
                remove(reading)
        referred = set(self.files(self.all()))
        for path in self.folder.glob("*.segment.parquet"):
            if path not in referred:
                path.unlink()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Lay the views `staging.<table>` over the staged files; tables without any stay empty."""
        connection.execute("DROP SCHEMA IF EXISTS staging CASCADE")
        connection.execute(sql("staging/tables"))
        define_all(connection, [(self, file) for file in self.all()])


def slug(source_file: str) -> str:
    """A file name for a path."""
    return source_file.replace("/", "--")


def _read(path: Path) -> Staged:
    values = read_json(path)
    return Staged(**values | {"segments": tuple(Segment(**segment) for segment in values["segments"])})


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Name -> type of a staging table's columns, in order."""
    query = "SELECT column_name, column_type FROM (DESCRIBE staging." + table + ")"
    return dict(connection.execute(query).fetchall())


def define_all(connection: duckdb.DuckDBPyConnection, files: list[tuple[Segments, Staged]]) -> None:
    """Lay views over the empty staging tables for some staged files, of whatever datasets; fill the audit."""
    for table in {file.table for _, file in files}:
        _define(connection, table, [(segments, file) for segments, file in files if file.table == table])
    _define_rejects(connection, files)
    _insert_audit(connection, files)


def _define(connection: duckdb.DuckDBPyConnection, table: str, files: list[tuple[Segments, Staged]]) -> None:
    """Make `staging.<table>` the loaded rows of some staged files."""
    names = ", ".join(columns_of(connection, table))
    parts = [
        f"SELECT {names} FROM {quoted_segment(segments.folder, segment)}{_without(segments.folder, segment)}"
        for segments, file in files
        for segment in file.segments
    ]
    _replace(connection, table, parts)


def _define_rejects(connection: duckdb.DuckDBPyConnection, files: list[tuple[Segments, Staged]]) -> None:
    """Make `staging.rejects` the rejected rows of some staged files."""
    parts = [
        f"SELECT dataset, source_file, line, 'staging' AS stage, reason, raw "
        f"FROM read_parquet({quoted(segments.folder / segment.exceptions)}) WHERE fate = 'rejected'"
        for segments, file in files
        for segment in file.segments
        if segment.exceptions
    ]
    if parts:
        _replace(connection, "rejects", parts)


def _insert_audit(connection: duckdb.DuckDBPyConnection, files: list[tuple[Segments, Staged]]) -> None:
    """Fill `staging.ingest_audit` with one row for every staged file."""
    for _, file in files:
        connection.execute(
            "INSERT INTO staging.ingest_audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [file.dataset, file.source_file, file.sha256, file.bytes, file.rows_read, file.rows_loaded,
             file.rows_rejected, file.rows_duplicate, file.seconds],
        )  # fmt: skip


def _replace(connection: duckdb.DuckDBPyConnection, table: str, parts: list[str]) -> None:
    connection.execute(f"DROP TABLE IF EXISTS staging.{table}")
    connection.execute(f"CREATE VIEW staging.{table} AS {' UNION ALL '.join(parts)}")


def quoted_segment(folder: Path, segment: Segment) -> str:
    """The call of the macro `segment` for a staged file."""
    return f"segment({quoted(folder / segment.file)}, {segment.first_line})"


def _without(folder: Path, segment: Segment) -> str:
    if not segment.exceptions:
        return ""
    return f" ANTI JOIN read_parquet({quoted(folder / segment.exceptions)}) USING (row)"


def quoted(value: object) -> str:
    """A value's text as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"
