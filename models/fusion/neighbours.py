"""Agreement by ratings: how a film is rated by those who rate like a user, the pair's own rating left out exactly.

A user's sum over the films that he rated, each weighted by how alike it and the target film are rated, is what
item-based collaborative filtering predicts from; the same the other way round is user-based. The likeness of two
films is learned from all users, this one included, so that his own rating is in it: its share is known in closed
form and taken off, or the network would read the answer from its input.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.data import Interactions
from models.fusion.history import SHRINK, standardised

SHRINK_LIKENESS = 30.0
"""Pseudo-count, in squared residuals, that draws a likeness which few raters support towards zero."""
LARGEST = 250_000_000
"""Users x items above which the dense matrices (8 bytes a pair) are not made, and the agreement is left at zero."""


class Agreement:
    """The agreement of every pair, [n_users, n_items] for each side, and of the train rows without their own rating.

    Constants made of the train fold, shared by all restarts: no module, so that no state holds them.
    """

    def __init__(self, train: Interactions, n_users: int, n_items: int, device: str) -> None:
        self.made = n_users * n_items <= LARGEST and max(n_users, n_items) ** 2 <= LARGEST
        if not self.made:
            return
        centred = standardised(train)
        users, items = train.users.astype(np.int64), train.items.astype(np.int64)
        by_items, items_left = _agreement(users, items, centred, (n_users, n_items))
        by_users, users_left = _agreement(items, users, centred, (n_items, n_users))
        self.pairs = torch.from_numpy(np.stack([by_items, by_users.T], 2)).to(device)
        self.rows = torch.from_numpy(np.stack([items_left, users_left], 1)).to(device)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2]: by alike items and by alike users; given train `rows`, without what these rows say themselves."""
        if not self.made:
            return torch.zeros(len(users), 2, device=users.device)
        return self.pairs[users, items] if rows is None else self.rows[rows]


def _agreement(
    owners: np.ndarray, others: np.ndarray, centred: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """float32 [n_owners, n_others] of all pairs, and [n] of the rated ones with their own rating left out."""
    count, mean = np.bincount(owners, minlength=shape[0]), np.bincount(others, centred, shape[1])
    residual = centred - (mean / (np.bincount(others, minlength=shape[1]) + SHRINK))[others]
    total = np.bincount(owners, residual, shape[0])
    double = residual - (total / (count + SHRINK))[owners]

    def dense(values: np.ndarray | float) -> np.ndarray:
        matrix = np.zeros(shape, dtype=np.float32)
        matrix[owners, others] = values
        return matrix

    rated, once, twice = dense(1), dense(residual), dense(double)
    squares = (twice**2).T @ rated
    weight = 1 / (np.sqrt(squares * squares.T) + SHRINK_LIKENESS)
    np.fill_diagonal(weight, 0)
    likeness = (twice.T @ twice) * weight
    weighted, plain = once @ likeness, rated @ likeness
    pairs = (weighted - (total / (count + SHRINK))[:, None] * plain) / np.sqrt(count + 1)[:, None]
    # Without the own rating: its residual is in the mean, and its product with every other in the likenesses.
    own_weighted = weighted[owners, others] - double * ((once * twice) @ weight)[owners, others]
    own_plain = plain[owners, others] - double * (twice @ weight)[owners, others]
    own_mean = (total[owners] - residual) / (count[owners] - 1 + SHRINK)
    left = (own_weighted - own_mean * own_plain) / np.sqrt(count[owners])
    return pairs.astype(np.float32), left.astype(np.float32)
