"""Trust-based recommendation with a deep network (Choudhury, Mohanty, Jagadev 2021)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.dropout import Dropout
from models.fusion.modality_encoders import Widths, sides
from models.fusion.trust import Trust, TrustRule
from models.fusion.two_sided import TwoSidedNetwork, TwoSidedRecommender
from models.heads import SoftmaxHead
from models.torch_recommender import TorchConfig

FOLDS = 5
"""Parts of the train fold whose trust is learned from the other parts."""


class ChoudhuryConfig(TorchConfig):
    """How trust is made, and sizes of the network; TorchConfig's fields besides."""

    trusted: int = Field(60, ge=1, le=10_000)
    """Trust filter: users whom each user trusts at most."""
    shrinkage: float = Field(20.0, ge=0, le=1000)
    """Common ratings at which a similarity counts half."""
    propagation: float = Field(0.5, ge=0, le=10)
    """What trust through a trusted user counts beside direct trust."""
    cold: int = Field(5, ge=0, le=1000)
    """Ratings below which a user's trust comes from his preferences (fields and categories)."""
    identity_width: int = Field(16, ge=1, le=1024)
    """Length of the vector learned for each user and item id."""
    layers: tuple[int, int] = (128, 64)
    """Widths of the two hidden layers."""
    dropout: float = Field(0.2, ge=0, lt=1)
    """Share of the hidden layers' features dropped in training."""
    squared_weight: float = Field(1.0, ge=0, le=100)
    """Weight of the expectation's squared error beside the cross-entropy."""


class TrustEvidence:
    """What trust says of pairs; of train rows what it says when learned without their part of the train fold."""

    size = 3

    def __init__(self, train: Interactions, features: Features, rule: TrustRule, device: str) -> None:
        self.trust, self.device = Trust(train, features, rule), device
        part = np.random.default_rng(0).permutation(len(train)) % FOLDS
        numbers = np.zeros((len(train), self.size), np.float32)
        for fold in range(min(FOLDS, len(train))):
            rows = np.flatnonzero(part == fold)
            others = train.take(part != fold) if len(train) > 1 else train
            numbers[rows] = Trust(others, features, rule).numbers(train.users[rows], train.items[rows])
        self.middle = float(np.mean(train.ratings, dtype=np.float64))
        self.rows = self._centred(numbers)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 3]: as Trust.numbers, the expected rating less the mean train rating."""
        if rows is not None:
            return self.rows[rows]
        return self._centred(self.trust.numbers(users.cpu().numpy(), items.cpu().numpy()))

    def _centred(self, numbers: np.ndarray) -> Tensor:
        return torch.from_numpy(numbers - np.array([self.middle, 0, 0], np.float32)).to(self.device)


class ChoudhuryNetwork(TwoSidedNetwork):
    """A deep network over ids, fields and trust."""

    def __init__(self, train: Interactions, features: Features, trust: TrustEvidence, config: ChoudhuryConfig) -> None:
        super().__init__()
        first, second = config.layers
        widths = Widths(first, config.identity_width, 0.0)
        self.users, self.items = sides(features, train, widths, identities=True)
        self.trust, self.of_trust = trust, nn.Linear(trust.size, first, bias=False)
        self.deep = nn.Sequential(
            nn.ReLU(), Dropout(config.dropout), nn.Linear(first, second), nn.ReLU(), Dropout(config.dropout)
        )
        self.head = SoftmaxHead(second + trust.size, train, features, config.squared_weight)

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, first layer]"""
        return self.users(users, rows)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, first layer]"""
        return self.items(items, rows)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, n rating values] logits."""
        trust = self.trust(users, items, rows)
        hidden = self.deep(of_user + of_item + self.of_trust(trust))
        return self.head(torch.cat([hidden, trust.to(hidden.dtype)], 1))


class Choudhury(TwoSidedRecommender):
    """DNN with trust: a trust matrix from similarity and weighted propagation, trust filters, and a deep network.

    Follows what the paper's abstract says, and xia2024 (2.2) and jiang2024 after it: trust combines user similarity
    with weighted trust propagation; non-cold users go through the models with a trust filter; cold users are scored by
    their preferences; of BPNN, SVD, DNN and DNN with trust the last is the best, and it is the one that is here. The
    body of the paper was not to be had, so that everything else is decided here. (1) Similarity: adjusted cosine,
    shrunk by the number of common ratings, negative ones cut to 0. (2) Propagation: one step, whom my trusted trust,
    averaged with my trust for weights. (3) Filter: the `trusted` strongest of each user. (4) Cold users, with fewer
    than `cold` ratings: trust in those whose fields, and liked and met categories, are alike. (5) The network sees what
    biases expect, by how much the trusted deviate from theirs, and how much trust stands behind that, beside ids and
    fields. (6) What trust says of a train row is learned without that row's part of the train fold (`FOLDS`), or the
    network would learn to rely on trust that has seen the answer.

    Evidence (validation RMSE, mean of seeds 10 and 11): ML-100K 0.894, without propagation 0.895; the sample shop
    1.067, where content that it does not look at makes the taste.
    """

    name: ClassVar[str] = "choudhury"
    Config = ChoudhuryConfig

    def _build(self, train: Interactions, features: Features) -> None:
        # What all restarts look at is made once.
        config = self.config
        rule = TrustRule(config.shrinkage, config.propagation, config.trusted, config.cold)
        self._trust = TrustEvidence(train, features, rule, self.device)
        super()._build(train, features)

    def _network(self, train: Interactions, features: Features) -> ChoudhuryNetwork:
        return ChoudhuryNetwork(train, features, self._trust, self.config)

    def _narrowed(self, features: Features) -> Features:
        return Features(
            features.n_users, features.n_items, features.rating_values, features.user_fields, features.item_fields
        )
