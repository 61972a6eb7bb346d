"""The catalog: users, items, interactions, reviews and images in one schema for all sources."""

from collections.abc import Callable

import dagster as dg
import duckdb

from assets.datasets import dataset
from assets.files import atomic_file
from assets.home import Home
from assets.images import inspected
from assets.limits import DUCKDB_WRITE
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, from_file, materialize
from assets.warehouse import export, sql, transaction

Fill = Callable[[duckdb.DuckDBPyConnection, Home, str, Say], None]
"""Makes the temporary table `fresh`: a dataset's rows, in their final order."""


def _by_query(table: str) -> Fill:
    def fill(connection: duckdb.DuckDBPyConnection, home: Home, name: str, say: Say) -> None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {sql('catalog/' + table)}", {"dataset": name})

    return fill


def _by_inspection(connection: duckdb.DuckDBPyConnection, home: Home, name: str, say: Say) -> None:
    connection.register("inspected_pictures", inspected(connection, dataset(name), home.raw_root(dataset(name)), say))
    connection.execute("CREATE OR REPLACE TEMP TABLE fresh AS FROM inspected_pictures")
    connection.unregister("inspected_pictures")


def _require_staging(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    audited = connection.execute("SELECT count(*) FROM staging.ingest_audit WHERE dataset = ?", [name]).fetchall()[0][0]
    if not audited:
        raise LookupError(
            f"the warehouse holds no staged records of {name} (was warehouse.duckdb removed?). "
            f"Delete lake/manifests/staged_records/{name} under TRIFUSE_HOME and run again."
        )


def _table(
    table: str, description: str, upstream: list[str], fill: Fill, code_version: str = "1"
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
        target = home.table(name, table)

        def compute(say: Say) -> Output:
            with transaction(home.warehouse) as connection, atomic_file(target) as path:
                _require_staging(connection, name)
                fill(connection, home, name, say)
                connection.execute(f"DELETE FROM {table} WHERE dataset = ?", [name])
                connection.execute(f"INSERT INTO {table} BY NAME FROM fresh")
                rows = export(connection, "FROM fresh", path)
            return from_file(target, rows)

        return materialize(context, home, upstream=dict.fromkeys(upstream, name), compute=compute)

    return asset


interactions = _table(
    "interactions", "Who rated what, when; one rating per user and item.", ["staged_records"], _by_query("interactions")
)
reviews = _table("reviews", "Every written review.", ["staged_records"], _by_query("reviews"))
images = _table(
    "images",
    "One row per picture and what became of it: found, missing, corrupt or too large.",
    ["staged_records"],
    _by_inspection,
    code_version="2",
)
users = _table(
    "users", "Everybody who is listed or rated something.", ["staged_records", "interactions"], _by_query("users")
)
items = _table(
    "items",
    "Everything that is described or was rated: titles, descriptions, categories, and whether text and image exist.",
    ["staged_records", "interactions", "images"],
    _by_query("items"),
)

CATALOG = ("users", "items", "interactions", "reviews", "images")
