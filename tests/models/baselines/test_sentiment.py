"""Collaborative filtering believes a rating less whose words say something else; content likes what is praised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.baselines._sentiment import agreement, item_sentiment
from models.baselines.content import SENTIMENT_WEIGHTS
from models.recommender import Recommender
from models.registry import recommender
from tests.models.conftest import make_board


def told(board, sentiment):
    return replace(board, features=replace(board.features, sentiment=sentiment.astype(np.float32)))


def honest(train):
    """What words would say that agree with the stars."""
    return np.repeat((train.ratings - train.ratings.mean())[:, None], 2, axis=1)


def fitted(board, name) -> Recommender:
    model = board.model(name)
    model.fit(board.train, board.valid, board.features)
    return model


def test_words_that_agree_are_believed_and_others_less_and_silence_as_much_as_the_average(board):
    sentiment = honest(board.train)
    sentiment[0], sentiment[1] = -sentiment[0], 0
    weights = agreement(board.train, told(board, sentiment).features)
    np.testing.assert_allclose(weights[2:], 1, atol=1e-5)
    assert weights[0] < 0.2 and weights[0] < weights[1] < 1
    assert agreement(board.train, board.features) == 1


@pytest.mark.parametrize("name", ["item-cf", "user-cf"])
def test_neighbours_whose_words_deny_their_stars_say_less(board, name):
    plain = fitted(board, name)
    agreeing, denied = (fitted(told(board, sign * honest(board.train)), name) for sign in (1, -1))
    test = board.test
    far = {}
    for label, model in {"plain": plain, "agreeing": agreeing, "denied": denied}.items():
        far[label] = np.abs(model.predict(test.users, test.items) - board.train.ratings.mean()).mean()
    assert far["denied"] < far["agreeing"] == pytest.approx(far["plain"], abs=1e-3)


def test_an_items_sentiment_is_the_mean_of_its_reviews_drawn_to_the_usual(board):
    train = board.train
    sentiment = np.zeros((len(train), 2), np.float32)
    sentiment[train.items == 2, 1], sentiment[train.items == 5, 1] = 1, -0.5
    found = item_sentiment(train, told(board, sentiment).features)
    assert found[2] == found.max() and found[5] == found.min()
    written = np.bincount(train.items, minlength=len(found))[[2, 5]]
    apart = written / (written + 5.0) * [1, -0.5]
    usual = np.delete(found, [2, 5])
    np.testing.assert_allclose(usual, usual[0])
    np.testing.assert_allclose((found[[2, 5]] - usual[0]) / np.ptp(found), apart / np.ptp(apart), atol=1e-6)
    assert item_sentiment(train, board.features) is None
    assert item_sentiment(train, told(board, np.zeros((len(train), 2))).features) is None


def test_content_puts_what_is_praised_first(board, monkeypatch):
    cls = recommender("content")
    monkeypatch.setattr("models.baselines.content.SENTIMENT_WEIGHTS", (5.0,))
    sentiment = np.where(board.train.items == 7, 2.0, -0.1)[:, None].repeat(2, 1)
    praised = told(board, sentiment)
    model = cls(cls.Config(prior_weights=(4.0,)))
    model.fit(praised.train, praised.valid, praised.features)
    assert model.score(np.array([0])).argmax() == 7
    plain = fitted(board, "content")
    assert plain.score(np.array([0])).argmax() != 7


def test_what_sentiment_is_worth_to_content_is_asked_when_all_else_is_chosen(board):
    cls = recommender("content")
    plain = cls().fit(board.train, board.valid, board.features)
    praised = told(board, np.where(board.train.items == 7, 2.0, -0.1)[:, None].repeat(2, 1))
    found = cls().fit(praised.train, praised.valid, praised.features)
    assert found.chosen["weight_of_sentiment"] in SENTIMENT_WEIGHTS
    assert found.chosen["valid_ndcg"] >= plain.chosen["valid_ndcg"]
    assert found.trials == plain.trials + len(SENTIMENT_WEIGHTS) - 1
    others = {name: value for name, value in plain.chosen.items() if name not in ("slope", "valid_ndcg")}
    assert others.items() <= found.chosen.items()


def test_without_sentiment_nothing_changes(board):
    for name in ("item-cf", "content"):
        silent = told(board, np.zeros((len(board.train), 2)))
        before, after = (fitted(one, name).state() for one in (make_board(), silent))
        assert before.keys() == after.keys()
        for key, values in before.items():
            np.testing.assert_array_equal(after[key], values)
