"""Vectors in the order of their owners' table. Those of items are laid out as matrices that training maps into memory;
those of users and of reviews are gathered when a model asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.files import atomic_file
from assets.home import Home
from assets.ingest.segments import quoted
from assets.vectors.contents import vectors_of
from assets.vectors.store import Store
from assets.warehouse import sql, working

if TYPE_CHECKING:
    import pyarrow as pa

OWNERS = {"profile": ("users", "user_id"), "review": ("interactions", "review_id")}
"""Content field -> the table and id that own it, where these are not items."""
MEMORY = "256MB"
"""Of DuckDB while a matrix is laid out; rows that do not fit are sorted on the disk."""
BLOCK = 2048
"""Rows of a matrix in memory at once."""


def write_matrix(home: Home, dataset: str, field: str, store: Store | None) -> Path:
    """Lay the item vectors of a field out as float32 [items, d] in an .npy file: row i for row i of items.

    An item with several pictures has their mean, one without content a row of zeros. store: None where no item has
    content: d is 0. Raises LookupError where the store lacks a vector.
    """
    import pyarrow.parquet as pq

    items, references = home.table(dataset, "items"), home.embedding(dataset, field)
    rows, wanted = (pq.read_metadata(file).num_rows for file in (items, references))
    width, shards = (store.dimension, store.files()) if store else (0, [])
    target = home.matrix(dataset, field)
    with working(home.threads, MEMORY) as connection, atomic_file(target) as path, path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
        np.lib.format.write_array_header_2_0(file, header)
        query = _query(home, dataset, field, shards)
        found = Counted(connection.sql(query).to_arrow_reader(BLOCK))
        for block in dense(means(found), rows, width):
            file.write(block.tobytes())
        if found.rows != wanted:
            raise LookupError(_lost(home, dataset, field, wanted - found.rows, wanted))
    return target


def owner_vectors(home: Home, dataset: str, field: str) -> np.ndarray | None:
    """float32 [rows of the owners' table, d] of profiles or reviews, zeros where nothing was written; None where nobody
    wrote anything. Raises LookupError where a vector is lost.
    """
    import pyarrow.parquet as pq

    references = home.embedding(dataset, field)
    if not (encoder := encoder_of(references)):
        return None
    rows = pq.read_metadata(home.table(dataset, OWNERS[field][0])).num_rows
    shards = sorted(home.vectors.glob(f"*-{encoder[:16]}/*.parquet"))
    with working(home.threads) as connection:
        lost, wanted = connection.execute(
            f"SELECT count(*) FILTER (v.key IS NULL), count(*) FROM read_parquet({quoted(references)}) r "
            f"LEFT JOIN {vectors_of(shards)} v USING (key)"
        ).fetchall()[0]
        if lost:
            raise LookupError(_lost(home, dataset, field, lost, wanted))
        found = Counted(connection.sql(_query(home, dataset, field, shards)).to_arrow_reader(BLOCK))
        blocks = [(at, vectors.astype(np.float32)) for at, vectors in found]
    if not blocks:
        return None
    laid = np.zeros((rows, blocks[0][1].shape[1]), dtype=np.float32)
    for at, vectors in blocks:
        laid[at] = vectors
    return laid


def encoder_of(references: Path) -> str:
    """The key of the encoder that made the vectors of a field (`Home.embedding`), '' where there are none."""
    import pyarrow.parquet as pq

    if not references.exists():
        return ""
    keys = pq.read_table(references, columns=["encoder"]).column("encoder")
    return keys[0].as_py() if len(keys) else ""


def _query(home: Home, dataset: str, field: str, shards: list[Path]) -> str:
    table, owner = OWNERS.get(field, ("items", "item_id"))
    query = sql("embeddings/laid_vectors").replace("$vectors", vectors_of(shards)).replace("$id", owner)
    query = query.replace("$owners", quoted(home.table(dataset, table)))
    return query.replace("$references", quoted(home.embedding(dataset, field)))


def _lost(home: Home, dataset: str, field: str, lost: int, wanted: int) -> str:
    return (
        f"{dataset}: {lost} of {wanted} vectors of {field} are not below {home.vectors}. Was a file deleted there? "
        "Materialize the embeddings again."
    )


class Counted:
    """Record batches of (row, vector) as arrays, counting the rows."""

    def __init__(self, batches: pa.RecordBatchReader) -> None:
        self._batches, self.rows = batches, 0

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for batch in self._batches:
            if batch.num_rows:
                self.rows += batch.num_rows
                vectors = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
                yield batch.column("row").to_numpy(), vectors.reshape(batch.num_rows, -1)


def means(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(rows, vectors) with each row once, the mean of its vectors; rows come in rising order, over block ends too."""
    held_rows, held = np.empty(0, np.int64), None
    for rows, vectors in blocks:
        rows, vectors = (np.append(held_rows, rows), vectors if held is None else np.concatenate([held, vectors]))
        last = np.searchsorted(rows, rows[-1])  # the last row may go on in the next block
        if last:
            yield _mean_of_each(rows[:last], vectors[:last])
        held_rows, held = rows[last:], vectors[last:]
    if held is not None:
        yield _mean_of_each(held_rows, held)


def _mean_of_each(rows: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    counts = np.diff(np.append(first, len(rows)))
    return rows[first], np.add.reduceat(vectors, first, axis=0, dtype=np.float64) / counts[:, None]


def dense(blocks: Iterable[tuple[np.ndarray, np.ndarray]], rows: int, width: int) -> Iterator[np.ndarray]:
    """float32 blocks that together are [rows, width]: what is not in `blocks`, whose rows rise, is zero."""
    start = 0
    for at, vectors in blocks:
        while start < at[-1] + 1:
            stop = min(start + BLOCK, at[-1] + 1)
            block = np.zeros((stop - start, width), dtype=np.float32)
            inside = (at >= start) & (at < stop)
            block[at[inside] - start] = vectors[inside]
            yield block
            start = stop
    while start < rows:
        stop = min(start + BLOCK, rows)
        yield np.zeros((stop - start, width), dtype=np.float32)
        start = stop


def item_vectors(home: Home, dataset: str, field: str) -> np.ndarray:
    """float32 [items, d], read-only, mapped into memory: row i for row i of items, zeros where there is no content.

    Raises FileNotFoundError before the embeddings were materialized.
    """
    return np.load(home.matrix(dataset, field), mmap_mode="r")


def vector_reader(home: Home, dataset: str, field: str) -> pa.RecordBatchReader:
    """Arrow batches of (row, vector) for the items that have the content, read as they are asked for."""
    import pyarrow as pa

    matrix = item_vectors(home, dataset, field)
    schema = pa.schema({"row": pa.int64(), "vector": pa.list_(pa.float32(), matrix.shape[1])})

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(matrix) if matrix.shape[1] else 0, BLOCK):
            block = np.asarray(matrix[start : start + BLOCK])
            filled = np.flatnonzero(block.any(axis=1))
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block[filled].ravel()), matrix.shape[1])
            yield pa.record_batch([pa.array(start + filled), vectors], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
