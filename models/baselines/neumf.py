"""Neural matrix factorisation (He et al. 2017; jiang2024's baseline): gmf and mlp under one output."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from models.baselines._perceptron import Perceptron
from models.baselines.gmf import GMFNetwork
from models.baselines.mlp import MLPConfig
from models.data import Features, Interactions
from models.fusion.two_sided import TwoSidedNetwork, TwoSidedRecommender
from models.heads import LinearHead
from models.modalities import MODALITIES, without


class NeuMFNetwork(TwoSidedNetwork):
    """Both halves side by side; a side is [of the product: width + 2, of the perceptron: layers[0]]."""

    def __init__(self, train: Interactions, features: Features, config: MLPConfig) -> None:
        super().__init__()
        self.product = GMFNetwork(train, features, config.width)
        self.perceptron = Perceptron(features.n_users, features.n_items, config.width, config.layers, config.dropout)
        self.deep = nn.Linear(config.layers[-1], 1, bias=False)
        self.split = [config.width + 2, config.layers[0]]

    @property
    def head(self) -> LinearHead:
        """The product's, whose weights are the first part of the one output."""
        return self.product.head

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, width + 2 + layers[0]]"""
        return torch.cat([self.product.user_side(users, rows), self.perceptron.user_side(users)], 1)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, width + 2 + layers[0]]"""
        return torch.cat([self.product.item_side(items, rows), self.perceptron.item_side(items)], 1)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch]: one linear output over the product and the last hidden layer."""
        (of_user, deep_user), (of_item, deep_item) = of_user.split(self.split, 1), of_item.split(self.split, 1)
        product = self.product.joined(of_user, of_item, users, items, rows)
        # As in LinearHead: the layer's own product would be rounded under autocast.
        return product + (self.perceptron.joined(deep_user, deep_item).float() * self.deep.weight).sum(1)


class NeuMF(TwoSidedRecommender):
    """rating = h^T (p_u * q_i) + w^T mlp([p'_u, q'_i]) + b_u + b_i + b, all trained together.

    Formula 1 of jiang2024, in which the first two terms are what `gmf` and `mlp` end in. Decided here. (1) The halves
    have vectors of their own, as in the authors' code (NeuMF.py). jiang2024 section II says that they are shared; then
    the perceptron, which learns faster, takes them for itself. (2) The halves are not trained beforehand. The authors'
    code can start from both, with their output weights halved. (3) Loss, biases and weight decay are those of `gmf`.

    Evidence (validation RMSE on ML-100K, mean of seeds 10 to 12): 0.892 as it is; 0.9045 with shared vectors; 0.892
    trained beforehand as well, in twice the time.
    """

    name: ClassVar[str] = "neumf"
    Config = MLPConfig

    def _narrowed(self, features: Features) -> Features:
        return without(features, *MODALITIES)

    def _network(self, train: Interactions, features: Features) -> NeuMFNetwork:
        return NeuMFNetwork(train, features, self.config)
