"""Tastes that move and tastes that stay, and what chance makes of either."""

from __future__ import annotations

import numpy as np
import pytest

from models.taste import likeness

USERS, PERIODS, LIKES = 40, 3, 10


def liked(moving: bool, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Items of two kinds; each user likes either kind in every period alike, or the one and then the other."""
    rng = np.random.default_rng(seed)
    kind = np.arange(200) % 2
    vectors = np.eye(8)[kind] + rng.normal(0, 0.3, (200, 8))
    users = np.repeat(np.arange(USERS), PERIODS)
    cells = np.repeat(np.arange(len(users)), LIKES)
    wanted = (cells % PERIODS + users[cells]) % 2 if moving else rng.integers(0, 2, len(cells))
    return vectors.astype(np.float32), 2 * rng.integers(0, 100, len(cells)) + wanted, cells, users


def test_a_taste_that_turns_is_less_like_itself_than_chance_gives() -> None:
    found, chance = likeness(*liked(True))
    assert (
        np.isnan(found.reshape(USERS, PERIODS)[:, 0]).all() and np.isfinite(found.reshape(USERS, PERIODS)[:, 1:]).all()
    )
    assert np.nanmean(found) < -0.7 and np.nanmean(chance) > -0.2


def test_a_taste_that_stays_is_as_like_itself_as_chance_gives() -> None:
    found, chance = likeness(*liked(False))
    assert np.nanmean(found) == pytest.approx(np.nanmean(chance), abs=0.06)


def test_likeness_is_the_cosine_of_means_and_knows_nothing_of_items_without_vectors() -> None:
    vectors = np.array([[1, 0], [0, 2], [0, 0]], np.float32)  # less the mean (.5, .5): (.5, -.5) and (-.5, .5)
    items, cells, users = np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2]), np.array([7, 7, 7, 8])
    found, _ = likeness(vectors, items, cells, users)
    assert found[1] == pytest.approx(-1)
    assert np.isnan(found[[0, 2, 3]]).all(), "a first period, one without a vector, and another user"
