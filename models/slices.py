"""Parts of a test fold by how well users and items are known: what a mean over all of them hides."""

from __future__ import annotations

import numpy as np

SPARSE = 10
"""A user with fewer train ratings than this, and at least one, is sparse."""
HEAD = 0.2
"""Share of the rated items, most rated first, that is the head, with those that are rated as often as its last."""


def of_users(train_users: np.ndarray, n_users: int) -> dict[str, np.ndarray]:
    """bool [n_users] by name: cold users have no train rating, sparse ones fewer than `SPARSE`, warm ones more."""
    counts = np.bincount(train_users, minlength=n_users)
    return {
        "cold users": counts == 0,
        "sparse users": (counts > 0) & (counts < SPARSE),
        "warm users": counts >= SPARSE,
    }


def of_items(train_items: np.ndarray, pictured: np.ndarray) -> dict[str, np.ndarray]:
    """bool [n_items] by name: cold items have no train rating; head and tail by number; with and without picture.

    pictured: bool [n_items].
    """
    counts = np.bincount(train_items, minlength=len(pictured))
    head = counts >= _least_of_head(counts)
    return {
        "cold items": counts == 0,
        "tail items": (counts > 0) & ~head,
        "head items": head,
        "with picture": pictured,
        "without picture": ~pictured,
    }


def _least_of_head(counts: np.ndarray) -> int:
    rated = np.sort(counts[counts > 0])[::-1]
    return int(rated[max(1, round(HEAD * len(rated))) - 1]) if len(rated) else 1


PARTITIONS = (
    ("cold users", "sparse users", "warm users"),
    ("cold items", "tail items", "head items"),
    ("with picture", "without picture"),
)
"""Slices that together are the whole test fold, each rating in one."""
