"""Ingest of a dataset's raw files, without Dagster; a Ray cluster of two nodes, all on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

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


class Nodes:
    """A head and a worker, with a processor each."""

    OBJECTS: ClassVar = {"num_cpus": 1, "object_store_memory": 100 * 2**20}

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(initialize_head=True, head_node_args=self.OBJECTS | {"include_dashboard": False})
        self.address, self._worker = self._cluster.address, None

    def complete(self) -> None:
        """Have the worker, also after it was lost."""
        if self._worker is None:
            self._worker = self._cluster.add_node(**self.OBJECTS)
        self._cluster.wait_for_nodes()

    def lose(self) -> None:
        """The worker is gone, with all that it was doing."""
        self._cluster.remove_node(self._worker, allow_graceful=False)
        self._worker = None

    def end(self) -> None:
        """Both are gone."""
        self._cluster.shutdown()


@pytest.fixture(scope="session")
def _nodes() -> Iterator[Nodes]:
    pytest.importorskip("ray", reason="needs trifuse[ray]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        nodes = Nodes()
        yield nodes
        nodes.end()


@pytest.fixture
def nodes(_nodes: Nodes) -> Iterator[Nodes]:
    """Two nodes; starting them takes seconds, so that the tests of a process share them."""
    import ray

    _nodes.complete()
    yield _nodes
    ray.shutdown()
