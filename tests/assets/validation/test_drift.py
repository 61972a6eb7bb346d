"""A table is compared with its version before: what is lost blocks, unless accepted; other changes warn."""

from __future__ import annotations

import shutil

import pytest

from assets.datasets import dataset
from assets.files import read_json
from assets.home import Home
from assets.manifests import Manifests
from assets.validation import drift
from assets.validation.checks import outcomes
from assets.validation.thresholds import Limit, thresholds

NAME = "sample-shop"


@pytest.fixture
def home(good, tmp_path, monkeypatch) -> Home:
    """A sample that is remembered, under the limits of a dataset that is delivered, not generated."""
    shutil.copytree(good(NAME).path, tmp_path / "home", ignore=shutil.ignore_patterns("*.jpg", "*.png"))
    delivered = thresholds(dataset(NAME)).model_copy(
        update={"vanished_rows": thresholds(dataset("ml-1m")).vanished_rows}
    )
    for module in ("drift", "running"):
        monkeypatch.setattr(f"assets.validation.{module}.thresholds", lambda about: delivered)
    return Home(root=str(tmp_path / "home"))


def found(home: Home, table: str) -> dict[str, object]:
    """The two comparisons' outcomes."""
    return {o.check: o for o in outcomes(home, table, NAME)[0] if o.check in ("drift", "vanished_rows")}


def profile(home: Home, table: str) -> dict:
    """The profile of the table as it lies."""
    paths = (home.lake / NAME / "profiles" / table).glob("*.json")
    return max((read_json(path) for path in paths), key=lambda profile: profile["created_at"])


def test_the_first_version_passes_and_leaves_a_profile(home):
    for table in ("users", "items", "interactions", "reviews", "images"):
        assert {o.summary for o in found(home, table).values()} == {"there is no version before"}
        left = profile(home, table)
        assert left["accepted"] and len(left["keys"]) == min(left["rows"], 1000)
        if table != "reviews":  # which have no file of their own
            assert left["version"] == Manifests(home.path).require(table, NAME).data_version
    assert sum(profile(home, "interactions")["shares"]["rating"].values()) == pytest.approx(1)
    assert profile(home, "images")["shares"]["status"] == {"found": 1.0}


def test_a_table_that_grows_a_little_is_much_as_before(home, spoil):
    spoil(home, "users", "FROM t UNION ALL (SELECT * REPLACE (user_id || 'X' AS user_id) FROM t WHERE n % 10 = 0)")
    assert all(o.passed for o in found(home, "users").values())


def test_a_table_that_doubles_is_a_warning(home, spoil):
    spoil(home, "users", "FROM t UNION ALL (SELECT * REPLACE (user_id || 'X' AS user_id) FROM t)")
    outcome = found(home, "users")
    assert outcome["vanished_rows"].passed and not outcome["drift"].passed
    assert outcome["drift"].summary == "rows more: 100.0%, expected at most 50.0%"


@pytest.mark.parametrize("table", ["users", "items", "interactions", "reviews", "images"])
def test_a_table_that_lost_half_its_rows_blocks_with_the_figures(home, spoil, table):
    before = profile(home, table)
    spoil(home, table, "FROM t WHERE n % 2 = 0")
    outcome = found(home, table)
    assert not outcome["vanished_rows"].passed and not outcome["drift"].passed
    assert outcome["vanished_rows"].observed == pytest.approx(0.5, abs=0.05)
    assert (
        f"({before['rows']:,} -> {before['rows'] // 2:,} rows), expected at most 20.0%"
        in outcome["vanished_rows"].summary
    )
    assert outcome["vanished_rows"].measured["before"]["version"] == before["version"]
    assert outcome["vanished_rows"].measured["now"]["version"] == profile(home, table)["version"]


def test_other_rows_in_the_place_of_the_old_are_noticed(home, spoil):
    spoil(home, "items", "SELECT * REPLACE ('X' || item_id[2:] AS item_id) FROM t")
    assert found(home, "items")["vanished_rows"].observed > 0.9


@pytest.mark.parametrize(
    ("table", "query", "told"),
    [
        ("interactions", "SELECT * REPLACE (6 - rating AS rating) FROM t", "change of a distribution: .*(rating)"),
        ("items", "SELECT * REPLACE (['Toys'] AS categories) FROM t", "change of a distribution: .*(category)"),
        ("items", "SELECT * REPLACE (NULL AS brand) FROM t WHERE true", "change of a column's gaps: .*(brand)"),
        ("items", "SELECT * REPLACE (price * 100 AS price) FROM t", "change of a median: .*(price)"),
        ("reviews", "SELECT * REPLACE (text[:5] AS text) FROM t", "change of a median: .*(text characters)"),
        ("images", "SELECT * REPLACE ('missing' AS status) FROM t", "change of a distribution: .*(status)"),
    ],
)
def test_what_is_read_differently_is_a_warning_that_names_it(home, spoil, table, query, told):
    spoil(home, table, query)
    outcome = found(home, table)
    what, where = told.split(": .*")
    assert outcome["vanished_rows"].passed and not outcome["drift"].passed
    assert f"{what}: " in outcome["drift"].summary and where in outcome["drift"].summary


def test_a_loss_stays_red_by_another_loss_and_is_mended_by_the_rows_coming_back(home, spoil):
    whole = home.table(NAME, "users").read_bytes()
    for _ in range(2):
        spoil(home, "users", "FROM t WHERE n > 20")
        assert not found(home, "users")["vanished_rows"].passed
        assert not profile(home, "users")["accepted"]
    home.table(NAME, "users").write_bytes(whole)
    assert all(o.passed for o in found(home, "users").values())


def test_a_wanted_loss_is_accepted_by_its_version(home, spoil, monkeypatch):
    spoil(home, "users", "FROM t WHERE n % 2 = 0")
    version = Manifests(home.path).require("staged_records", NAME).data_version
    failed = found(home, "users")["vanished_rows"]
    assert f'add {NAME} = ["{version[:16]}"] to `accepted` in assets/validation/thresholds.toml' in failed.summary
    monkeypatch.setattr(drift, "accepted", lambda about, asked: asked == version)
    passed = found(home, "users")["vanished_rows"]
    assert passed.passed and passed.summary.endswith("accepted in thresholds.toml")
    assert profile(home, "users")["accepted"]


def test_an_unchanged_table_is_not_compared_again(home):
    assert outcomes(home, "users", NAME)[1]  # the limits of this fixture are others
    before = profile(home, "users")
    assert not outcomes(home, "users", NAME)[1] and profile(home, "users") == before


def test_another_limit_is_all_that_it_takes_to_look_again(home, spoil, monkeypatch):
    spoil(home, "users", "FROM t WHERE n % 2 = 0")
    assert not found(home, "users")["vanished_rows"].passed
    loose = thresholds(dataset(NAME)).model_copy(update={"vanished_rows": Limit(at_most=0.9, why="So.")})
    for module in ("drift", "running"):
        monkeypatch.setattr(f"assets.validation.{module}.thresholds", lambda about: loose)
    assert found(home, "users")["vanished_rows"].passed
