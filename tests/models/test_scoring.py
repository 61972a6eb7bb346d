"""Lists of the first k: the same as brute force, for factor models and for any other, with ties and with few items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random_array

from models import scoring
from models.metrics import top_k
from models.recommender import Factors
from models.scoring import recommend


class Ranker:
    """As much of a recommender as is asked."""

    device = "cpu"

    def __init__(self, users: np.ndarray, items: np.ndarray, by_factors: bool) -> None:
        self.matrices, self.by_factors, self.n_items = Factors(users, items), by_factors, len(items)

    def factors(self) -> Factors | None:
        return self.matrices if self.by_factors else None

    def score(self, users: np.ndarray) -> np.ndarray:
        return self.matrices.users[users] @ self.matrices.items.T


def exact(rng: np.random.Generator, n: int) -> np.ndarray:
    """Factors, float32 [n, 4], in steps of 1/64: their products have no rounding, whatever library makes them."""
    return rng.integers(-512, 513, (n, 4)).astype(np.float32) / 64


def lists(ranker: Ranker, users: np.ndarray, seen: csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.concatenate(parts) for parts in zip(*recommend(ranker, users, seen, k), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_items=st.sampled_from([1, 5, 31, 32, 33, 200, 900]),
    k=st.sampled_from([1, 3, 10, 40]),
    whole=st.booleans(),
    by_factors=st.booleans(),
    density=st.sampled_from([0.0, 0.1, 0.95]),
)
def test_the_lists_are_those_of_brute_force(seed, n_items, k, whole, by_factors, density) -> None:
    """Whole numbers make nearly all scores equal: ties come by item index."""
    rng = np.random.default_rng(seed)
    draw = (lambda n: rng.integers(0, 3, (n, 2)).astype(np.float32)) if whole else (lambda n: exact(rng, n))
    ranker = Ranker(draw(17), draw(n_items), by_factors)
    seen = csr_matrix(random_array((17, n_items), density=density, rng=rng))
    users = rng.permutation(17)
    of, items, scores = lists(ranker, users, seen, k)
    truth = ranker.score(users)
    np.testing.assert_array_equal(of, users)
    np.testing.assert_array_equal(items, top_k(truth.copy(), seen[users], k))
    there = items >= 0
    rows = np.broadcast_to(np.arange(17)[:, None], items.shape)
    np.testing.assert_array_equal(scores[there], truth[rows[there], items[there]])
    assert np.all(np.isneginf(scores[~there]))


def test_blocks_change_nothing(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    ranker = Ranker(exact(rng, 50), exact(rng, 300), True)
    seen = csr_matrix((50, 300))
    whole = lists(ranker, np.arange(50), seen, 10)
    monkeypatch.setattr(scoring, "CELLS", 900)
    for one, other in zip(whole, lists(ranker, np.arange(50), seen, 10), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def three_threads() -> Iterator[None]:
    """torch has three threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_threads_keep_the_order_and_change_nothing(monkeypatch, three_threads) -> None:
    """Twenty blocks, more than are under way at once; a reader that stops early leaves torch as it was."""
    rng = np.random.default_rng(0)
    ranker = Ranker(exact(rng, 200), exact(rng, 300), True)
    seen, users = csr_matrix(random_array((200, 300), density=0.1, rng=rng)), rng.permutation(200)
    monkeypatch.setattr(scoring, "CELLS", 3000)
    of, items, _ = lists(ranker, users, seen, 10)
    np.testing.assert_array_equal(of, users)
    np.testing.assert_array_equal(items, top_k(ranker.score(users), seen[users], 10))
    early = recommend(ranker, users, seen, 10)
    next(early)
    early.close()
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("by_factors", [True, False])
def test_nan_is_an_error_and_no_list(by_factors) -> None:
    ranker = Ranker(np.full((2, 1), np.nan, np.float32), np.ones((3, 1), np.float32), by_factors)
    with pytest.raises(ValueError, match="NaN"):
        lists(ranker, np.arange(2), csr_matrix((2, 3)), 1)


def test_nan_is_an_error_in_a_thread_too(three_threads) -> None:
    test_nan_is_an_error_and_no_list(True)
