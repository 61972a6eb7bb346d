"""Ingest of a dataset's raw files, without Dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.datasets import Dataset, dataset
from assets.hashing import Hashes
from assets.ingest.landing import raw_files
from assets.ingest.loading import Loader
from assets.ingest.segments import Segments, Staged
from assets.warehouse import working


class Ingested:
    """What a dataset's files were read into."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, segments: Segments, said: list[str]) -> None:
        self.connection, self.segments, self.said = connection, segments, said

    def file(self, name: str) -> Staged:
        """What became of a raw file."""
        return next(staged for staged in self.segments.all() if staged.source_file == name)

    def counts(self, name: str) -> tuple[int, int, int, int]:
        """Rows of a raw file: read, loaded, rejected, duplicate."""
        one = self.file(name)
        return one.rows_read, one.rows_loaded, one.rows_rejected, one.rows_duplicate

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's rows."""
        return self.connection.execute(query).fetchall()

    def reasons(self) -> list[tuple[int, str]]:
        """Line and reason of every rejected row."""
        return self.rows("SELECT line, reason FROM staging.rejects ORDER BY source_file, line")


@pytest.fixture
def ingest(tmp_path_factory) -> Iterator[Callable[..., Ingested]]:
    """ingest(dataset, root): stage a dataset's files, again if called again."""
    folder = tmp_path_factory.mktemp("staging")
    with working() as connection, Hashes(folder / "hashes.sqlite") as hashes:

        def read(about: str | Dataset, root: Path) -> Ingested:
            about = dataset(about) if isinstance(about, str) else about
            segments, said = Segments(folder / about.name), []
            loader = Loader(connection, segments, about, root, hashes)
            staged = [loader.load(raw, said.append) for raw in raw_files(about, root)]
            segments.retain([one.source_file for one in staged])
            segments.sweep()
            segments.attach(connection)
            return Ingested(connection, segments, said)

        yield read
