"""The modality of sentiment: what the networks are shown of train reviews, and what they make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.fusion.history import SHRINK
from models.fusion.sentiment import Sentiment
from models.metrics import rmse
from models.modalities import knocked_out, modality_of, present
from models.registry import recommender
from tests.models.conftest import SMALL, make_board

FUSIONS = ("bert-cnn-mlp", "early-fusion", "hybrid-fusion", "late-average", "late-stack")


@pytest.fixture
def told():
    """A board whose items and users have reviews, and features that say so; every ninth rating has no words."""
    board = make_board()
    random = np.random.default_rng(3)
    sentiment = random.normal(size=(len(board.train), 2)).astype(np.float32)
    sentiment[::9] = 0
    return replace(board, features=replace(board.features, sentiment=sentiment))


def numbers(board, rows=None):
    shape = board.features.n_users, board.features.n_items
    of = Sentiment(board.train, board.features.sentiment, shape, "cpu")
    pairs = torch.from_numpy(board.train.users).long(), torch.from_numpy(board.train.items).long()
    return of(*pairs, torch.arange(len(board.train)) if rows is None else rows).numpy()


def test_means_counts_and_flags_are_those_of_the_other_reviews(told):
    train, sentiment = told.train, told.features.sentiment
    found = numbers(told)
    for row in (0, 1, 40):
        for side, (owners, place) in enumerate(((train.users, 0), (train.items, 3))):
            others = (owners == owners[row]) & (np.arange(len(train)) != row) & sentiment.any(1)
            mean = sentiment[others, side].sum() / train.ratings.std() / (others.sum() + SHRINK)
            expected = [mean, np.log1p(others.sum()) / 3.5 - 1, 0]
            np.testing.assert_allclose(found[row, place : place + 3], expected, atol=1e-5)


def test_the_targets_own_review_changes_nothing_that_training_is_shown_of_it(told):
    before = numbers(told)
    changed = told.features.sentiment.copy()
    changed[1] = 7
    after = numbers(replace(told, features=replace(told.features, sentiment=changed)))
    np.testing.assert_allclose(after[1], before[1], atol=1e-5)
    assert np.abs(after - before).max() > 0.1, "others are shown it"


def test_who_has_no_review_is_flagged(told):
    shape = told.features.n_users, told.features.n_items
    of = Sentiment(told.train, told.features.sentiment, shape, "cpu")
    stranger = torch.tensor([told.features.n_users - 1]), torch.tensor([told.features.n_items - 1])
    np.testing.assert_allclose(of(*stranger, None).numpy(), [[0, -1, 1, 0, -1, 1]])


@pytest.mark.parametrize("name", FUSIONS)
def test_fusion_models_learn_from_sentiment_and_do_without_it(told, name):
    board = told
    # Ratings follow the item's sentiment alone: noise elsewhere.
    good = np.random.default_rng(1).random(board.features.n_items) < 0.5
    parts = [replace(part, ratings=np.where(good[part.items], 5, 2).astype(np.float32)) for part in
             (board.train, board.valid, board.test)]  # fmt: skip
    signal = np.where(good[parts[0].items], 1.0, -1.0)[:, None].repeat(2, 1).astype(np.float32)
    features = replace(board.features, sentiment=signal)
    model = board.model(name)
    model.fit(parts[0], parts[1], features)
    assert "sentiment" in model.modalities
    test = parts[2]
    alone = model.predict_with(test.users, test.items, ["sentiment"])
    assert rmse(test.ratings, alone) < 0.8 * test.ratings.std()
    flags = model.scored(test.users[:3], test.items[:3], ["sentiment"]).flags()
    assert all("sentiment" in flag for flag in flags)
    again = type(model)(model.config)
    again.restore(model.state())
    np.testing.assert_allclose(again.predict(test.users, test.items), model.predict(test.users, test.items), atol=1e-5)


def test_an_item_of_which_nobody_wrote_lacks_sentiment(told):
    cls = recommender("early-fusion")
    model = cls(cls.Config(**SMALL["early-fusion"] | {"epochs": 1}))
    model.fit(told.train, told.valid, told.features)
    assert "sentiment" in model.lacking()[-1] and "sentiment" not in model.lacking()[0]


def test_sentiment_is_a_modality_that_can_be_taken_away_dealt_anew_or_made_noise(told):
    features = told.features
    assert "sentiment" in present(features) and modality_of("title") == "text"
    assert knocked_out(features, "no", "sentiment").sentiment is None
    assert knocked_out(features, "no", "text").sentiment is features.sentiment
    shuffled = knocked_out(features, "shuffled", "sentiment").sentiment
    assert not np.array_equal(shuffled, features.sentiment)
    np.testing.assert_array_equal(np.sort(shuffled[:, 0]), np.sort(features.sentiment[:, 0]))
    noise = knocked_out(features, "gaussian", "sentiment").sentiment
    np.testing.assert_array_equal(noise.any(1), features.sentiment.any(1))
    with pytest.raises(ValueError, match="has no sentiment"):
        knocked_out(make_board().features, "no", "sentiment")
