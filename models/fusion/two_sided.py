"""Networks of which most can be computed for a user, or for an item, alone: ranking the catalogue is fast for these."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from models.torch_recommender import PairNetwork, TorchRecommender
from models.training import autocast

PAIRS = {"cpu": 4096, "cuda": 262_144}
"""Pairs that are joined at a time: what fits a CPU's cache is faster than ten times as many."""


class TwoSidedNetwork(PairNetwork):
    """A pair's output from what the network makes of its user, of its item, and of the two together."""

    @abstractmethod
    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, ...]: of users alone; train `rows` are left out."""

    @abstractmethod
    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, ...]: of items alone; train `rows` are left out."""

    @abstractmethod
    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """The head's output for pairs, given both sides of each."""

    def forward(self, users: Tensor, items: Tensor, rows: Tensor | None = None) -> Tensor:
        """The head's output for pairs of int64 [batch] indices."""
        return self.joined(self.user_side(users, rows), self.item_side(items, rows), users, items, rows)


class TwoSidedRecommender(TorchRecommender):
    """Predicts with the sides of each user and item computed once."""

    @torch.no_grad()
    def _expected(self, network: TwoSidedNetwork, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        unique_users, user = distinct(users, self._features.n_users)
        unique_items, item = distinct(items, self._features.n_items)
        ids = self._indices(unique_users), self._indices(unique_items)
        size, out = PAIRS[torch.device(self.device).type], [np.zeros(0, np.float32)]
        with autocast(torch.device(self.device)):
            tables = network.user_side(ids[0], None), network.item_side(ids[1], None)
            for start in range(0, len(user), size):
                u, i = (self._indices(part[start : start + size]) for part in (user, item))
                output = network.joined(tables[0][u], tables[1][i], ids[0][u], ids[1][i], None)
                out.append(network.head.expectation(output).float().cpu().numpy())
        return np.concatenate(out)


def distinct(ids: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ids in ascending order, and the place of each id among them. ids: int, from 0 to n - 1.

    As np.unique with its inverse, which sorts, and takes longer than the network for a whole catalogue.
    """
    found = np.zeros(n, bool)
    found[ids] = True
    return np.flatnonzero(found), (np.cumsum(found) - 1)[ids]
