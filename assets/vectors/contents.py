"""What a dataset has to encode, as DuckDB views: `wanted`, everything with its key, and `known`, keys with a vector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from assets.datasets import dataset as registered
from assets.files import atomic_file
from assets.home import Home
from assets.ingest.segments import quoted
from assets.warehouse import export, sql

CORPUS = 100_000
"""Texts that an encoder which learns from its corpus is shown at most: those with the smallest SHA-256."""


@dataclass(frozen=True)
class Source:
    """A content field of a dataset: SQL over its tables that gives `id`, a struct of the owner's ids, and the content.

    query: of texts, (id, text); of pictures, sounds and films, (id, sha256, path, fetched, bytes).
    """

    field: str
    kind: Literal["text", "image", "audio", "video"]
    query: str


class Contents:
    """The contents of some sources of one dataset."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, home: Home, dataset: str, sources: list[Source]) -> None:
        """connection: with the dataset's tables attached."""
        self._connection, self._sources = connection, sources
        self._places = {"$landing": quoted(home.landing)}
        if any(source.kind != "text" for source in sources):
            self._places["$raw"] = quoted(home.raw_root(registered(dataset)))

    def want(self, encoder_key: str) -> tuple[int, int]:
        """Make the view `wanted` of all sources: id, key, content, size; returns its rows and different keys."""
        self._view([self._keyed(source, encoder_key) for source in self._sources])
        return self._connection.execute("SELECT count(*), count(DISTINCT key) FROM wanted").fetchall()[0]

    def know(self, shards: list[Path]) -> None:
        """Make the view `known` of the keys that stand in shards."""
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW known AS SELECT key FROM {vectors_of(shards)}")

    def corpus(self) -> list[str]:
        """Different texts, for an encoder that learns from them."""
        texts = " UNION ".join(f"SELECT text FROM ({source.query})" for source in self._sources)
        query = f"SELECT text FROM ({texts}) WHERE regexp_matches(text, '\\S') ORDER BY sha256(text) LIMIT {CORPUS}"
        return [text for (text,) in self._connection.execute(query).fetchall()]

    def write_references(self, source: Source, encoder_key: str, path: Path) -> None:
        """Write ids, encoder and key of one source in order of the ids."""
        self._view([self._keyed(source, encoder_key)])
        with atomic_file(path) as temporary:
            query = f"SELECT id.*, '{encoder_key}' AS encoder, key FROM wanted ORDER BY id"
            export(self._connection, query, temporary)

    def _keyed(self, source: Source, encoder_key: str) -> str:
        what = "text" if source.kind == "text" else "file"
        query = sql(f"embeddings/wanted_{what}").replace("$source", source.query)
        for name, value in {**self._places, "$encoder": f"'{encoder_key}'"}.items():
            query = query.replace(name, value)
        return query

    def _view(self, queries: list[str]) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW wanted AS {' UNION ALL '.join(queries)}")


def vectors_of(shards: list[Path]) -> str:
    """What a query reads vectors from: the shards, or nothing where there are none."""
    if not shards:
        return "(SELECT NULL::VARCHAR AS key, NULL::FLOAT[] AS vector LIMIT 0)"
    return f"read_parquet([{', '.join(quoted(path) for path in shards)}])"
