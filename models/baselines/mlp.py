"""The multi-layer perceptron of neural collaborative filtering (He et al. 2017), for ratings: its deep half."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt
from torch import Tensor

from models.baselines._perceptron import Perceptron
from models.baselines.gmf import NeuralCFConfig
from models.data import Features, Interactions
from models.fusion.two_sided import TwoSidedNetwork, TwoSidedRecommender
from models.heads import LinearHead
from models.modalities import MODALITIES, without


class MLPConfig(NeuralCFConfig):
    """The hidden layers; NeuralCFConfig's fields besides."""

    layers: tuple[PositiveInt, ...] = Field((128, 64), min_length=1)
    """Widths of the hidden layers, each 1 or more; jiang2024 section V has 128 and 64."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the vectors and of each hidden layer dropped in training."""


class MLPNetwork(TwoSidedNetwork):
    """A perceptron over the vectors of user and item, and a linear output."""

    def __init__(self, train: Interactions, features: Features, config: MLPConfig) -> None:
        super().__init__()
        sizes = features.n_users, features.n_items, config.width
        self.perceptron = Perceptron(*sizes, config.layers, config.dropout)
        self.head = LinearHead(config.layers[-1], train, features)

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, layers[0]]"""
        return self.perceptron.user_side(users)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, layers[0]]"""
        return self.perceptron.item_side(items)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch]"""
        return self.head(self.perceptron.joined(of_user, of_item))


class MLP(TwoSidedRecommender):
    """rating = w^T relu(W2 relu(W1 [p_u, q_i] + b1) + b2) + b: the right part of jiang2024's Figure 1.

    Decided here. (1) The identity and the squared error stand where the authors' code has a sigmoid and the log loss,
    as in `gmf`. (2) There are no further biases: the first layer is linear in p_u and in q_i, and biases beside it gain
    0.003 on ML-100K. (3) Weight decay regularises, as in `gmf`; dropout gains nothing beside it.
    """

    name: ClassVar[str] = "mlp"
    Config = MLPConfig

    def _narrowed(self, features: Features) -> Features:
        return without(features, *MODALITIES)

    def _network(self, train: Interactions, features: Features) -> MLPNetwork:
        return MLPNetwork(train, features, self.config)
