"""Two-sided networks that end in a product of two vectors and in biases: their ranking is one product of matrices."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.two_sided import TwoSidedNetwork, TwoSidedRecommender
from models.heads import LinearHead
from models.recommender import Factors

PAIRS = 65_536
"""Pairs that are predicted at a time."""


class ProductNetwork(TwoSidedNetwork):
    """rating = h^T (p_u * q_i) + b_u + b_i + b, with vectors p of a user and q of an item [width], however made.

    The biases are vectors, which weight decay spares: a mean rating is learned from few ratings, a taste is not.
    """

    def __init__(self, width: int, train: Interactions, features: Features) -> None:
        super().__init__()
        self.head = LinearHead(width, train, features)
        nn.init.ones_(self.head.rating.weight)
        self.user_bias = nn.Parameter(torch.zeros(features.n_users))
        self.item_bias = nn.Parameter(torch.zeros(features.n_items))

    @abstractmethod
    def user_vectors(self, users: Tensor) -> Tensor:
        """[batch, width]"""

    @abstractmethod
    def item_vectors(self, items: Tensor) -> Tensor:
        """[batch, width]"""

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, width + 2]: the vector weighted by h, the user's bias and the mean, and 1."""
        constant = (self.user_bias[users] + self.head.rating.bias)[:, None]
        return torch.cat([self.user_vectors(users) * self.head.rating.weight, constant, torch.ones_like(constant)], 1)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, width + 2]: the vector, 1, and the item's bias."""
        bias = self.item_bias[items][:, None]
        return torch.cat([self.item_vectors(items), torch.ones_like(bias), bias], 1)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch]: the product of both sides."""
        return (of_user * of_item).sum(1).float()


class ProductRecommender(TwoSidedRecommender):
    """Predicts and ranks by products of both sides, in full precision whatever the training ran in."""

    @torch.no_grad()
    def _sides(self, network: ProductNetwork) -> tuple[np.ndarray, np.ndarray]:
        """float32 [n_users, width + 2] and [n_items, width + 2]."""
        users, items = (torch.arange(n, device=self.device) for n in (self._features.n_users, self.n_items))
        return network.user_side(users, None).cpu().numpy(), network.item_side(items, None).cpu().numpy()

    def _expected(self, network: ProductNetwork, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        (left, right), out = self._sides(network), [np.zeros(0, np.float32)]
        for start in range(0, len(users), PAIRS):
            u, i = (part[start : start + PAIRS] for part in (users, items))
            out.append(np.einsum("nk,nk->n", left[u], right[i]))
        return np.concatenate(out)

    def factors(self) -> Factors:
        """The sides of all users and items; those of several networks next to each other, each with its share."""
        self._require_fitted()
        left, right = zip(*(self._sides(network) for network in self._networks), strict=True)
        return Factors(np.concatenate(left, 1) / np.float32(len(left)), np.concatenate(right, 1))

    def score(self, users: np.ndarray) -> np.ndarray:
        """float32 [len(users), n_items]: expected ratings before clipping."""
        factors = self.factors()
        return factors.users[users] @ factors.items.T
