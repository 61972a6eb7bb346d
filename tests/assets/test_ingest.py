"""Every record of a raw file is loaded, rejected with a reason, or a counted duplicate."""

from __future__ import annotations

import gzip
import json

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.datasets import dataset
from assets.ingest import amazon, movielens, yelp
from assets.ingest.loading import load
from assets.warehouse import sql

U_ITEM = "{}|Film {} (1995)|01-Jan-1995||http://x|" + "|".join(["0", "1"] + ["0"] * 17)


@pytest.fixture
def warehouse():
    connection = duckdb.connect()
    for script in ("staging/tables", "catalog/tables", "staging/macros"):
        connection.execute(sql(script))
    yield connection
    connection.close()


def ml_100k(root, ratings: bytes, test: bytes = b""):
    folder = root / "ml-100k"
    folder.mkdir(exist_ok=True)
    (folder / "u.item").write_bytes("\n".join(U_ITEM.format(i, "Caf\u00e9") for i in (1, 2)).encode("latin-1"))
    (folder / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|94043\n")
    (folder / "u.data").write_bytes(ratings)
    (folder / "u1.test").write_bytes(test)
    return root


def load_all(connection, name, root, module=movielens):
    about = dataset(name)
    return {a.source_file: a for a in (load(connection, about, root, f) for f in module.raw_files(about, root))}


def reasons(connection):
    return connection.execute("SELECT line, reason FROM staging.rejects ORDER BY source_file, line").fetchall()


def test_dirt_is_rejected_with_line_and_reason(warehouse, tmp_path):
    lines = [
        "1\t1\t5\t881250949", "1\t2\t9\t881250949", "1\t2\t3", "1\t2\tx\t1", "3\t1\t4\t881250949", "2\t7\t4\t881250949",
        "1\t1\t4\t881250950", "2\t2\t4\tnever", "", "2\t1\t3\t881250949",
    ]  # fmt: skip
    audits = load_all(warehouse, "ml-100k", ml_100k(tmp_path, "\n".join(lines).encode()))
    audit = audits["ml-100k/u.data"]
    assert (audit.rows_read, audit.rows_loaded, audit.rows_rejected, audit.rows_duplicate) == (9, 2, 6, 1)
    assert reasons(warehouse) == [
        (2, "rating: 9 is outside 1.0 to 5.0"),
        (3, "expected 4 fields, found 3"),
        (4, "rating: not a number: x"),
        (5, "user: not in the users file: 3"),
        (6, "film: not in the films file: 7"),
        (8, "timestamp: not a whole number: never"),
    ]


def test_latin_1_titles_genres_and_years(warehouse, tmp_path):
    load_all(warehouse, "ml-100k", ml_100k(tmp_path, b"1\t1\t5\t0"))
    rows = warehouse.execute("SELECT title, categories, year FROM staging.products").fetchall()
    assert rows == [("Film Caf\u00e9 (1995)", ["Action"], 1995)] * 2
    assert warehouse.execute("SELECT ts FROM staging.ratings").fetchall() == [(None,)], "0 seconds is no time"


def test_official_test_ratings_must_be_ratings(warehouse, tmp_path):
    root = ml_100k(tmp_path, b"1\t1\t5\t881250949\n", b"1\t1\t5\t881250949\n2\t2\t1\t881250949\n")
    audit = load_all(warehouse, "ml-100k", root)["ml-100k/u1.test"]
    assert (audit.rows_loaded, audit.rows_rejected) == (1, 1)


def test_a_missing_file_says_where_and_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"u\.item.*files\.grouplens\.org.*TRIFUSE_RAW"):
        movielens.raw_files(dataset("ml-100k"), tmp_path)


def test_csv_records_with_quotes_and_line_breaks(warehouse, tmp_path):
    folder = tmp_path / "ml-latest-small"
    folder.mkdir()
    (folder / "movies.csv").write_text(
        'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n'
        '2,"Two\nlines (1999)",(no genres listed)\n'
        "x,No id,Drama\n"
    )
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,0.5,964982703\n1,2,4.7,-1\n")
    audits = load_all(warehouse, "ml-latest-small", tmp_path)
    assert audits["ml-latest-small/movies.csv"].rows_rejected == 1
    assert warehouse.execute("SELECT title, categories FROM staging.products ORDER BY line").fetchall() == [
        ("American President, The (1995)", ["Comedy", "Drama"]),
        ("Two\nlines (1999)", []),
    ]
    assert audits["ml-latest-small/ratings.csv"].rows_loaded == 1
    assert reasons(warehouse)[-1] == (3, "timestamp: not a time: -1")


def review(**changes):
    row = {"user_id": "u", "parent_asin": "A", "asin": "a", "rating": 5.0, "timestamp": 1588687728923, "text": "x",
           "title": "t", "helpful_vote": 3, "verified_purchase": True}  # fmt: skip
    return json.dumps(row | changes)


def test_amazon_reviews_gzipped_with_dirt(warehouse, tmp_path):
    folder = tmp_path / "amazon" / "2023"
    folder.mkdir(parents=True)
    lines = [
        review(), review(), review(text="a &amp; b<br />c I <3 it", user_id="v"), review(rating=None), '{"rating": 5,',
        "[1, 2]", review(rating=11), review(parent_asin="", user_id="w"), review(timestamp="soon"),
    ]  # fmt: skip
    with gzip.open(folder / "Sample_Shop.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    audit = load_all(warehouse, "sample-shop", tmp_path, amazon)["amazon/2023/Sample_Shop.jsonl.gz"]
    assert (audit.rows_read, audit.rows_loaded, audit.rows_rejected, audit.rows_duplicate) == (9, 3, 5, 1)
    assert [reason for _, reason in reasons(warehouse)] == [
        "rating: not a number: null", "not a JSON object", "not a JSON object", "rating: 11.0 is outside 1.0 to 5.0",
        "timestamp: not a time in milliseconds: soon",
    ]  # fmt: skip
    rows = warehouse.execute("SELECT text, item_id, year(ts) FROM staging.ratings ORDER BY line").fetchall()
    assert rows[1:] == [("a & b c I <3 it", "A", 2020), ("x", "a", 2020)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    junk=st.lists(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda b: b.decode("utf-8", "replace"))))
)
def test_whatever_stands_in_a_yelp_file_the_sums_agree(warehouse, tmp_path, junk):
    folder = tmp_path / "yelp"
    folder.mkdir(exist_ok=True)
    good = {
        "review_id": "r",
        "user_id": "u",
        "business_id": "b",
        "stars": 4,
        "date": "2020-01-02 03:04:05",
        "text": "t",
    }
    text = "\n".join([json.dumps(good), *junk, json.dumps(good | {"review_id": "s"})])
    (folder / "yelp_academic_dataset_review.json").write_text(text, encoding="utf-8", newline="")
    audit = next(iter(load_all(warehouse, "sample-places", tmp_path, yelp).values()))
    assert audit.rows_read == audit.rows_loaded + audit.rows_rejected + audit.rows_duplicate
    assert audit.rows_loaded == 2
