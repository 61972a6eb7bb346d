"""Rated texts that are no reviews of a dataset's own: MovieLens tags, and outside reviews of the same films."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

from assets.datasets import dataset
from assets.files import atomic_file, digest, sha256_of
from assets.home import Home
from assets.lake import attached
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, from_file, materialize
from assets.warehouse import frame, sql

if TYPE_CHECKING:
    import pandas as pd

CODE_VERSION = "1"
TAGS, IMDB = "tags", "imdb"
FEWEST = 200
"""Texts of a kind below which nothing can be learned from them, so that they are left out."""
COLUMNS = {name: "string" for name in ("dataset", "review_id", "item_id", "source", "text")} | {"rating": "float64"}
OUTSIDE = "imdb"
"""Folder below TRIFUSE_RAW with the Large Movie Review Dataset (Maas et al. 2011) as JSON lines, plain or gzipped, with
`imdb_id`, `rating` from 1 to 10, `text` and `id`."""


@dg.asset(
    deps=["staged_records", "interactions", "items"],
    group_name="sentiment",
    partitions_def=BY_DATASET,
    kinds={"parquet"},
    code_version=CODE_VERSION,
)
def further_texts(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Texts with a rating that sentiment models learn from besides the dataset's reviews; none for most datasets."""
    name = context.partition_key
    upstream = dict.fromkeys(("staged_records", "interactions", "items"), name)
    files = outside_files(home) if dataset(name).source == "movielens" else []
    return materialize(
        context, home, upstream=upstream, config=digest([sha256_of(file) for file in files]),
        compute=lambda say: gathered(home, name, files, say),
    )  # fmt: skip


def outside_files(home: Home) -> list[Path]:
    """The files of outside reviews that the user keeps, in order."""
    return sorted((Path(home.raw) / OUTSIDE).glob("*.jsonl*")) if home.raw else []


def gathered(home: Home, name: str, files: list[Path], say: Say) -> Output:
    """Write the further texts of a dataset."""
    import pandas as pd

    with attached(home, name) as connection:
        tagged = frame(connection, sql("sentiment/tags"))
    items = pd.read_parquet(home.table(name, "items"), columns=["item_id", "attributes"])
    kinds = {TAGS: tagged, IMDB: of_films(items, files, say)}
    for kind, rows in kinds.items():
        if 0 < len(rows) < FEWEST:
            say(f"{name}: {len(rows)} texts of {kind} are too few to learn from, and are left out")
            kinds[kind] = rows[:0]
    made = pd.concat([rows.assign(dataset=name, source=kind).astype(COLUMNS) for kind, rows in kinds.items()])
    target = home.further_texts(name)
    with atomic_file(target) as path:
        made[list(COLUMNS)].to_parquet(path, index=False)
    items_of = made.groupby("source").item_id.nunique().to_dict()
    return from_file(target, len(made), texts=made.source.value_counts().to_dict(), items=items_of)


def of_films(items: "pd.DataFrame", files: list[Path], say: Say) -> "pd.DataFrame":
    """review_id, item_id, text and rating of the outside reviews of these items, joined by IMDb id. Ten stars are five:
    7 to 10 are 3.5 to 5, above the middle of MovieLens, and 1 to 4 are 0.5 to 2."""
    import pandas as pd

    from assets.sentiment.corpus import read_corpus

    ids = items.attributes.map(lambda text: imdb_number(json.loads(text).get("imdb_id")))
    film = {number: item for number, item in zip(ids, items.item_id, strict=True) if number is not None}
    tables = [pd.DataFrame(columns=["review_id", "item_id", "text", "rating"])]
    for file in files if film else []:
        corpus = read_corpus(file)
        rows = pd.DataFrame({
            "review_id": [f"{IMDB}:{key or line}" for key, line in zip(corpus.ids, corpus.lines, strict=True)],
            "item_id": [film.get(imdb_number(key)) for key in corpus.items],
            "text": corpus.texts, "rating": np.asarray(corpus.ratings) / 2,
        })  # fmt: skip
        tables.append(rows.dropna(subset=["item_id", "rating"]))
        say(f"{file.name}: {len(tables[-1]):,} of {len(rows):,} reviews are of films here; {len(corpus.lost()):,} lost")
    return pd.concat(tables, ignore_index=True).drop_duplicates("review_id")


def imdb_number(written: object) -> int | None:
    """The number of an IMDb id, which sources write with `tt` and zeros or without; None where it is no id."""
    digits = str(written).strip().removeprefix("tt")
    return int(digits) if digits.isdecimal() else None
