"""Views over the lake: what was not made is empty, one dataset after the other, and the warehouse shows all of them."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from assets.datasets import dataset
from assets.home import Home
from assets.ingest.assets import stage
from assets.lake import CATALOG, attach, attached, publish_warehouse
from assets.warehouse import working

REVIEW = '{"user_id": "u", "parent_asin": "A", "rating": 5, "timestamp": 1588687728923, "text": "a &amp; b"}\n'


@pytest.fixture
def home(tmp_path) -> Home:
    """A shop with one review, staged; nothing else."""
    path = tmp_path / "raw" / "amazon" / "2023" / "Sample_Shop.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(REVIEW + "junk\n")
    home = Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"))
    stage(home, dataset("sample-shop").model_copy(update={"embedded": False}), print)
    return home


def users(home: Home, name: str) -> None:
    path = home.table(name, "users")
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([{"dataset": name, "user_id": "u", "attributes": "{}", "interactions": 1}]).to_parquet(path)


def test_what_was_not_made_is_empty(home):
    with attached(home, "sample-shop") as connection:
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in CATALOG}
        assert counts == {"users": 0, "items": 0, "interactions": 0, "reviews": 1, "images": 0, "media": 0}
        assert connection.execute("SELECT count(*) FROM staging.products").fetchall() == [(0,)]


def test_one_dataset_takes_the_place_of_another(home):
    users(home, "sample-places")
    with working() as connection:
        for name, expected in (("sample-shop", (0, 1)), ("sample-places", (1, 0)), ("sample-shop", (0, 1))):
            attach(connection, home, name)
            query = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM reviews)"
            assert connection.execute(query).fetchall() == [expected]


def test_the_warehouse_shows_every_dataset_and_what_the_source_wrote(home):
    users(home, "sample-places")
    publish_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT dataset FROM users").fetchall() == [("sample-places",)]
        assert connection.execute("SELECT dataset, text FROM reviews").fetchall() == [("sample-shop", "a & b")]
        assert connection.execute("SELECT raw_text FROM staging.ratings").fetchall() == [("a &amp; b",)]
        assert connection.execute("SELECT line, reason, raw FROM staging.rejects").fetchall() == [
            (2, "not a JSON object", "junk")
        ]
        audit = "SELECT rows_read, rows_loaded, rows_rejected FROM staging.ingest_audit"
        assert connection.execute(audit).fetchall() == [(2, 1, 1)]
    stamp = home.warehouse.stat().st_ino
    publish_warehouse(home)
    assert home.warehouse.stat().st_ino == stamp, "it is left alone where nothing has changed"
    users(home, "sample-shop")
    publish_warehouse(home)
    assert home.warehouse.stat().st_ino != stamp


def test_a_damaged_warehouse_is_made_anew(home):
    publish_warehouse(home)
    home.warehouse.unlink()
    publish_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM reviews").fetchall() == [(1,)]
