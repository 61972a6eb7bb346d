"""What has no vector yet: one Parquet file, sorted so that contents of like size stand together, cut into shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from assets.warehouse import sql

if TYPE_CHECKING:
    import pyarrow as pa

SHARDS, LEAST_ROWS, MOST_ROWS = 256, 512, 16_384
"""A shard is what a kill can cost: small, but not so small that the files become many."""


@dataclass(frozen=True)
class Shard:
    """A row group of a todo file. size: what encoding its texts costs in characters, its files in bytes."""

    path: Path
    number: int
    rows: int
    size: int

    def read(self) -> tuple[list[str], list[Any]]:
        """Keys and contents: texts, or PictureFiles, which name pictures, sounds and films alike."""
        import pyarrow.parquet as pq

        table = pq.ParquetFile(self.path).read_row_group(self.number)
        keys = table.column("key").to_pylist()
        if "text" in table.column_names:
            return keys, table.column("text").to_pylist()
        from models.encoders.pictures import PictureFile

        files = zip(table.column("path").to_pylist(), table.column("sha256").to_pylist(), strict=True)
        return keys, [PictureFile(Path(path), sha256) for path, sha256 in files]


def write_todo(connection: duckdb.DuckDBPyConnection, path: Path) -> list[Shard]:
    """Write what the view `wanted` has and the view `known` lacks, each key once, the largest first; its shards."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    connection.execute(f"CREATE OR REPLACE TEMP TABLE missing AS {sql('embeddings/missing')}")
    rows = shard_rows(connection.execute("SELECT count(*) FROM missing").fetchall()[0][0])
    made = []
    reader = connection.sql("FROM missing ORDER BY size DESC, key").to_arrow_reader(max(rows, 2048))
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for table in _regular(reader, rows):
            writer.write_table(table, row_group_size=rows)
            made.append(Shard(path, len(made), table.num_rows, pc.sum(table.column("size")).as_py()))
    connection.execute("DROP TABLE missing")
    return made


def _regular(batches: Any, rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of exactly so many, the last one of what is left."""
    import pyarrow as pa

    held = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        held = pa.concat_tables([held, table]) if held is not None else table
        while held.num_rows >= rows:
            yield held.slice(0, rows)
            held = held.slice(rows)
    if held is not None and held.num_rows:
        yield held


def shard_rows(total: int) -> int:
    """Rows of a shard: the power of two that makes at most SHARDS of them, within bounds."""
    rows = LEAST_ROWS
    while rows < MOST_ROWS and rows * SHARDS < total:
        rows *= 2
    return rows
