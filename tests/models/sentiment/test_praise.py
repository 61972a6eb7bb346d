"""What an item is praised for: short, kind, of the thing, by people with shared likes."""

from __future__ import annotations

import numpy as np
import pytest

from models.data import Interactions
from models.metrics import pairs
from models.sentiment.out_of_fold import opinions
from models.sentiment.praise import Praise, clauses

PARTS = ("clamp", "strap", "cable", "pedal", "tuner", "stand", "capo", "case")
N_USERS, N_ITEMS = 12, len(PARTS)


def reviews():
    """Everybody rates every item but the first user's last: kind words about its part with five stars, else harsh."""
    random = np.random.default_rng(0)
    users, items = (a.ravel().astype(np.int32) for a in np.mgrid[:N_USERS, :N_ITEMS])
    good = random.random(len(users)) < 0.7
    texts = np.array(
        [
            f"I got it from shop {user}. {'Such a sturdy' if one else 'What a broken'} {PARTS[item]}, really. My day."
            for user, item, one in zip(users, items, good, strict=True)
        ],
        object,
    )
    ratings = np.where(good, 5, 1).astype(np.float32)
    kept = (users != 0) | (items != N_ITEMS - 1)
    train = Interactions(users[kept], items[kept], ratings[kept], np.zeros(kept.sum(), np.int64))
    return texts[kept], train


def praise(texts, train, likes=None):
    told = opinions(texts, train.ratings, train.users, train.items)
    likes = pairs(train, N_USERS, N_ITEMS, at_least=4) if likes is None else likes
    return Praise(texts, train, told, likes, 4)


def test_an_item_is_praised_for_what_it_has_in_kind_words():
    found = praise(*reviews()).of(np.array([0, 0]), np.array([N_ITEMS - 1, 2]))
    assert found.tolist() == ["Such a sturdy case", "Such a sturdy cable"]


def test_who_shares_no_like_with_anybody_is_told_nothing():
    texts, train = reviews()
    likes = pairs(train, N_USERS, N_ITEMS, at_least=4).tolil()
    likes[0] = 0
    found = praise(texts, train, likes.tocsr()).of(np.array([0, 1]), np.array([3, 3]))
    assert found[0] == "" and found[1] == "Such a sturdy pedal"


def test_the_user_whose_likes_are_nearest_is_quoted():
    texts, train = reviews()
    kind = np.flatnonzero((train.items == 5) & (train.ratings == 5))
    texts[kind[2:]] = [text.replace("sturdy", "sturdy old") for text in texts[kind[2:]]]
    one, other = train.users[kind[1]], train.users[kind[2]]
    likes = pairs(train, N_USERS, N_ITEMS, at_least=4).tolil()
    likes[:] = 0
    likes[0, 1] = likes[one, 1] = 1
    likes[N_USERS - 1, 3] = likes[other, 3] = 1
    found = praise(texts, train, likes.tocsr())
    assert found.of(np.array([0]), np.array([5])).tolist() == ["Such a sturdy stand"]
    assert found.of(np.array([N_USERS - 1]), np.array([5])).tolist() == ["Such a sturdy old stand"]


@pytest.mark.parametrize("texts", [[None] * 5, ["Good."] * 5])
def test_nothing_to_quote_is_nothing_said(texts):
    train = Interactions(*(np.arange(5, dtype=np.int32),) * 2, np.full(5, 5, np.float32), np.zeros(5, np.int64))
    likes = pairs(train, 5, 5, at_least=4)
    found = Praise(np.array(texts, object), train, np.ones((5, 2), np.float32), likes, 4)
    assert found.of(np.arange(5), np.arange(5)).tolist() == [""] * 5
    assert found.of(np.zeros(0, int), np.zeros(0, int)).tolist() == []


def test_clauses_are_of_the_thing_and_neither_short_nor_long():
    text = (
        "Fine. I love it! A <b>solid</b> stand, but my wife hates it; it goes on like a very long tale of woes to come"
    )
    assert clauses(text) == ["A solid stand"]
