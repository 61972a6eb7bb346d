"""Agreement: how a film is rated by those who are like a user, and how he rates the films that are like it.

A user's sum over the films that he rated, each weighted by how alike it and the target film are, is what item-based
collaborative filtering predicts from; the same the other way round is user-based. Two films are alike by ratings, if
the same people rate both high or low, and by company, if the same people rate both at all.

The pair's own rating is left out exactly. A likeness by ratings is learned from all users, this one included, so that
his own rating is in it: its share is known in closed form and taken off, or the network would read the answer from its
input. A likeness by company knows who rated, not how, and there is nothing to take off.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.baselines._similarity import company
from models.data import Interactions
from models.fusion.history import SHRINK, standardised

SHRINK_LIKENESS = 30.0
"""Pseudo-count, in squared residuals, that draws a likeness which few raters support towards zero."""
SHRINK_COMPANY = 0.3
"""Pseudo-weight that draws the mean residual over little company towards zero."""
LARGEST = 250_000_000
"""Users x items above which the dense matrices (16 bytes a pair) are not made, and the agreement is left at zero."""


class Agreement:
    """Four numbers of a pair: by items alike by ratings, users by ratings, items by company, users by company.

    Constants made of the train fold, shared by all restarts: no module, so that no state holds them.
    """

    size = 4

    def __init__(self, train: Interactions, n_users: int, n_items: int, device: str) -> None:
        self.made = n_users * n_items <= LARGEST and max(n_users, n_items) ** 2 <= LARGEST
        if not self.made:
            return
        centred = standardised(train)
        users, items = train.users.astype(np.int64), train.items.astype(np.int64)
        user, item = _Side(users, items, centred, (n_users, n_items)), _Side(items, users, centred, (n_items, n_users))
        found = user.by_ratings(), item.by_ratings(), user.by_company(), item.by_company()
        pairs = [pairs if number % 2 == 0 else pairs.T for number, (pairs, _) in enumerate(found)]
        self.pairs = torch.from_numpy(np.stack(pairs, 2)).to(device)
        self.rows = torch.from_numpy(np.stack([left for _, left in found], 1)).to(device)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 4]; given train `rows`, without what these rows say themselves."""
        if not self.made:
            return torch.zeros(len(users), self.size, device=users.device)
        return self.pairs[users, items] if rows is None else self.rows[rows]


Both = tuple[np.ndarray, np.ndarray]
"""float32 [n_owners, n_others] of all pairs, and [n] of the train rows with their own rating left out."""


class _Side:
    """One direction of the train fold as dense matrices: `owners`, and the `others` that they are linked with."""

    def __init__(self, owners: np.ndarray, others: np.ndarray, centred: np.ndarray, shape: tuple[int, int]) -> None:
        self.owners, self.others, self.shape = owners, others, shape
        count, mean = np.bincount(owners, minlength=shape[0]), np.bincount(others, centred, shape[1])
        # What the other side's mean leaves, and what the owner's own mean leaves of that.
        self.residual = centred - (mean / (np.bincount(others, minlength=shape[1]) + SHRINK))[others]
        total = np.bincount(owners, self.residual, shape[0])
        self.count, self.mean = count, total / (count + SHRINK)
        self.own_mean = (total[owners] - self.residual) / (count[owners] - 1 + SHRINK)
        self.rated, self.once = self._dense(1), self._dense(self.residual)

    def _dense(self, values: np.ndarray | float) -> np.ndarray:
        matrix = np.zeros(self.shape, dtype=np.float32)
        matrix[self.owners, self.others] = values
        return matrix

    def by_ratings(self) -> Both:
        """Sums over the owner's others, by how alike they and the target are rated."""
        own, own_place = self.owners, (self.owners, self.others)
        double = self.residual - self.mean[own]
        twice = self._dense(double)
        squares = (twice**2).T @ self.rated
        weight = 1 / (np.sqrt(squares * squares.T) + SHRINK_LIKENESS)
        np.fill_diagonal(weight, 0)
        likeness = (twice.T @ twice) * weight
        weighted, plain = self.once @ likeness, self.rated @ likeness
        pairs = (weighted - self.mean[:, None] * plain) / np.sqrt(self.count + 1)[:, None]
        # Without the own rating: its residual is in the mean, and its product with every other in the likenesses.
        own_weighted = weighted[own_place] - double * ((self.once * twice) @ weight)[own_place]
        own_plain = plain[own_place] - double * (twice @ weight)[own_place]
        left = (own_weighted - self.own_mean * own_plain) / np.sqrt(self.count[own])
        return pairs.astype(np.float32), left.astype(np.float32)

    def by_company(self) -> Both:
        """Means over the owner's others, by how many owners they and the target have in common."""
        likeness = company(self.rated.T @ self.rated)
        weighted, weight = self.once @ likeness, self.rated @ likeness
        pairs = (weighted - self.mean[:, None] * weight) / (weight + SHRINK_COMPANY)
        own_place = self.owners, self.others
        left = (weighted[own_place] - self.own_mean * weight[own_place]) / (weight[own_place] + SHRINK_COMPANY)
        return pairs.astype(np.float32), left.astype(np.float32)
