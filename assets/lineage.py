"""Where every number comes from: the lineage that is published, and whether the files that it ends at are still so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from assets.datasets import dataset
from assets.files import digest, sha256_of
from assets.hashing import files_below
from assets.home import Home
from assets.manifests import RAW, Manifest, Manifests, parted
from assets.warehouse import insert, sql

MADE = "artifact"
"""What a trace calls a file that a step made."""
EQUAL, DIFFERS, MISSING = "equal", "differs", "missing"
"""What became of a file of the chain since."""


def publish_lineage(connection: duckdb.DuckDBPyConnection, manifests: Manifests) -> None:
    """Fill the tables `lineage` and `lineage_files` of the connection's database from all manifests."""
    edges, files = [], []
    for m in manifests.history():
        created, encoder = timestamp(m.created_at), _encoder(m)
        for upstream, version in (m.upstream or {"": None}).items():
            asset, partition = parted(upstream)
            made = (m.asset, m.partition, m.run_id, m.data_version, m.code_version)
            edges.append((*made, asset, partition, version, created, encoder))
        files += [
            (m.asset, m.partition, m.data_version, path, m.files[path], sha256, created)
            for path, sha256 in m.hashes.items()
        ]
    _insert(connection, "lineage", edges)
    _insert(connection, "lineage_files", files)
    connection.execute("UPDATE lineage SET upstream_asset = NULL WHERE upstream_asset = ''")


def _encoder(made: Manifest) -> str | None:
    """The encoder of vectors and the revision of its weights; None for what no encoder made."""
    identity = made.metadata.get("identity")
    return f"{identity['name']}, revision {identity['revision']}" if identity else None


def timestamp(written: str) -> datetime:
    """A time of ISO 8601 in UTC, without its zone, as DuckDB's TIMESTAMP."""
    return datetime.fromisoformat(written).replace(tzinfo=None)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    columns = [name for (name,) in connection.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()]
    insert(connection, table, pd.DataFrame(rows, columns=columns))


def publish_sentiment_metrics(connection: duckdb.DuckDBPyConnection, home: Home, name: str) -> None:
    """Fill `sentiment_metrics` of a dataset, each number with the version of the model that it is of."""
    manifests = Manifests(home.path)
    measured = manifests.current("review_sentiment", name)
    keys = [parted(key) for key in (measured.upstream if measured else {})]
    models = [manifests.current(asset, partition) for asset, partition in keys if asset == "sentiment_model"]
    rows = [
        (m.partition.split("|")[1], m.run_id, m.data_version, m.code_version, timestamp(m.created_at))
        for m in models
        if m is not None and measured and measured.upstream[f"sentiment_model@{m.partition}"] == m.data_version
    ]
    columns = ["model", "run_id", "data_version", "code_version", "created_at"]
    connection.register("trained_sentiment", pd.DataFrame(rows, columns=columns))
    query = f"INSERT INTO sentiment_metrics BY NAME {sql('serving/sentiment_metrics')}"
    connection.execute(query, {"file": str(home.sentiment_metrics(name))})
    connection.unregister("trained_sentiment")


def verified(home: Home, chain: pd.DataFrame) -> list[str]:
    """Per row of a trace: equal, differs or missing for a file, '' for what is no file.

    Every file is read and hashed now; no remembered hash is trusted.
    """
    of_raw = {
        (edge["partition"], edge["data_version"]): row.partition
        for row in chain[chain.asset == "raw_files"].itertuples()
        for edge in row.upstream
    }
    found = []
    for row in chain.itertuples():
        key = row.partition, row.data_version
        root = home.path if row.asset == MADE else home.raw_root(dataset(of_raw[key])) if row.asset == RAW else None
        found.append("" if root is None else _found(root / row.partition, row.data_version))
    return found


def _found(path: Path, sha256: str) -> str:
    if not path.exists():
        return MISSING
    return EQUAL if hashed(path) == sha256 else DIFFERS


def hashed(path: Path) -> str:
    """SHA-256 of a file; of a folder the digest over its files' names and SHA-256, as `raw_files` has it."""
    if path.is_file():
        return sha256_of(path)
    return digest(sorted((file.relative_to(path).as_posix(), sha256_of(file)) for file in files_below(path)))
