"""The tables of a dataset as DuckDB sees them: views over the Parquet of the lake.

Nothing is stored twice. Every step works in a DuckDB of its own, in memory, so no step waits for another's lock; the
warehouse is a small file of views over all datasets, replaced as a whole, for people and for other programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import duckdb

from assets.datasets import datasets
from assets.files import alone, atomic_file, digest, read_json, write_json
from assets.home import Home
from assets.ingest.segments import Segments, define_all, quoted
from assets.warehouse import opens, sql, working

CATALOG = ("users", "items", "interactions", "reviews", "images", "media")
EXPORTED = ("users", "items", "interactions", "images", "media", "fetched_pictures")
"""Tables with a Parquet file of their own; `reviews` are the staged ratings that have words."""
STAGED = (
    *("people", "products", "ratings", "texts", "pictures", "official_tests", "checkins"),
    *("genome_scores", "genome_tags"),
)
EXPLAINED = ("rejects", "ingest_audit")
"""What became of the raw files; small, and exported for pages that need no DuckDB."""


def segments(home: Home, dataset: str) -> Segments:
    """The staged files of a dataset."""
    return Segments(home.lake / dataset / "staging")


def files(home: Home, dataset: str, table: str) -> list[Path]:
    """The files that hold a table's rows, those that exist; equal files mean equal rows."""
    if table in STAGED or table == "reviews":
        of, table = segments(home, dataset), "ratings" if table == "reviews" else table
        return of.files(file for file in of.all() if file.table == table)
    folder = home.lake / dataset / "staging"
    path = folder / f"{table}.parquet" if table in EXPLAINED else home.table(dataset, table)
    return [path] if path.exists() else []


@contextmanager
def attached(home: Home, dataset: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with `staging.<table>` and the catalog tables of one dataset; what was not made is empty."""
    with working(home.threads) as connection:
        attach(connection, home, dataset)
        yield connection


def attach(connection: duckdb.DuckDBPyConnection, home: Home, dataset: str) -> None:
    """Lay the views of one dataset into the connection's current database, in place of another's."""
    segments(home, dataset).attach(connection)
    _catalog(connection, [dataset], home)


def _catalog(connection: duckdb.DuckDBPyConnection, names: list[str], home: Home) -> None:
    before = connection.execute(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = 'main' AND table_name IN (SELECT unnest(?))",
        [[*CATALOG, *EXPORTED]],
    ).fetchall()
    for table, kind in before:
        connection.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {table}")
    connection.execute(sql("catalog/tables"))
    for table in EXPORTED:
        made = [path for name in names for path in files(home, name, table)]
        if made:
            connection.execute(f"DROP TABLE {table}")
            listed = ", ".join(quoted(path) for path in made)
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet([{listed}], union_by_name = true)")
    connection.execute("DROP TABLE reviews")
    connection.execute(f"CREATE VIEW reviews AS {sql('catalog/reviews')}")


def references(home: Home, names: list[str]) -> list[tuple[str, str]]:
    """(dataset, content field) of what has vectors."""
    return [(name, path.stem) for name in names for path in sorted(home.embedding(name, "*").parent.glob("*.parquet"))]


def referenced(home: Home, made: list[tuple[str, str]]) -> list[str]:
    """SELECT of each (dataset, content field): which contents have which vectors."""
    return [
        f"SELECT '{name}' AS dataset, '{field}' AS field, * FROM read_parquet({quoted(home.embedding(name, field))})"
        for name, field in made
    ]


def _embeddings(connection: duckdb.DuckDBPyConnection, home: Home, made: list[tuple[str, str]]) -> None:
    """Views over the vectors of all encoders; DuckDB finds shards that are added later by itself."""
    if not any(home.vectors.glob("*/*.parquet")):
        return
    listed = "".join(f" UNION ALL BY NAME {one}" for one in referenced(home, made))
    views = sql("embeddings/views").replace("$vectors", quoted(home.vectors)[1:-1])
    connection.execute(views.replace("$references", listed))


def publish_warehouse(home: Home) -> None:
    """Make warehouse.duckdb the views over everything that is in the lake now; it is left alone where it is that.

    Two runs may come to this at once: the second waits, and sees what the first has made.
    """
    with alone(home.warehouse):
        _publish(home)


def _publish(home: Home) -> None:
    names = [name for name in datasets() if (home.lake / name).is_dir()]
    staged = [(of, file) for of in (segments(home, name) for name in names) for file in of.all()]
    made = {name: [table for table in EXPORTED if files(home, name, table)] for name in names}
    embedded, encoders = references(home, names), sorted(path.name for path in home.vectors.glob("*-*"))
    shape = digest([asdict(file) for _, file in staged], made, embedded, encoders, str(home.lake))
    known = home.lake / "warehouse.json"
    if known.exists() and read_json(known) == shape and opens(home.warehouse):
        return
    with atomic_file(home.warehouse) as path:
        path.unlink()
        with duckdb.connect(str(path)) as connection:
            connection.execute(sql("staging/segment"))
            connection.execute(sql("staging/tables"))
            define_all(connection, staged)
            _catalog(connection, names, home)
            _embeddings(connection, home, embedded)
    write_json(known, shape)
