"""iALS and BPR: they find shelves, whatever the number of threads, and know who and what they have never seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.baselines.bpr import BPR
from models.baselines.ials import ImplicitALS
from models.data import Features, Interactions

SMALL = {
    ImplicitALS: {"ranks": (8,), "regularisations": (1.0,), "confidences": (4.0,)},
    BPR: {"rank": 8, "learning_rate": 0.05, "epochs": 100, "regularisations": (0.01,)},
}


def shelves(n_users: int = 60, n_items: int = 40) -> tuple[Interactions, Interactions, Features]:
    """Users rate half of their own of two shelves 4 or 5, and a little of the other 1. The last user has 1s only, the
    last item no ratings at all."""
    rng = np.random.default_rng(0)
    users, items = (a.ravel().astype(np.int32) for a in np.mgrid[:n_users, : n_items - 1])
    own = (users % 2 == items % 2) & (users < n_users - 1)
    rated = rng.random(len(users)) < np.where(own, 0.5, 0.1)
    ratings = np.where(own, rng.integers(4, 6, len(users)), 1).astype(np.float32)
    data = Interactions(users, items, ratings, np.arange(len(users))).take(rated)
    order = rng.permutation(len(data))
    return data.take(order[100:]), data.take(order[:100]), Features(n_users, n_items, (1, 2, 3, 4, 5))


@pytest.mark.parametrize("cls", [ImplicitALS, BPR])
def test_the_rest_of_the_own_shelf_comes_first(cls) -> None:
    train, valid, features = shelves()
    model = cls(cls.Config(positives=("liked",), **SMALL[cls]))
    model.fit(train, valid, features)
    users = np.arange(features.n_users - 1)
    scores = model.score(users)[:, :-1]
    scores[train.users[train.users < len(users)], train.items[train.users < len(users)]] = -np.inf
    first = np.argsort(-scores, axis=1)[:, :5]
    assert np.mean(first % 2 == users[:, None] % 2) > 0.97


@pytest.mark.parametrize("cls", [ImplicitALS, BPR])
def test_the_number_of_threads_changes_nothing(cls, monkeypatch) -> None:
    train, valid, features = shelves()
    scores = []
    for threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        model = cls(cls.Config(positives=("liked",), **SMALL[cls]))
        model.fit(train, valid, features)
        scores.append(model.score(np.arange(features.n_users)))
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("cls", [ImplicitALS, BPR])
def test_a_user_without_positives_is_ranked_by_popularity_alone(cls) -> None:
    train, valid, features = shelves()
    model = cls(cls.Config(positives=("liked",), **SMALL[cls]))
    model.fit(train, valid, features)
    stranger = np.array([features.n_users - 1])
    np.testing.assert_allclose(model.score(stranger)[0], model.state()["prior"], atol=1e-6)
    assert not np.allclose(model.score(np.array([0]))[0], model.state()["prior"], atol=0.1)


def test_bpr_puts_an_item_that_nobody_chose_behind_the_others_in_bias() -> None:
    """The library leaves its bias at 0, which is more than rarely chosen items get."""
    train, valid, features = shelves()
    model = BPR(BPR.Config(positives=("liked",), prior_weights=(0.0,), **SMALL[BPR]))
    model.fit(train, valid, features)
    biases = model.state()["item_factors"][:, -1]
    assert biases[-1] == biases.min() and np.sum(biases == biases.min()) == 2
