"""One network over the codes of all modalities, any of which may be missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.dropout import Dropout
from models.fusion.evidence import Known, items_with, regressions
from models.fusion.modality_encoders import ModalityEncoder
from models.fusion.two_sided import TwoSidedNetwork
from models.heads import SoftmaxHead
from models.torch_recommender import TorchConfig


class FusionConfig(TorchConfig):
    """Sizes of the encoders and of what fuses them; TorchConfig's fields besides."""

    epochs: int = Field(8, ge=1, le=1000)
    """Passes over the train fold at most."""
    patience: int = Field(2, ge=1)
    """Epochs without a better validation RMSE after which training stops."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Highest step size of AdamW: with twice as much, items that nobody has rated are foretold worse."""
    batch_size: int | None = Field(512, ge=1)
    """Ratings a step. None: about a ninetieth of the train fold, a power of two from 128 to 8192."""
    width: int = Field(32, ge=4, le=4096)
    """Length of the code that each modality is brought to."""
    hidden: int = Field(64, ge=4, le=4096)
    """Width of the hidden layers of what fuses the codes."""
    hidden_layers: int = Field(1, ge=1, le=16)
    """Number of these hidden layers."""
    identity_width: int = Field(8, ge=1, le=1024)
    """Length of the vector learned for each user and item id, in the code of behaviour."""
    dropout: float = Field(0.2, ge=0, lt=1)
    """Share of the codes' features dropped in training."""
    vector_dropout: float = Field(0.3, ge=0, lt=1)
    """Share of the image and text vectors' entries dropped in training."""
    modality_dropout: float = Field(0.1, ge=0, lt=1)
    """Probability that a modality is taken away from a pair in training, so that the network can do without it."""
    squared_weight: float = Field(1.0, ge=0, le=100)
    """Weight of the expectation's squared error beside the cross-entropy."""


class FusionNetwork(TwoSidedNetwork):
    """Encoders side by side, dense layers over their codes, and a softmax over the rating values.

    A modality may be missing: because it is not looked at, because the item has none of it, or in training at random.
    Then a learned vector stands for its code, and its evidence is not used. Where an item has nothing of what is looked
    at, none of it counts as missing: the encoders say what they make of nothing.
    """

    def __init__(
        self,
        encoders: dict[str, ModalityEncoder],
        fused: Known,
        train: Interactions,
        features: Features,
        config: FusionConfig,
        device: str,
    ) -> None:
        super().__init__()
        self.encoders, self.fused = nn.ModuleDict(encoders), fused
        self.modality_dropout = config.modality_dropout
        has = np.stack([items_with(modality, train, features) for modality in encoders], 1)
        self.register_buffer("has", torch.from_numpy(has), persistent=False)
        self.missing = nn.Parameter(torch.randn(len(encoders), config.width) * 0.02)
        self.kept = (True,) * len(encoders)
        self.trunk = dense(self._trunk_inputs(config), config)
        self.head = self._head(train, features, config)
        known = {(name,): encoder.evidence for name, encoder in encoders.items()}
        self.shortcut = Shortcut(known | fused, tuple(encoders), train, self.head.values, device)
        needs = [[name in some for name in encoders] for some in fused]
        self.register_buffer(
            "needs", torch.tensor(needs, dtype=torch.bool).reshape(-1, len(encoders)), persistent=False
        )

    def _head(self, train: Interactions, features: Features, config: FusionConfig) -> SoftmaxHead:
        return SoftmaxHead(config.hidden, train, features, config.squared_weight)

    def _trunk_inputs(self, config: FusionConfig) -> int:
        return config.width * len(self.encoders) + sum(of.size for of in self.fused.values())

    @contextmanager
    def looking_at(self, modalities: Collection[str]) -> Iterator[None]:
        """Within, predictions are made from these modalities alone."""
        before, self.kept = self.kept, tuple(name in modalities for name in self.encoders)
        try:
            yield
        finally:
            self.kept = before

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, modalities, width]"""
        return torch.stack([encoder.users(users, rows) for encoder in self.encoders.values()], 1)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, modalities, width]"""
        return torch.stack([encoder.items(items, rows) for encoder in self.encoders.values()], 1)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, n rating values] logits."""
        keep = self._keep(items)
        known = [e.evidence(users, items, rows) * keep[:, k, None] for k, e in enumerate(self.encoders.values())]
        codes = torch.stack(
            [e(of_user[:, k], of_item[:, k], known[k]) for k, e in enumerate(self.encoders.values())], 1
        )
        codes = torch.where(keep[..., None], codes, self.missing.to(codes.dtype))
        for needs, of in zip(self.needs, self.fused.values(), strict=True):
            known.append(of(users, items, rows) * (keep | ~needs).all(1, keepdim=True))
        return self.logits(codes, known, keep)

    def logits(self, codes: Tensor, known: list[Tensor], keep: Tensor) -> Tensor:
        """[batch, n rating values] from the codes [batch, modalities, width], the evidence of each modality, and
        what is fused of it. keep: bool [batch, modalities], those that are not missing."""
        hidden = self.trunk(torch.cat([codes.flatten(1), *known[len(self.encoders) :]], 1))
        return self.head(hidden) + self.shortcut(known, keep)

    def _keep(self, items: Tensor) -> Tensor:
        """bool [batch, modalities]: those that are looked at; in training some are taken away, but never all."""
        wanted = torch.tensor(self.kept, device=items.device)
        kept = self.has[items] & wanted
        kept = torch.where(kept.any(1, keepdim=True), kept, wanted)
        if not self.training or self.modality_dropout == 0:
            return kept
        stay = kept & (torch.rand(kept.shape, device=items.device) >= self.modality_dropout)
        return torch.where(stay.any(1, keepdim=True), stay, kept)


def dense(inputs: int, config: FusionConfig) -> nn.Sequential:
    """Hidden layers with ReLU and dropout."""
    layers: list[nn.Module] = []
    for _ in range(config.hidden_layers):
        layers += [nn.Linear(inputs, config.hidden), nn.ReLU(), Dropout(config.dropout)]
        inputs = config.hidden
    return nn.Sequential(*layers)


class Shortcut(nn.Module):
    """From evidence to logits past all layers: a linear prediction, so that these learn only what is not linear.

    Every set of modalities that are not missing has weights of its own, which start from a regression.
    """

    def __init__(
        self, evidence: Known, modalities: Sequence[str], train: Interactions, values: Tensor, device: str
    ) -> None:
        super().__init__()
        worth = torch.from_numpy(regressions(evidence, modalities, train, device))
        self.worth = nn.Embedding.from_pretrained(worth, freeze=False)
        self.register_buffer("bits", 2 ** torch.arange(len(modalities)), persistent=False)
        # d expectation / d slope is the ratings' variance, and the worth is in their standard deviations.
        spread = max(float(train.ratings.std()), 1e-3)
        self.slope = nn.Parameter((values.cpu() - float(train.ratings.mean())) / spread)

    def forward(self, known: list[Tensor], keep: Tensor) -> Tensor:
        """float32 [batch, n rating values] from all evidence, and which modalities are not missing."""
        worth = self.worth((keep * self.bits).sum(1))
        return ((worth[:, :-1] * torch.cat(known, 1)).sum(1, keepdim=True) + worth[:, -1:]) * self.slope
