"""Regularised user and item biases: a model of their own, and what the neighbourhood models start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data import Features, Interactions

SWEEPS = 10
"""Alternations between items and users; the change of the last ones is far below 1e-4 of a rating."""


@dataclass(frozen=True)
class Biases:
    """Rating of (u, i) = mean + user[u] + item[i]; users and items without training rows have bias 0."""

    mean: float
    user: np.ndarray
    item: np.ndarray

    def expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float64 [n]: the expected ratings, not clipped."""
        return self.mean + self.user[users] + self.item[items]


def fit_biases(
    train: Interactions,
    features: Features,
    user_shrinkage: float = 5.0,
    item_shrinkage: float = 2.0,
    sweeps: int = SWEEPS,
) -> Biases:
    """Alternating ridge regression: each bias is the sum of what is left over / (number of ratings + shrinkage).

    The shrinkages by default are those at which the search of the model `bias` starts.

    Source: Koren 2010, Factor in the Neighbors, section 2.1, solved to convergence.
    """
    mean = float(np.mean(train.ratings, dtype=np.float64))
    user, item = np.zeros(features.n_users), np.zeros(features.n_items)
    user_weight = np.bincount(train.users, minlength=features.n_users) + user_shrinkage
    item_weight = np.bincount(train.items, minlength=features.n_items) + item_shrinkage
    centred = train.ratings - mean
    for _ in range(sweeps):
        item = np.bincount(train.items, centred - user[train.users], features.n_items) / item_weight
        user = np.bincount(train.users, centred - item[train.items], features.n_users) / user_weight
    return Biases(mean, user, item)
