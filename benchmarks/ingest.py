"""Ingest to the catalog against a bare DuckDB load of the same file, in one run: python benchmarks/ingest.py [RATINGS].

Writes generated ratings in MovieLens 1M's layout to a temporary folder. Both sides end with a table of typed rows;
ours also checks every field, finds duplicates and unknown ids, audits, and exports the catalog as Parquet.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from assets.datasets import dataset
from assets.files import atomic_file
from assets.ingest.landing import raw_files
from assets.ingest.loading import forget, load
from assets.warehouse import export, sql, transaction

USERS, ITEMS, REPEATS = 6040, 3883, 3


def generate(root: Path, ratings: int) -> None:
    """Write users.dat, movies.dat and ratings.dat; every (user, item) pair occurs at most once."""
    random, folder = np.random.default_rng(0), root / "ml-1m"
    folder.mkdir()
    (folder / "users.dat").write_text("".join(f"{u}::F::25::1::{10000 + u}\n" for u in range(1, USERS + 1)))
    (folder / "movies.dat").write_text("".join(f"{i}::Film {i} (1990)::Drama|War\n" for i in range(1, ITEMS + 1)))
    pairs = random.choice(USERS * ITEMS, ratings, replace=False)
    stars, seconds = random.integers(1, 6, ratings), random.integers(956703932, 1046454590, ratings)
    rows = zip(pairs // ITEMS + 1, pairs % ITEMS + 1, stars, seconds, strict=True)
    (folder / "ratings.dat").write_text("".join(f"{u}::{i}::{r}::{t}\n" for u, i, r, t in rows))


def bare(root: Path, database: Path) -> None:
    """The least that a person would write."""
    columns = "{'user_id': 'BIGINT', 'item_id': 'BIGINT', 'rating': 'DOUBLE', 'seconds': 'BIGINT'}"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"CREATE TABLE ratings AS FROM read_csv('{root}/ml-1m/ratings.dat', delim = '::', header = false, "
            f"auto_detect = false, columns = {columns})"
        )


def ours(root: Path, database: Path) -> None:
    """Raw files to staging, and staging to the catalog's interactions in DuckDB and Parquet."""
    about = dataset("ml-1m")
    with transaction(database) as connection, atomic_file(root / "interactions.parquet") as path:
        forget(connection, about.name)
        for file in raw_files(about, root):
            load(connection, about, root, file)
        connection.execute(f"CREATE TEMP TABLE fresh AS {sql('catalog/interactions')}", {"dataset": about.name})
        connection.execute("INSERT INTO interactions BY NAME FROM fresh")
        export(connection, "FROM fresh", path)


def main() -> None:
    """Print the median seconds of both and their ratio."""
    logging.disable(logging.INFO)
    ratings = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seconds: dict[str, list[float]] = {"bare DuckDB read_csv": [], "trifuse, raw file to catalog": []}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root, ratings)
        for repeat in range(REPEATS):
            for name, run in zip(seconds, (bare, ours), strict=True):
                started = time.perf_counter()
                run(root, root / f"{repeat}-{run.__name__}.duckdb")
                seconds[name].append(time.perf_counter() - started)
    peer = statistics.median(seconds["bare DuckDB read_csv"])
    print(f"{'ingest of ' + format(ratings, ',') + ' ratings':<34}{'median s':>10}{'ratio':>8}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:<34}{median:>10.2f}{median / peer:>8.1f}")


if __name__ == "__main__":
    main()
