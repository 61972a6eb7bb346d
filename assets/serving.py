"""Publishes the snapshot that people query: one DuckDB file, replaced as a whole."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import dagster as dg
import duckdb

from assets.cells import Cell
from assets.datasets import datasets
from assets.evaluation import judged_cells
from assets.files import alone, atomic_file, digest
from assets.home import Home
from assets.ingest.segments import quoted
from assets.lake import CATALOG, EXPLAINED, attach
from assets.manifests import Manifests
from assets.matrices import CONTENT_FIELDS
from assets.steps import Output, Say, materialize
from assets.unbelieved import keep_published, unbelieved
from assets.warehouse import sql, working

CODE_VERSION = "1"
PUBLISHED = (
    *CATALOG,
    "further_texts",
    "metrics",
    "recommendations",
    "review_sentiment",
    "contradictions",
    "user_profiles_over_time",
)
SCHEMA = ("serving/tables", "macros", "serving/comments")
"""The files of SQL that lay the empty snapshot out, in order."""
VECTORS = ("text_embeddings", "image_embeddings", "audio_embeddings", "video_embeddings")
"""The assets whose vectors of items are published."""


@dg.asset(
    deps=["staged_records", "champion", "run_history", *PUBLISHED, *VECTORS],
    group_name="serving",
    kinds={"duckdb"},
    code_version=CODE_VERSION,
)
def serving_snapshot(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """All datasets that have been materialized, their metrics, predictions and recommendations, with the SQL macros.
    One of which a blocking check is red stays as it was."""
    manifests = Manifests(home.path)
    names = [name for name in datasets() if manifests.current("items", name)]
    upstream, red = _versions(manifests, names), unbelieved(home, names)

    def compute(say: Say) -> Output:
        with alone(home.serving), atomic_file(home.serving) as path:
            path.unlink()
            counts = publish(home, names, path, say, red)
        lines = ["| table | rows |", "|---|---|", *(f"| {table} | {rows:,} |" for table, rows in counts.items())]
        facts = {"tables": "\n".join(lines), "datasets": ", ".join(names), "path": str(home.serving), "red": red}
        return Output(digest(upstream, red), sum(counts.values()), [home.serving], facts, upstream=upstream)

    return materialize(context, home, upstream={}, config=[upstream, red, *map(sql, SCHEMA)], compute=compute)


def _versions(manifests: Manifests, names: list[str]) -> dict[str, str]:
    assets = ("staged_records", *PUBLISHED, *VECTORS)
    current = {f"{asset}@{name}": manifests.current(asset, name) for name in names for asset in assets}
    current |= {f"run_history@{name}": manifests.current("run_history", name) for name in names}
    current |= {f"champion@{m.partition}": m for name in names for m in manifests.partitions("champion", f"{name}|")}
    return {key: manifest.data_version for key, manifest in current.items() if manifest is not None}


def publish(
    home: Home, names: list[str], path: Path, say: Say, red: Mapping[str, str] = MappingProxyType({})
) -> dict[str, int]:
    """Write the snapshot of these datasets to a new DuckDB file; returns the rows of each table.

    red: datasets that stay as the present snapshot has them, and why; where it has none they are left out.
    """
    from assets.lineage import publish_lineage

    with working(home.threads) as connection:
        connection.execute(f"ATTACH {quoted(path)} AS snapshot")
        connection.execute("USE snapshot")
        for name in SCHEMA:
            connection.execute(sql(name))
        for name in names:
            if name in red:
                _keep_dataset(connection, home, name, red[name], say)
            else:
                _publish_dataset(connection, home, name)
                say(f"published {name}")
        publish_lineage(connection, Manifests(home.path))
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'snapshot' ORDER BY table_name"
        ).fetchall()
        counts = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchall()[0][0] for (t,) in tables}
        connection.execute("USE memory")
        connection.execute("DETACH snapshot")
    return counts


def _keep_dataset(connection: duckdb.DuckDBPyConnection, home: Home, name: str, why: str, say: Say) -> None:
    from assets.champions.publishing import publish_models

    if keep_published(connection, home.serving, name):
        publish_models(connection, home, name)
        say(f"{name} stays as it was published: {why} is red")
    else:
        say(f"{name} is not published: {why} is red")


def _publish_dataset(connection: duckdb.DuckDBPyConnection, home: Home, name: str) -> None:
    from assets.champions.publishing import publish_models
    from assets.lineage import publish_sentiment_metrics
    from assets.runs.states import publish_runs

    connection.execute("USE memory")
    attach(connection, home, name)
    connection.execute("USE snapshot")
    lake = home.lake / name
    for table in CATALOG:
        connection.execute(f"INSERT INTO {table} BY NAME FROM memory.main.{table}")
    for table in EXPLAINED:
        connection.execute(f"INSERT INTO {table} BY NAME FROM memory.staging.{table}")
    sources = {table: lake / f"{table}.parquet" for table in ("metrics", "metric_slices", "test_reads")}
    sources |= {"review_sentiment": home.review_sentiment(name), "contradictions": home.contradictions(name)}
    sources["user_profiles_over_time"] = home.profiles_over_time(name)
    sources["further_texts"] = home.further_texts(name)
    for table, source in sources.items():
        if source.exists():
            connection.execute(f"INSERT INTO {table} BY NAME FROM read_parquet(?)", [str(source)])
    publish_models(connection, home, name)
    publish_runs(connection, home, name)
    if home.sentiment_metrics(name).exists():
        publish_sentiment_metrics(connection, home, name)
    for field in CONTENT_FIELDS:
        if home.matrix(name, field).exists():
            _publish_vectors(connection, home, name, field)
    for manifest in judged_cells(home, name):
        cell = Cell.parse(manifest.partition)
        query = f"INSERT INTO predictions BY NAME {sql('serving/predictions')}"
        connection.execute(query, vars(cell) | {"file": str(cell.folder(home) / "predictions.parquet")})


def _publish_vectors(connection: duckdb.DuckDBPyConnection, home: Home, name: str, field: str) -> None:
    from assets.vectors.matrix import vector_reader

    connection.register("laid_vectors", vector_reader(home, name, field))
    files = {"items": str(home.table(name, "items")), "references": str(home.embedding(name, field))}
    query = f"INSERT INTO item_vectors BY NAME {sql('serving/item_vectors')}"
    connection.execute(query, {"dataset": name, "field": field, **files})
    connection.unregister("laid_vectors")
