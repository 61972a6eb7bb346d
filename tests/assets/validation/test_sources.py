"""Rules that differ by source turn red by their own planted rows; a check of another source says that it passes by."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from assets.datasets import dataset
from assets.manifests import Manifests
from assets.validation.checks import outcomes
from assets.validation.freshness import freshness

AGE = "SELECT * REPLACE (json_merge_patch(attributes, '{\"age\": 1964}') AS attributes) FROM t"
PLANTED = [
    ("sample-movies", "users", AGE, "users.usual_attributes"),
    ("sample-movies", "users", AGE.replace('"age": 1964', '"occupation": "14943"'), "users.usual_attributes"),
    ("sample-movies", "users", AGE.replace('"age": 1964', '"gender": "55"'), "users.usual_attributes"),
    ("sample-movies", "items", "SELECT * REPLACE ([array_to_string(categories, '|')] AS categories) FROM t",
     "items.known_genres"),
    ("sample-movies", "interactions",
     "SELECT * REPLACE (CASE n WHEN 1 THEN TIMESTAMP '1994-12-31' ELSE ts END AS ts) FROM t", "interactions.ts_range"),
    ("sample-places", "items", "SELECT * REPLACE ('{}' AS attributes) FROM t", "items.located_places"),
    ("sample-places", "interactions",
     "SELECT * REPLACE (CASE n WHEN 1 THEN TIMESTAMP '2004-09-30' ELSE ts END AS ts) FROM t", "interactions.ts_range"),
    ("sample-shop", "reviews", "SELECT * REPLACE (n < 300 AS verified) FROM t", "reviews.verified_share"),
    ("sample-shop", "items",
     "FROM t UNION ALL (SELECT * REPLACE (lower(item_id) AS item_id, false AS has_image) FROM t WHERE n < 9)",
     "items.item_id_of_source"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "query", "expected"), PLANTED, ids=[f"{p[0]}-{p[3]}" for p in PLANTED])
def test_what_a_source_does_not_write_turns_its_check_red(copy, spoil, red, name, table, query, expected):
    home = copy(name)
    spoil(home, table, query, name)
    assert red(home, name) == {expected}


def test_a_check_of_another_source_says_so(good):
    found = {o.check: o for o in outcomes(good("sample-shop"), "items", "sample-shop")[0]}
    assert found["known_genres"].passed and found["known_genres"].summary == "does not apply to amazon"


def reject(home, spoil, name: str, file: str, rows: int, reason: str) -> None:
    """As if so many more records of a file had been rejected for a reason."""
    more = f"CASE WHEN source_file = '{file}' THEN {rows} ELSE 0 END"
    counts = f"rows_read + {more} AS rows_read, rows_rejected + {more} AS rows_rejected"
    spoil(home, "ingest_audit", f"SELECT * REPLACE ({counts}) FROM t", name)
    one = f"SELECT t.* REPLACE ('{file}' AS source_file, '{reason}' AS reason) FROM t, range({rows}) WHERE n = 1"
    spoil(home, "rejects", f"FROM t UNION ALL ({one})", name)


@pytest.mark.parametrize(
    ("name", "file", "reason", "expected"),
    [
        ("sample-places", "yelp/photos.json", "business: not in the business file: x", set()),
        ("sample-places", "yelp/photos.json", "photo_id: not an id", {"reject_rate", "reject_rate_usual"}),
        # A lost rating is lost, whatever the reason.
        ("sample-movies", "sample-movies/ratings.dat", "film: not in the films file: 1",
         {"reject_rate", "reject_rate_usual"}),
    ],
)  # fmt: skip
def test_what_only_points_at_the_undescribed_is_no_dirt(copy, spoil, red, name, file, reason, expected):
    home = copy(name)
    reject(home, spoil, name, file, 300, reason)
    assert red(home, name) == {f"staged_records.{check}" for check in expected}
    found = {o.check: o for o in outcomes(home, "staged_records", name)[0]}
    assert not expected or f" in {file}, expected at most 5.0%" in found["reject_rate"].summary


def test_a_somewhat_dirty_file_is_only_a_warning(copy, spoil, red):
    home = copy("sample-places")
    reject(home, spoil, "sample-places", "yelp/photos.json", 4, "photo_id: not an id")
    assert red(home, "sample-places") == {"staged_records.reject_rate_usual"}


def refreshed(days: float | None) -> SimpleNamespace:
    """The sample shop as if it were refreshed every so many days."""
    return SimpleNamespace(**dataset("sample-shop").model_dump() | {"refresh_days": days})


@pytest.mark.parametrize(("days", "age", "passed"), [(None, 9000, True), (7, 13, True), (7, 15, False), (30, 59, True)])
def test_only_a_source_that_should_be_refreshed_grows_stale(good, days, age, passed):
    home = good("sample-shop")
    seen = datetime.fromisoformat(Manifests(home.path).require("raw_files", "sample-shop").created_at)
    found = freshness(home, refreshed(days), seen + timedelta(days=age))
    assert found.passed == passed
    assert days is None or f"{age} days old; new ones are expected every {days} days" in found.summary


def test_freshness_is_judged_anew_although_nothing_else_is(home, monkeypatch):
    path = home.lake / "manifests" / "raw_files" / "sample-shop" / "current.json"
    old = json.loads(path.read_text()) | {"created_at": "2020-01-01T00:00:00+00:00"}
    path.write_text(json.dumps(old))
    monkeypatch.setattr("assets.validation.running.freshness", lambda home, about: freshness(home, refreshed(7)))
    found, computed = outcomes(home, "staged_records", "sample-shop")
    assert not computed
    assert [o.check for o in found if not o.passed] == ["source_fresh"]
