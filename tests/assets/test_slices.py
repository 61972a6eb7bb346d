"""What stands in metric_slices is what a loop over users and items counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from assets.slices import Known, ranking_parts, rating_parts
from models.data import Interactions
from models.metrics import rank_catalogue
from models.slices import of_items, of_users

USERS, ITEMS, K = 9, 14, 4


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def known(random) -> Known:
    train_users, train_items = random.integers(1, USERS, 60), random.integers(1, ITEMS, 60)
    liked = csr_matrix(random.random((USERS, ITEMS)) < 0.3)
    return Known(
        of_users(train_users, USERS), of_items(train_items, random.random(ITEMS) < 0.5),
        np.bincount(train_items, minlength=ITEMS), liked, random.normal(size=(ITEMS, 3)), np.eye(ITEMS, 2),
    )  # fmt: skip


def test_errors_of_slices_are_those_of_their_rows(random, known) -> None:
    n = 80
    test = Interactions(
        random.integers(0, USERS, n), random.integers(0, ITEMS, n), random.integers(1, 6, n).astype(np.float32),
        np.full(n, -1),
    )  # fmt: skip
    predicted = random.uniform(1, 5, n)
    parts = {(part.slice, part.metric): part for part in rating_parts(test, predicted, known)}
    assert parts["all", "calibration_error"].n == n and 0 < parts["all", "calibration_error"].value < 2
    for name, mask, owners in [(s, m, test.users) for s, m in known.users.items()] + [
        (s, m, test.items) for s, m in known.items.items()
    ]:
        errors = [(test.ratings[row] - predicted[row]) ** 2 for row in range(n) if mask[owners[row]]]
        part = parts[name, "rmse"]
        assert part.n == len(errors)
        if errors:
            assert part.value == pytest.approx(np.sqrt(np.mean(errors)))
            assert part.ci_low <= part.value <= part.ci_high
        else:
            assert part.value is None


def test_lists_of_slices_are_those_of_their_users_and_items(random, known) -> None:
    scores, relevant = random.random((USERS, ITEMS)).astype(np.float32), csr_matrix(random.random((USERS, ITEMS)) < 0.3)
    seen = csr_matrix((random.random((USERS, ITEMS)) < 0.2) & ~relevant.toarray())
    result = rank_catalogue(lambda users: scores[users], seen, relevant, np.arange(USERS), K)
    parts = {(part.slice, part.metric): part for part in ranking_parts(result, relevant, known)}
    listed = {int(user): set(row.tolist()) for user, row in zip(result.users, result.top, strict=True)}
    for name, mask in known.items.items():
        recalls = []
        for user in result.users:
            wanted = {i for i in range(ITEMS) if relevant[user, i] and mask[i]}
            recalls += [len(wanted & listed[int(user)]) / len(wanted)] if wanted else []
        part = parts[name, "recall"]
        assert part.n == len(recalls) and part.value == (pytest.approx(np.mean(recalls)) if recalls else None)
    for name, mask in known.users.items():
        values = [value for user, value in zip(result.users, result.values["ndcg"], strict=True) if mask[user]]
        assert parts[name, "ndcg"].n == len(values)
        assert parts[name, "ndcg"].value == (pytest.approx(np.mean(values)) if values else None)
    assert {name for which, name in parts if which == "all"} == {
        "users_left_out", "coverage", "gini", "popularity", "novelty", "diversity", "genre_divergence",
    }  # fmt: skip
    assert parts["all", "users_left_out"].value == USERS - len(result.users)
