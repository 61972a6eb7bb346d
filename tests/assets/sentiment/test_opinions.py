"""From written reviews to what recommenders are told: train rows alone, kept once, and nothing where nobody wrote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from assets.cells import Cell
from assets.datasets import dataset
from assets.inputs import REVIEWS, inputs
from assets.manifests import Manifest, Manifests
from assets.matrices import load_catalog
from assets.recommendations import Reasons
from assets.sentiment import opinions as told
from assets.sentiment import reviews as source
from assets.studies.assets import Trainer
from assets.studies.changes import Change
from assets.studies.declared import OF_REVIEWS, STUDIES, Variation
from models.data import Features
from models.splits import TEST, TRAIN, VALID
from tests.assets.two_shops import FOLD, OURS, Spy, two_shops, workshop

GIVEN = Change(base="", sentiment=True)
WITHOUT = Change(base="", knock_out="no-sentiment")


def silent(_line):
    pass


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Two shops, in ours of which every rating but the first has words; they say good or bad, as the rating is."""
    home = two_shops(tmp_path)
    path = home.table(OURS, "interactions")
    rows = pd.read_parquet(path).assign(review_id=[f"r{n}" for n in range(len(FOLD))])
    rows.to_parquet(path, index=False)
    written = pd.DataFrame(
        {
            "review_id": rows.review_id[1:], "item_id": rows.item_id[1:], "rating": rows.rating[1:],
            "text": np.where(rows.rating[1:] > 3, "a good sturdy thing", "a bad broken thing"),
        }
    )  # fmt: skip
    Manifests(home.path).save(Manifest(REVIEWS, OURS, "run", "1", "f", "v", {}, metadata={"rows": len(written)}))
    monkeypatch.setattr(source, "written_reviews", lambda _home, _name: written)
    home_texts = written
    return home, home_texts


def given(home, change, monkeypatch, uses=False):
    """The features that a model was trained with."""
    monkeypatch.setattr(Spy, "uses_sentiment", uses)
    shop = workshop(home)
    shop.train(Cell(OURS, "svd", "xia2024", 0, "x"), "run", silent, change)
    return Spy.given[0][2] if Spy.given else None


def test_only_who_asks_or_is_to_be_told_is_told(home, monkeypatch):
    home, _ = home
    assert given(home, Change(base=""), monkeypatch).sentiment is None
    sentiment = given(home, GIVEN, monkeypatch).sentiment
    assert sentiment.shape == (int((FOLD == TRAIN).sum()), 2) and sentiment[1:].any() and not sentiment[0].any()
    same = given(home, Change(base="", train_share=0.99), monkeypatch, uses=True).sentiment
    np.testing.assert_array_equal(same, sentiment)
    assert given(home, WITHOUT, monkeypatch, uses=True).sentiment is None


@pytest.mark.parametrize("fold", [VALID, TEST])
def test_texts_of_other_folds_change_nothing_that_training_is_shown(home, monkeypatch, fold):
    home, written = home
    before = given(home, GIVEN, monkeypatch).sentiment
    ours = [f"r{n}" for n in np.flatnonzero(fold == FOLD)]
    written.loc[written.review_id.isin(ours), "text"] = "an awful terrible good sturdy thing"
    path = home.table(OURS, "interactions")
    rows = pd.read_parquet(path)
    rows.loc[fold == FOLD, "rating"] = 6 - rows.rating[fold == FOLD]
    rows.to_parquet(path, index=False)
    Manifests(home.path).save(Manifest("interactions", OURS, "run", "1", "f", "v", {}))
    Spy.given.clear()
    monkeypatch.setattr(told, "VERSION", "told anew")
    monkeypatch.setattr("assets.recommenders.OPINIONS", "told anew")
    after = given(home, GIVEN, monkeypatch).sentiment
    np.testing.assert_array_equal(after, before)


def test_a_train_review_does_change_it(home, monkeypatch):
    home, written = home
    before = given(home, GIVEN, monkeypatch).sentiment
    written.loc[written.review_id == "r3", "text"] = "a good sturdy thing" if before[3, 0] < 0 else "a bad broken thing"
    monkeypatch.setattr("assets.recommenders.OPINIONS", "told anew")
    assert not np.array_equal(given(home, GIVEN, monkeypatch).sentiment, before)


def test_what_was_told_once_is_read_again(home, monkeypatch):
    home, _ = home
    train = load_catalog(home, OURS).interactions.take(FOLD == TRAIN)
    texts, said = told.review_texts(home, OURS)[FOLD == TRAIN], []
    first = told.train_opinions(home, OURS, texts, train, said.append)
    again = told.train_opinions(home, OURS, texts, train, said.append)
    np.testing.assert_array_equal(first, again)
    assert said == [f"{OURS}: 9 train reviews are judged, each by who has read nothing of its kin"]
    told.train_opinions(home, OURS, texts, replace(train, ratings=6 - train.ratings), said.append)
    assert len(said) == 2


def test_a_dataset_without_reviews_is_trained_on_what_it_was(tmp_path, monkeypatch):
    home = two_shops(tmp_path)
    monkeypatch.setattr(Spy, "uses_sentiment", True)
    assert REVIEWS not in inputs(Spy, home, OURS) and REVIEWS not in inputs(Spy, home, OURS, GIVEN)
    cell = Cell(OURS, "svd", "xia2024", 0, "")
    asked = workshop(home).train(cell, "run", silent)
    monkeypatch.setattr(Spy, "uses_sentiment", False)
    assert workshop(home).train(cell, "run", silent) == asked, "the same fingerprint as a model that never asks"
    assert GIVEN.facts()["sentiment"] and "sentiment" not in Change(base="", knock_out="no-text").facts()


def test_the_study_is_passed_over_where_nobody_wrote_and_made_where_somebody_did(home, tmp_path, monkeypatch):
    monkeypatch.setattr("assets.studies.assets.recommender_class", lambda name: Spy)
    monkeypatch.setattr(Spy, "uses_sentiment", True)
    wanted = [Variation("svd", ""), Variation("svd", "sentiment", GIVEN), Variation("svd", "no-sentiment", WITHOUT)]
    cells = [(Cell(OURS, "svd", "xia2024", 0, one.variant), one) for one in wanted]
    for there, made in ((two_shops(tmp_path / "mute"), [""]), (home[0], ["", "sentiment", "no-sentiment"])):
        said = []
        done = Trainer(there, dataset(OURS), "run", said.append).train(cells)
        assert [cell.variant for cell, _ in done] == made
        assert any("has no sentiment" in line for line in said) == (len(made) == 1)
    assert STUDIES[OF_REVIEWS].models == (
        "bert-cnn-mlp", "early-fusion", "hybrid-fusion", "late-average", "late-stack", "item-cf", "user-cf", "content",
    )  # fmt: skip


def test_a_reason_quotes_the_praise_where_there_is_any(home):
    class Quotes:
        def of(self, users, items):
            return np.where(items == 1, "a sturdy thing", "").astype(object)

    catalog = load_catalog(home[0], OURS)
    reasons = Reasons(catalog, Features(4, 4, (1, 2, 3, 4, 5)), Quotes())
    why = reasons.with_praise(np.array(["near A", "near B"], object), np.array([0, 0]), np.array([0, 1]))
    assert why.tolist() == ["near A", "near B; liked for “a sturdy thing”, in reviews by people like you"]
