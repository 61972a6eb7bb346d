"""Tags and outside reviews of films, from raw files to texts that sentiment models learn from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.catalog import by_query, filled
from assets.datasets import dataset
from assets.hashing import Hashes
from assets.home import Home
from assets.ingest.landing import raw_files
from assets.ingest.loading import Loader
from assets.lake import segments
from assets.sentiment.further_texts import FEWEST, gathered, imdb_number, outside_files
from assets.sentiment.reviews import folds_of, written_reviews
from assets.serving import publish
from assets.warehouse import working

NAME = "ml-latest-small"
FILMS = 240


def silent(_line: str) -> None:
    pass


def raw(root: Path, reviews: int) -> None:
    """Users 1 and 2 rate and tag every film, the first well; film n has the IMDb id 1000 + n."""
    folder = root / NAME
    folder.mkdir(parents=True)
    films = [f"{n},Film {n} (1999),Drama" for n in range(1, FILMS + 1)]
    ratings = [f"{u},{n},{5.0 if u == 1 else 1.0},{n}" for n in range(1, FILMS + 1) for u in (1, 2)]
    links = [f"{n},{1000 + n:07},{n}" for n in range(1, FILMS + 1)]
    tags = [f"{u},{n},{'lovely' if u == 1 else 'dull'} w{n % 7},5" for n in range(1, FILMS + 1) for u in (1, 2)]
    tags += ["1,3,also this,5", "1,3,also this,6", "9,3,never rated,5"]
    for name, header, lines in (
        ("movies", "movieId,title,genres", films), ("ratings", "userId,movieId,rating,timestamp", ratings),
        ("links", "movieId,imdbId,tmdbId", links), ("tags", "userId,movieId,tag,timestamp", tags),
    ):  # fmt: skip
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    (root / "imdb").mkdir()
    rows = [{"id": f"train/{n}", "imdb_id": f"tt{1001 + n % 5:07}", "rating": 1 + n % 10, "text": f"seen {n} " * 8}
            for n in range(reviews)]  # fmt: skip
    rows += [{"id": "far", "imdb_id": "tt0000009", "rating": 9, "text": "another film"}]
    with gzip.open(root / "imdb" / "some.jsonl.gz", "wt") as file:
        file.write("\n".join([*map(json.dumps, rows), "not json"]))


def stage(home: Home, name: str, root: Path) -> None:
    """Stage a dataset's raw files and make its interactions and items."""
    made = segments(home, name)
    with working() as connection, Hashes(home.path / "hashes.sqlite") as hashes:
        loader = Loader(connection, made, dataset(name), root, hashes)
        staged = [loader.load(file, silent) for file in raw_files(dataset(name), root)]
    made.retain([one.source_file for one in staged])
    for table in ("interactions", "items"):
        filled(home, name, table, by_query(table), silent)


def home_of(tmp_path: Path, reviews: int = FEWEST) -> Home:
    """A home with the catalog of these raw files and their further texts."""
    raw(tmp_path / "raw", reviews)
    home = Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"), threads=1)
    stage(home, NAME, tmp_path / "raw")
    gathered(home, NAME, outside_files(home), silent)
    return home


def test_a_users_tags_of_a_film_are_one_text_with_that_users_rating(tmp_path: Path) -> None:
    rows = pd.read_parquet(home_of(tmp_path).further_texts(NAME))
    tags = rows[rows.source == "tags"].set_index("review_id")
    assert len(tags) == 2 * FILMS and "tags:9:3" not in tags.index, "user 9 did not rate the film"
    assert tags.text["tags:1:3"] == "also this, lovely w3" and tags.rating["tags:1:3"] == 5
    assert (tags.text["tags:2:3"], tags.rating["tags:2:3"]) == ("dull w3", 1)


def test_outside_reviews_are_joined_by_imdb_id_on_this_scale(tmp_path: Path) -> None:
    rows = pd.read_parquet(home_of(tmp_path).further_texts(NAME))
    films = rows[rows.source == "imdb"].set_index("review_id")
    assert len(films) == FEWEST and set(films.item_id) == {"1", "2", "3", "4", "5"} and set(rows.dataset) == {NAME}
    assert (films.item_id["imdb:train/7"], films.rating["imdb:train/7"]) == ("3", 4.0)


def test_too_few_texts_of_a_kind_are_left_out(tmp_path: Path) -> None:
    assert set(pd.read_parquet(home_of(tmp_path, FEWEST - 1).further_texts(NAME)).source) == {"tags"}


@pytest.mark.parametrize(("written", "number"), [("tt0114709", 114709), ("0114709", 114709), (None, None), ("", None)])
def test_ids_are_the_same_however_they_are_written(written: str | None, number: int | None) -> None:
    assert imdb_number(written) == number


def test_they_are_learned_from_and_nothing_stands_on_both_sides_of_a_split(tmp_path: Path) -> None:
    texts = written_reviews(home_of(tmp_path), NAME)
    assert len(texts) == 2 * FILMS + FEWEST and texts.linked.isna().sum() == 2 * FILMS
    fold = folds_of(texts, "80/10/10", 0)
    assert set(fold) == {0, 1, 2}
    for column in ("text", "linked"):
        assert texts.assign(fold=fold).groupby(column).fold.nunique().max() == 1


def test_a_datasets_own_reviews_are_as_they_are_where_there_are_no_others(tmp_path: Path) -> None:
    """A shop of two reviews; with and without the file of further texts, which is empty for it."""
    about, home = dataset("sample-shop"), Home(root=str(tmp_path / "home"), threads=1)
    folder = tmp_path / "amazon/2023"
    folder.mkdir(parents=True)
    rows = [{"user_id": f"u{n}", "parent_asin": "A", "rating": n, "timestamp": 1588687728923, "text": f"said {n}"}
            for n in (1, 5)]  # fmt: skip
    (folder / "Sample_Shop.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "meta_Sample_Shop.jsonl").write_text('{"parent_asin": "A", "title": "a thing"}')
    stage(home, about.name, tmp_path)
    for _ in range(2):
        texts = written_reviews(home, about.name)
        assert sorted(texts.text) == ["said 1", "said 5"] and texts.linked.tolist() == ["A", "A"]
        gathered(home, about.name, [], silent)


def test_what_they_say_of_an_item_stands_beside_the_ratings_here(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    path = tmp_path / "snapshot.duckdb"
    scored = pd.read_parquet(home.further_texts(NAME))[["dataset", "review_id"]].assign(
        model="nbsvm", probability=0.25, label="negative", fold="train"
    )
    home.review_sentiment(NAME).parent.mkdir(parents=True)
    scored.to_parquet(home.review_sentiment(NAME))
    publish(home, [NAME], path, silent)
    with duckdb.connect(str(path)) as connection:
        query = f"from outside_sentiment('{NAME}') where source = 'imdb' and item_id = '3'"
        row = connection.execute(query).df().iloc[0]
    expected = np.mean([(1 + n % 10) / 2 for n in range(FEWEST) if n % 5 == 2])
    assert (row.title, row.texts, row.mean_sentiment) == ("Film 3 (1999)", FEWEST // 5, 0.25)
    assert row.mean_rating == pytest.approx(expected) and (row.mean_rating_here, row.ratings_here) == (3.0, 2)
