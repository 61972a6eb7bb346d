"""Finds vectors that no dataset's contents have any more, and deletes them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.files import read_json
from assets.home import Home
from assets.ingest.segments import quoted
from assets.lake import publish_warehouse
from assets.vectors.contents import vectors_of
from assets.vectors.store import ABOUT, locked, shards_in, using, write_shard
from assets.warehouse import sql, working


@dataclass(frozen=True)
class Shelf:
    """The vectors of one encoder. stale: of the vectors, those that nothing refers to. lost: references without one."""

    encoder: str
    folder: Path
    shards: int
    bytes: int
    vectors: int
    stale: int
    lost: int


class Busy(RuntimeError):
    """Somebody makes embeddings just now."""


def shelves(home: Home) -> list[Shelf]:
    """What there is, one row per encoder, in order of name."""
    with _referring(home) as connection:
        return [_shelf(connection, folder) for folder in _folders(home)]


def collect(home: Home) -> list[Shelf]:
    """Delete stale vectors; returns what there was before. Raises Busy while embeddings are being made.

    A shard with some stale vectors is written anew under its name, in one move; one with no others is deleted.
    """
    try:
        with locked(using(home.vectors), shared=False, wait=False), _referring(home) as connection:
            found = [_shelf(connection, folder) for folder in _folders(home)]
            for shelf in found:
                if shelf.stale:
                    _clean(connection, shelf.folder)
                if shelf.stale == shelf.vectors:
                    shutil.rmtree(shelf.folder)
    except BlockingIOError as error:
        raise Busy("Embeddings are being made just now. Wait for that run to end, then collect again.") from error
    publish_warehouse(home)
    return found


def _folders(home: Home) -> list[Path]:
    return sorted(path.parent for path in home.vectors.glob(f"*/{ABOUT}"))


@contextmanager
def _referring(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with `referred`: encoder and key of every content of every dataset."""
    files = sorted(home.lake.glob("*/embeddings/*.parquet"))
    listed = ", ".join(quoted(path) for path in files)
    source = f"read_parquet([{listed}], union_by_name = true)" if files else "(SELECT '' AS encoder, '' AS key LIMIT 0)"
    with working(home.threads) as connection:
        connection.execute(f"CREATE TEMP TABLE referred AS SELECT DISTINCT encoder, key FROM {source}")
        yield connection


def _shelf(connection: duckdb.DuckDBPyConnection, folder: Path) -> Shelf:
    files, encoder = shards_in(folder), read_json(folder / ABOUT)["key"]
    query = sql("embeddings/shelf").replace("$vectors", vectors_of(files))
    counts = connection.execute(query, {"encoder": encoder}).fetchall()[0]
    return Shelf(encoder, folder, len(files), sum(path.stat().st_size for path in files), *counts)


def _clean(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for path in shards_in(folder):
        held = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()[0][0]
        query = f"SELECT key, vector FROM read_parquet({quoted(path)}) SEMI JOIN referred USING (key)"
        kept = connection.sql(query).to_arrow_table()
        if not kept.num_rows:
            path.unlink()
        elif kept.num_rows < held:
            vectors = kept.column("vector").combine_chunks().flatten().to_numpy().reshape(kept.num_rows, -1)
            write_shard(path, kept.column("key").to_pylist(), vectors)
