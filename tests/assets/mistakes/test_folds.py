"""Folds and texts that would flatter a model turn their own check red, and nothing is trained on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.datasets import dataset
from assets.home import Home
from assets.validation import tables
from assets.validation.facts import FACTS
from assets.validation.outcomes import Outcome
from assets.validation.sql_checks import examine
from assets.validation.tables import opened
from models.splits import TEST, TRAIN
from tests.assets.finished_shop import NAME

OF_SPLITS = {"fold_times", "fold_pairs", "fold_items", "cold_tested", "repeated_reviews"}


def found(home: Home, *names: str) -> dict[str, Outcome]:
    """What these facts find."""
    facts = [fact for fact in FACTS if fact.name in names]
    files = {table: tables.files_of(home, NAME, table) for fact in facts for table in fact.reads}
    with opened(home, NAME, files, {}) as connection:
        return {outcome.check: outcome for outcome in examine(connection, facts, files, dataset(NAME))}


def refold(home: Home, protocol: str, change) -> None:
    """Another fold of the protocol: change(fold) -> fold, int8 [interactions]."""
    path = home.fold(NAME, protocol, 0)
    table = pq.read_table(path)
    fold = change(table.column("fold").to_numpy().copy())
    pq.write_table(pa.table({"fold": fold}).replace_schema_metadata(table.schema.metadata), path)


def swapped(fold: np.ndarray, first: int = TRAIN, second: int = TEST) -> np.ndarray:
    """The fold in which one row of each has changed sides."""
    rows = np.flatnonzero(fold == first)[-1], np.flatnonzero(fold == second)[0]
    fold[list(rows)] = second, first
    return fold


def test_real_splits_are_clean(home) -> None:
    assert {name for name, outcome in found(home, *OF_SPLITS).items() if not outcome.passed} <= {"repeated_reviews"}


def test_a_future_rating_in_train_is_found(home) -> None:
    refold(home, "xia2024", swapped)
    assert found(home, "fold_times")["fold_times"].passed, "a random split has no order to keep"
    refold(home, "global-time", swapped)
    outcome = found(home, "fold_times")["fold_times"]
    assert not outcome.passed and "global-time" in outcome.examples[0]["filename"]
    assert outcome.examples[0]["its_last"] > outcome.examples[0]["its_first"]


def test_a_pair_that_stands_in_two_folds_is_found(home) -> None:
    fold = pq.read_table(home.fold(NAME, "xia2024", 0)).column("fold").to_numpy()
    rows = pd.read_parquet(home.table(NAME, "interactions"))
    one, other = np.flatnonzero(fold == TRAIN)[0], np.flatnonzero(fold == TEST)[0]
    rows.loc[other, ["user_id", "item_id"]] = rows.loc[one, ["user_id", "item_id"]].to_numpy()
    rows.to_parquet(home.table(NAME, "interactions"))
    outcome = found(home, "fold_pairs")["fold_pairs"]
    example = next(e for e in outcome.examples if "xia2024" in e["filename"])
    assert not outcome.passed and example["folds"] == f"{TRAIN}, {TEST}"
    assert example["user_id"] == rows.user_id[one]


def test_a_cold_item_that_training_saw_is_found(home) -> None:
    refold(home, "cold-item", swapped)
    outcome = found(home, "fold_items")["fold_items"]
    assert not outcome.passed and outcome.violations == 2


def test_strangers_in_the_test_are_counted(home) -> None:
    refold(home, "global-time", lambda fold: np.where(np.arange(len(fold)) < 60, TRAIN, TEST).astype(np.int8))
    outcome = found(home, "cold_tested")["cold_tested"]
    assert not outcome.passed and outcome.measured["tests_of_cold_users"] == 300 == outcome.measured["tested"]


@pytest.fixture
def reviewed(home, monkeypatch) -> pd.DataFrame:
    """Reviews of all ratings, each with words of its own; written where `found` looks for them."""
    rows = pd.read_parquet(home.table(NAME, "interactions"))
    rows["review_id"] = [f"r{n}" for n in range(len(rows))]
    rows.to_parquet(home.table(NAME, "interactions"))
    texts = [f"I have used number {n} every day for {n + 2} weeks and like it" for n in range(len(rows))]
    reviews = rows[["review_id", "item_id"]].assign(title=None, text=texts)
    path = home.path / "reviews.parquet"
    reviews.to_parquet(path)

    attached, files = tables.lake.attach, tables.files_of

    def attach(connection, of: Home, name: str) -> None:
        attached(connection, of, name)
        connection.execute(f"CREATE OR REPLACE VIEW reviews AS FROM read_parquet('{path}')")

    monkeypatch.setattr(tables.lake, "attach", attach)
    monkeypatch.setattr(tables, "files_of", lambda *of: [path] if of[2] == "reviews" else files(*of))
    return reviews


def test_a_review_in_the_description_of_its_item_is_found(home, reviewed) -> None:
    items = pd.read_parquet(home.table(NAME, "items"))
    items["description"] = [f"A fine thing of number {n}, made for every day of the year." for n in range(len(items))]
    items.to_parquet(home.table(NAME, "items"))
    assert found(home, "item_text_without_reviews")["item_text_without_reviews"].passed
    seven = reviewed[reviewed.item_id == items.item_id[7]].iloc[-1]
    items.loc[7, "description"] += f" <p>{seven.text.upper()}!</p>"
    items.to_parquet(home.table(NAME, "items"))
    outcome = found(home, "item_text_without_reviews")["item_text_without_reviews"]
    assert not outcome.passed and [e["review_id"] for e in outcome.examples] == [seven.review_id]


def test_words_that_train_has_as_well_are_found(home, reviewed) -> None:
    assert found(home, "repeated_reviews")["repeated_reviews"].observed == 0
    fold = pq.read_table(home.fold(NAME, "xia2024", 0)).column("fold").to_numpy()
    told = reviewed.text[np.flatnonzero(fold == TRAIN)[0]]
    reviewed.loc[fold == TEST, "text"] = told.replace("every day", "Every day,")
    reviewed.to_parquet(home.path / "reviews.parquet")
    outcome = found(home, "repeated_reviews")["repeated_reviews"]
    assert not outcome.passed and outcome.observed == 1.0


def test_what_would_flatter_a_model_stops_the_run() -> None:
    blocking = {fact.name: (fact.asset, fact.blocking) for fact in FACTS}
    for name in ("fold_times", "fold_pairs", "fold_items"):
        assert blocking[name] == ("folds", True), "recommenders are trained on folds"
    assert blocking["item_text_without_reviews"] == ("items", True), "texts are encoded from items"
