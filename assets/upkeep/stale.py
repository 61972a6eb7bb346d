"""Files below TRIFUSE_HOME that nothing refers to any more: models of old data or code, pictures, checkpoints."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.cells import Cell
from assets.champions.versions import place
from assets.datasets import datasets
from assets.evaluation import current_cells, judged_cells
from assets.files import remove
from assets.home import Home
from assets.leftovers import leftovers
from assets.manifests import Manifests
from assets.memory import read_only
from assets.posters.store import FOLDER as PICTURES


@dataclass(frozen=True)
class Stale:
    """A file or folder that may go. kind: in the words of the table that people read."""

    kind: str
    path: Path

    @property
    def bytes(self) -> int:
        """What deleting it frees."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())


def stale(home: Home, keep_days: float) -> Iterator[Stale]:
    """Everything that may go; what changed in the last `keep_days` is kept, except what killed processes left."""
    before = time.time() - keep_days * 86_400
    found = [*_cells(home), *_checkpoints(home), *_pictures(home), *_records(home)]
    yield from (one for one in found if one.path.stat().st_mtime < before)
    yield from (Stale("left by killed processes", path) for path in leftovers(home.path))


def sums(found: list[Stale]) -> dict[str, tuple[int, int]]:
    """How many there are of each kind, and how many bytes they have."""
    counted: dict[str, tuple[int, int]] = {}
    for one in found:
        count, size = counted.get(one.kind, (0, 0))
        counted[one.kind] = (count + 1, size + one.bytes)
    return counted


def free(found: list[Stale]) -> None:
    """Delete them."""
    for one in found:
        remove(one.path)


def _cells(home: Home) -> Iterator[Stale]:
    """Models, with what they predicted, that were made of other data or by other code than there are now."""
    current = {m.partition for name in datasets() for m in (*current_cells(home, name), *judged_cells(home, name))}
    for manifest in Manifests(home.path).partitions("recommender", ""):
        if Cell.names(manifest.partition) and manifest.partition not in current:
            folder = Cell.parse(manifest.partition).folder(home)
            if folder.exists():
                yield Stale("models of old data or code", folder)


def _checkpoints(home: Home) -> Iterator[Stale]:
    """Trainings that were broken off: a finished one has removed its own."""
    yield from (Stale("trainings broken off", path) for path in (home.artifacts / "checkpoints").glob("*"))


def _records(home: Home) -> Iterator[Stale]:
    """Manifests of results that are gone, and that led to nothing that is there; those of models kept for a rollback
    stay."""
    for path, manifest in Manifests(home.path).superseded():
        kept = manifest.asset == "recommender" and Cell.names(manifest.partition)
        if not (kept and place(home, manifest.partition, manifest.data_version).exists()):
            yield Stale("records of old data or code", path)


def _pictures(home: Home) -> Iterator[Stale]:
    """Fetched pictures that no item has any more, by what the crawler knows and by what was published."""
    folder = home.landing / PICTURES
    kept = {path for state in folder.glob("*.sqlite") for path in _known(state)} | set(_published(home))
    for path in folder.glob("??/*"):
        if not path.name.startswith(".") and path.relative_to(folder).as_posix() not in kept:
            yield Stale("pictures of no item", path)


def _known(state: Path) -> list[str]:
    with read_only(state) as connection:
        return [path for (path,) in connection.execute("SELECT path FROM outcomes WHERE path IS NOT NULL")]


def _published(home: Home) -> Iterator[str]:
    import pyarrow.parquet as pq

    for name in datasets():
        if (table := home.fetched(name)).exists():
            paths = pq.read_table(table, columns=["path"]).column("path").to_pylist()
            yield from (path.removeprefix(f"{PICTURES}/") for path in paths if path)
