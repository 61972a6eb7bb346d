"""Popularity, novelty, diversity and divergence of genres are what their formulas say, list by list, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import cosine_similarity

from models import beyond_accuracy as beyond

ITEMS, USERS = 12, 5


def lists(random: np.random.Generator) -> np.ndarray:
    """Lists of 4 different items; some end early, one may be empty."""
    top = np.stack([random.permutation(ITEMS)[:4] for _ in range(USERS)]).astype(np.int32)
    top[np.arange(4) >= random.integers(0, 5, USERS)[:, None]] = -1
    return top


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_values_match_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    top, counts = lists(random), random.integers(0, 6, ITEMS)
    vectors = random.normal(size=(ITEMS, 3)) * (random.random(ITEMS) < 0.8)[:, None]
    genres, liked = random.random((ITEMS, 4)) < 0.4, random.random((USERS, ITEMS)) < 0.3
    found = {
        "popularity": beyond.mean_popularity(top, counts),
        "novelty": beyond.novelty(top, counts, 9),
        "diversity": beyond.diversity(top, vectors),
        "divergence": beyond.genre_divergence(top, csr_matrix(liked), genres.astype(np.float32)),
    }
    cosines = cosine_similarity(vectors)
    for user in range(USERS):
        items = [i for i in top[user] if i >= 0]
        pairs = [(i, j) for i in items for j in items if i < j and vectors[i].any() and vectors[j].any()]
        wanted = mix([i for i in range(ITEMS) if liked[user, i]], genres)
        shown = mix(items, genres)
        expected = {
            "popularity": np.mean([counts[i] for i in items]) if items else np.nan,
            "novelty": np.mean([-np.log2(max(counts[i], 1) / 9) for i in items]) if items else np.nan,
            "diversity": np.mean([1 - cosines[pair] for pair in pairs]) if pairs else np.nan,
            "divergence": divergence(wanted, shown),
        }
        for name, value in expected.items():
            assert found[name][user] == pytest.approx(value, abs=1e-6, nan_ok=True), name


def mix(items: list[int], genres: np.ndarray) -> list[float] | None:
    shares = [0.0] * genres.shape[1]
    for item in items:
        own = [g for g in range(genres.shape[1]) if genres[item, g]]
        for g in own:
            shares[g] += 1 / len(own)
    return [share / sum(shares) for share in shares] if sum(shares) else None


def divergence(wanted: list[float] | None, shown: list[float] | None) -> float:
    if wanted is None or shown is None:
        return np.nan
    mixed = [0.99 * q + 0.01 * p for p, q in zip(wanted, shown, strict=True)]
    return sum(p * np.log2(p / q) for p, q in zip(wanted, mixed, strict=True) if p > 0)


def test_lists_that_are_plain_by_eye() -> None:
    genres = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    top = np.array([[0, 1], [0, 2]], np.int32)
    assert beyond.diversity(top, genres).tolist() == [0, 1]
    liked = csr_matrix(np.array([[0, 1, 0, 1], [1, 0, 0, 1]]))
    calibrated = beyond.genre_divergence(top, liked, genres)
    assert calibrated[1] == pytest.approx(0) and calibrated[0] > 1, "half of the genres are missing from the first list"
    assert beyond.novelty(top, np.array([8, 8, 1, 0]), 8).tolist() == [0, 1.5]
