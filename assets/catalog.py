"""The catalog: users, items, interactions, reviews and images in one schema for all sources."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import duckdb

from assets.column_lineage import columns_of, told
from assets.datasets import dataset
from assets.files import atomic_file, digest
from assets.home import Home
from assets.lake import attached, publish_warehouse, segments
from assets.limits import DUCKDB_WRITE
from assets.partitions import BY_DATASET
from assets.steps import COLUMN_LINEAGE, Output, Say, from_file, materialize
from assets.warehouse import export, sql

Fill = Callable[[duckdb.DuckDBPyConnection, Home, str, Say], dict[str, Any]]
"""Makes the view `fresh`, a dataset's rows in their final order; returns facts for the metadata."""


def by_query(table: str) -> Fill:
    """Fills a table with the rows of `sql/catalog/<table>.sql`."""

    def fill(connection: duckdb.DuckDBPyConnection, home: Home, name: str, say: Say) -> dict[str, Any]:
        # A view takes no parameters; the name is one of the registry's.
        query = sql(f"catalog/{table}").replace("$dataset", f"'{dataset(name).name}'")
        connection.execute(f"CREATE TEMP VIEW fresh AS {query}")
        return {COLUMN_LINEAGE: told(columns_of(connection, query))}

    return fill


def _by_inspection(connection: duckdb.DuckDBPyConnection, home: Home, name: str, say: Say) -> dict[str, Any]:
    from assets.images import coverage, inspected_pictures

    fetched = home.fetched(name)
    pictures = inspected_pictures(connection, home, dataset(name), say, fetched if fetched.exists() else None)
    connection.register("fresh", pictures)
    items = connection.execute(sql("catalog/known_items")).fetchall()[0][0]
    return coverage(pictures, items)


def _inspector() -> str:
    from models.encoders.pictures import inspector

    return inspector()


def _table(
    table: str,
    description: str,
    upstream: list[str],
    fill: Fill,
    code_version: str = "2",
    config: Callable[[], Any] = lambda: None,
) -> dg.AssetsDefinition:
    @dg.asset(
        name=table,
        description=description,
        deps=upstream,
        group_name="catalog",
        partitions_def=BY_DATASET,
        kinds={"duckdb", "parquet"},
        pool=DUCKDB_WRITE,
        code_version=code_version,
    )
    def asset(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
        name = context.partition_key
        return materialize(
            context,
            home,
            upstream=dict.fromkeys(upstream, name),
            config=config(),
            compute=lambda say: filled(home, name, table, fill, say),
        )

    return asset


def filled(home: Home, name: str, table: str, fill: Fill, say: Say) -> Output:
    """Write a catalog table of a dataset."""
    target = home.table(name, table)
    with attached(home, name) as connection, atomic_file(target) as path:
        facts = fill(connection, home, name, say)
        rows = export(connection, "FROM fresh", path)
    publish_warehouse(home)
    return from_file(target, rows, **facts)


interactions = _table(
    "interactions", "Who rated what, when; one rating per user and item.", ["staged_records"], by_query("interactions")
)
images = _table(
    "images",
    "One row per picture and what became of it: found, missing, refused, corrupt, too large or blocked.",
    ["staged_records", "fetched_pictures"],
    _by_inspection,
    code_version="3",
    config=_inspector,
)
users = _table(
    "users", "Everybody who is listed or rated something.", ["staged_records", "interactions"], by_query("users")
)
items = _table(
    "items",
    "Everything that is described or was rated: titles, descriptions, categories, and whether text and image exist.",
    ["staged_records", "interactions", "images", "fetched_pictures"],
    by_query("items"),
)


@dg.asset(
    deps=["staged_records"],
    group_name="catalog",
    partitions_def=BY_DATASET,
    kinds={"duckdb", "parquet"},
    pool=DUCKDB_WRITE,
    code_version="2",
)
def reviews(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Every written review: a view over the staged ratings, so that the texts, the bulk of all data, lie once."""
    name = context.partition_key
    return materialize(context, home, upstream={"staged_records": name}, compute=lambda say: reviewed(home, name))


def reviewed(home: Home, name: str) -> Output:
    """Count the reviews of a dataset; their version is that of the staged ratings' content."""
    with attached(home, name) as connection:
        rows = connection.execute("SELECT count(*) FROM reviews").fetchall()[0][0]
        columns = told(columns_of(connection, sql("catalog/reviews")))
    of = segments(home, name)
    staged = [file for file in of.all() if file.table == "ratings"]
    publish_warehouse(home)
    version = digest(sql("catalog/reviews"), sorted((file.recipe, file.content) for file in staged))
    return Output(version, rows, of.files(staged), {"view": "staging.ratings", COLUMN_LINEAGE: columns})
