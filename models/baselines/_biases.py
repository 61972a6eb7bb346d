"""Regularised user and item biases: a model of their own, and what the neighbourhood models start from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from models.baselines._baseline import rmse_on
from models.data import Features, Interactions
from models.recommender import Progress

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
    train: Interactions, features: Features, user_shrinkage: float, item_shrinkage: float, sweeps: int = SWEEPS
) -> Biases:
    """Alternating ridge regression: each bias is the sum of what is left over / (number of ratings + shrinkage).

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


def choose_biases(
    train: Interactions,
    valid: Interactions,
    features: Features,
    user_shrinkages: tuple[float, ...],
    item_shrinkages: tuple[float, ...],
    progress: Progress,
) -> tuple[Biases, dict[str, float]]:
    """The biases of the pair of shrinkages with the lowest RMSE on validation, and that pair."""
    best, chosen, lowest = None, {}, np.inf
    for user_shrinkage, item_shrinkage in product(user_shrinkages, item_shrinkages):
        biases = fit_biases(train, features, user_shrinkage, item_shrinkage)
        error = rmse_on(valid, biases.expected(valid.users, valid.items), features)
        if error < lowest:
            best, lowest = biases, error
            chosen = {"user_shrinkage": user_shrinkage, "item_shrinkage": item_shrinkage, "valid_rmse": error}
    progress(f"biases: {chosen}")
    return best, chosen
