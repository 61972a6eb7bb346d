"""Deep learning for collaborative filtering (Aljunid and Doddaghatta 2020, in xia2024's Table 2)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from models.baselines.mlp import MLPConfig, MLPNetwork
from models.data import Features, Interactions
from models.fusion.two_sided import TwoSidedRecommender
from models.modalities import MODALITIES, without


class AljunidConfig(MLPConfig):
    """Wider than `mlp`, and with dropout; MLPConfig's fields besides."""

    layers: tuple[PositiveInt, ...] = Field((256, 64), min_length=1)
    """Widths of the hidden layers, each 1 or more."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the vectors and of each hidden layer dropped in training."""


class Aljunid(TwoSidedRecommender):
    """Embedding layers for users and films, dense layers with ReLU over both, and the score.

    xia2024 section 2.1: it embeds users and films, the embedding layer reduces the dimension, and forward propagation
    gives the score. The paper itself could not be read here, only a summary of it, which says that it looks at
    interactions and at nothing else; so "the characteristics of users and movies" are what is learned for their ids.

    Decided here. (1) The two vectors are laid side by side, as no source speaks of a product; this makes the model a
    relative of `mlp`. (2) A wide layer and a narrow one, dropout, and the weight decay of `gmf`. (3) The squared error,
    around the mean rating.
    """

    name: ClassVar[str] = "aljunid"
    Config = AljunidConfig

    def _narrowed(self, features: Features) -> Features:
        return without(features, *MODALITIES)

    def _network(self, train: Interactions, features: Features) -> MLPNetwork:
        return MLPNetwork(train, features, self.config)
