"""Files below TRIFUSE_HOME that a failing disk, a power cut or a person's hand has damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.files import read_json, remove
from assets.home import Home
from assets.manifests import Manifests
from assets.memory import read_only
from assets.warehouse import check_whole

HISTORY = ".db"
"""Files of Dagster's history."""


@dataclass(frozen=True)
class Damage:
    """A file that cannot be read, and what its reader said."""

    path: Path
    why: str


def damaged(home: Home, whole: bool = False) -> Iterator[Damage]:
    """What Trifuse made and cannot be read any more, in order of name.

    Beginnings, ends and lengths are looked at; with `whole` every byte that is not a picture or a page, which takes as
    long as reading the home. Vectors and weights have no sum to compare: of them a bad spot in the middle is not found.
    """
    for folder in (home.lake, home.artifacts):
        for path in sorted(folder.rglob("*")):
            if path.suffix in READERS and path.is_file() and not path.name.startswith("."):
                yield from _tried(path, whole)
    history = sorted((home.path / "dagster").glob(f"**/[!.]*{HISTORY}"))
    for path in (home.warehouse, home.serving, *history):
        if path.exists():
            yield from _tried(path, whole)


def repair(home: Home, found: list[Damage]) -> None:
    """Remove damaged files and forget what was made of them, so that the next run makes it anew.

    Dagster's history cannot be made anew: a damaged part of it is put aside, and begun again.
    """
    manifests = Manifests(home.path)
    for damage in found:
        if damage.path.suffix == HISTORY:
            damage.path.rename(damage.path.with_name(f"{damage.path.name}.damaged"))
        else:
            remove(damage.path)
    gone = {path for damage in found for path in (damage.path, *damage.path.parents)}
    known = manifests.all_current()
    forgotten = [m for m in known if any(home.path / name in gone for name in m.files)]
    names = {f"{m.asset}@{m.partition}" for m in forgotten}
    # What keeps no file itself stands for others, a model for its protocols and seeds, and is whole only with them.
    forgotten += [m for m in known if not m.files and names & m.upstream.keys()]
    for manifest in forgotten:
        manifests.forget(manifest)


def _tried(path: Path, whole: bool) -> Iterator[Damage]:
    try:
        READERS[path.suffix](path, whole)
    except Exception as error:  # each reader has its own kinds of error
        yield Damage(path, " ".join(str(error).split())[:200])


def _parquet(path: Path, whole: bool) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups if whole else 0):
            file.read_row_group(group)


def _array(path: Path, _whole: bool) -> None:
    import numpy as np

    np.load(path, mmap_mode="r", allow_pickle=False)  # an array has no sum to check: its length is all


def _tensors(path: Path, _whole: bool) -> None:
    from safetensors import safe_open

    with safe_open(path, "numpy"):
        pass


def _duckdb(path: Path, whole: bool) -> None:
    check_whole(path)
    if not whole:
        return
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in tables:
            connection.execute(f'SELECT bit_xor(hash(t)) FROM "{schema}"."{table}" AS t').fetchall()


def _sqlite(path: Path, whole: bool) -> None:
    with read_only(path) as connection:
        verdict = connection.execute("PRAGMA quick_check(1)" if whole else "PRAGMA schema_version").fetchall()
    if whole and verdict != [("ok",)]:
        raise ValueError(verdict[0][0])


def _json(path: Path, _whole: bool) -> None:
    read_json(path)


READERS: dict[str, Callable[[Path, bool], None]] = {
    ".parquet": _parquet,
    ".npy": _array,
    ".safetensors": _tensors,
    ".duckdb": _duckdb,
    ".sqlite": _sqlite,
    HISTORY: _sqlite,
    ".json": _json,
}
