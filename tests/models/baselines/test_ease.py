"""EASE and EASE with texts: the closed form against what it is said to minimise, large catalogues, and cold items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.baselines.ease import EASE, item_weights, most_rated
from models.baselines.ease_text import EASEText
from models.data import Features, Interactions
from models.recommender import silent


def brute_force(rows: np.ndarray, regularisation: float) -> np.ndarray:
    """Each column as a ridge regression on all others."""
    n = rows.shape[1]
    weights = np.zeros((n, n))
    for j in range(n):
        others = np.delete(np.arange(n), j)
        left = rows[:, others]
        gram = left.T @ left + regularisation * np.eye(n - 1)
        weights[others, j] = np.linalg.solve(gram, left.T @ rows[:, j])
    return weights


@pytest.mark.parametrize("shape", [(60, 12), (7, 25)])
@pytest.mark.parametrize("sparse", [True, False])
def test_weights_are_ridge_regressions_on_all_other_items(shape, sparse) -> None:
    """With more rows than columns, and with fewer, where the inverse is taken on the other side."""
    rng = np.random.default_rng(0)
    rows = (rng.random(shape) < 0.3).astype(np.float32) if sparse else rng.normal(size=shape).astype(np.float32)
    found = item_weights(csr_matrix(rows) if sparse else rows.copy(), 3.0, "cpu")
    np.testing.assert_allclose(found, brute_force(rows.astype(np.float64), 3.0), atol=2e-5)


def test_two_items_by_hand() -> None:
    """Two users chose both, one the first alone: 2 / (3 + 1) from the first to the second, 2 / (2 + 1) back."""
    rows = csr_matrix(np.array([[1, 1], [1, 1], [1, 0]], np.float32))
    np.testing.assert_allclose(item_weights(rows, 1.0, "cpu"), [[0, 2 / 4], [2 / 3, 0]], rtol=1e-6)


def shelves(n_users: int = 40, n_items: int = 24) -> tuple[Interactions, Interactions, Features]:
    """Users like half of the items of their own of two shelves; the last two items, one of each, have no ratings.

    Titles tell the shelf, with an offset that all titles share, as encoders' have it.
    """
    rng = np.random.default_rng(0)
    users, items = (a.ravel() for a in np.mgrid[:n_users, : n_items - 2])
    mine = (users % 2 == items % 2) & (rng.random(len(users)) < 0.5)
    users, items = users[mine].astype(np.int32), items[mine].astype(np.int32)
    stamps = np.arange(len(users), dtype=np.int64)
    data = Interactions(users, items, np.full(len(users), 5, np.float32), stamps)
    order = rng.permutation(len(users))
    titles = np.eye(3, dtype=np.float32)[np.arange(n_items) % 2] + 0.05 * rng.normal(size=(n_items, 3)) + 7
    features = Features(n_users, n_items, (1, 2, 3, 4, 5), item_vectors={"title": titles.astype(np.float32)})
    return data.take(order[60:]), data.take(order[:60]), features


def test_the_score_is_the_sum_of_the_weights_standardised() -> None:
    train, valid, features = shelves()
    model = EASE(EASE.Config(positives=("liked",), regularisations=(5.0,), prior_weights=(0.0,), half_lives=(None,)))
    model.fit(train, valid, features)
    rows = np.zeros((features.n_users, features.n_items))
    rows[train.users, train.items] = 1
    raw = rows @ brute_force(rows, 5.0)
    expected = (raw - raw.mean(1, keepdims=True)) / raw.std(1, keepdims=True)
    np.testing.assert_allclose(model.score(np.arange(features.n_users)), expected, atol=1e-3)


def test_a_catalogue_that_is_too_large_keeps_its_most_rated_items() -> None:
    train, valid, features = shelves()
    lines: list[str] = []
    model = EASE(EASE.Config(largest=8))
    model.fit(train, valid, features, progress=lines.append)
    kept = model.state()["columns"]
    counts = np.bincount(train.items, minlength=features.n_items)
    assert model.state()["weights"].shape == (8, 8) and counts[kept].min() >= np.delete(counts, kept).max()
    assert "ease: weights for the 8 most rated of 22 items" in lines[0]
    assert np.all(np.isfinite(model.score(np.arange(features.n_users))))
    np.testing.assert_array_equal(most_rated(np.array([3, 9, 9, 1]), 4, 2, "ease", silent), [1, 2])


def test_without_texts_it_is_plain_ease() -> None:
    train, valid, features = shelves()
    bare = replace(features, item_vectors={"image": features.item_vectors["title"]})
    plain, text = EASE(), EASEText()
    plain.fit(train, valid, bare)
    lines: list[str] = []
    report = text.fit(train, valid, bare, progress=lines.append)
    assert "share" not in report.chosen and "no texts" in lines[0]
    users = np.arange(features.n_users)
    np.testing.assert_allclose(text.score(users), plain.score(users), atol=1e-4)


def test_texts_bring_items_that_nobody_rated_to_their_shelf() -> None:
    train, valid, features = shelves()
    users = np.arange(features.n_users)
    settings = {"regularisations": (5.0,), "prior_weights": (0.0,), "positives": ("liked",)}
    blind, reading = EASE(EASE.Config(**settings)), EASEText(EASEText.Config(shares=(0.5,), **settings))
    for model in (blind, reading):
        model.fit(train, valid, features)
    cold = np.array([features.n_items - 2, features.n_items - 1])
    scores = reading.score(users)[:, cold]
    own, other = scores[users, users % 2], scores[users, 1 - users % 2]
    assert np.all(own > other + 0.2)
    np.testing.assert_array_equal(blind.score(users)[:, cold[0]], blind.score(users)[:, cold[1]])


def test_validation_weighs_the_texts() -> None:
    """Texts that tell the shelf are used where cold items are to be ranked; texts of noise are not worth a share."""
    train, valid, features = shelves()
    rng = np.random.default_rng(1)
    telling = EASEText().fit(train, cold_likes(features), features).chosen["share"]
    noise = replace(features, item_vectors={"title": rng.normal(size=(features.n_items, 3)).astype(np.float32)})
    assert telling > 0 and EASEText().fit(train, valid, noise).chosen["share"] == 0


def cold_likes(features: Features) -> Interactions:
    """Every user likes the unrated item of the own shelf."""
    users = np.arange(features.n_users, dtype=np.int32)
    items = (features.n_items - 2 + users % 2).astype(np.int32)
    return Interactions(users, items, np.full(len(users), 5, np.float32), np.full(len(users), 10_000))
