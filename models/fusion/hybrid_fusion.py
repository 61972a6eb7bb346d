"""Hybrid fusion (Yuldashov and Kutlimuratov 2023): features fused early, and each modality's own output beside them."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.evidence import Known
from models.fusion.fusion_network import FusionConfig, FusionNetwork, Shortcut
from models.fusion.modality_encoders import ModalityEncoder
from models.fusion.multimodal import Multimodal
from models.heads import SoftmaxHead


class HybridConfig(FusionConfig):
    """FusionConfig's fields, and how much the modalities' own outputs count."""

    own_weight: float = Field(0.3, ge=0, le=100)
    """Weight of the mean loss of the modalities' own outputs beside that of the fused one."""


class HybridHead(nn.Module):
    """A softmax for the fused features and one for each modality; the fused one, the first, is the prediction."""

    def __init__(self, modalities: int, train: Interactions, features: Features, config: HybridConfig) -> None:
        super().__init__()
        self.own_weight = config.own_weight
        self.fused = SoftmaxHead(config.hidden, train, features, config.squared_weight)
        made = (SoftmaxHead(config.width, train, features, config.squared_weight) for _ in range(modalities))
        self.own = nn.ModuleList(made)

    @property
    def values(self) -> Tensor:
        """The rating values."""
        return self.fused.values

    def expectation(self, logits: Tensor) -> Tensor:
        """[batch]: the expected rating under the fused logits, of [batch, 1 + modalities, n rating values]."""
        return self.fused.expectation(logits[:, 0])

    def loss(self, logits: Tensor, ratings: Tensor) -> tuple[Tensor, Tensor]:
        """Mean loss, that of the modalities' own outputs included, and the squared errors of the fused one [batch]."""
        value, squared = self.fused.loss(logits[:, 0], ratings)
        own = [head.loss(logits[:, 1 + k], ratings)[0] for k, head in enumerate(self.own)]
        return value + self.own_weight * torch.stack(own).mean(), squared


class HybridNetwork(FusionNetwork):
    """The fusion network, whose layers also see what each modality expects by itself."""

    head: HybridHead

    def __init__(
        self,
        encoders: dict[str, ModalityEncoder],
        fused: Known,
        train: Interactions,
        features: Features,
        config: HybridConfig,
        device: str,
    ) -> None:
        super().__init__(encoders, fused, train, features, config, device)
        self.own_shortcuts = nn.ModuleList(
            Shortcut({(name,): encoder.evidence}, (name,), train, self.head.values, device)
            for name, encoder in encoders.items()
        )

    def _head(self, train: Interactions, features: Features, config: HybridConfig) -> HybridHead:
        return HybridHead(len(self.encoders), train, features, config)

    def _trunk_inputs(self, config: HybridConfig) -> int:
        return super()._trunk_inputs(config) + len(self.encoders)

    def logits(self, codes: Tensor, known: list[Tensor], keep: Tensor) -> Tensor:
        """[batch, 1 + modalities, n rating values]; the fused logits come first."""
        own = [
            head(codes[:, k]) + layer([known[k]], keep[:, [k]])
            for k, (head, layer) in enumerate(zip(self.head.own, self.own_shortcuts, strict=True))
        ]
        expected = [self.head.fused.expectation(logits) - self.head.values.mean() for logits in own]
        fused = known[len(self.encoders) :]
        hidden = self.trunk(torch.cat([codes.flatten(1), *fused, torch.stack(expected, 1)], 1))
        return torch.stack([self.head.fused(hidden) + self.shortcut(known, keep), *own], 1)


class HybridFusion(Multimodal):
    """Early fused features and each modality's own output, combined in parallel by the layers that predict.

    The paper leaves open whether both are combined sequentially or in parallel, and how they are trained. All is one
    network here: every modality has a softmax over its own code, what these expect joins the fused features, and the
    loss holds them to be good predictions by themselves. Training separate models first would show the combining
    layers outputs for train rows that are better than they will ever be again.

    Evidence (validation RMSE, mean of seeds 10 and 11): 0.8625 on ML-100K and 0.720 on the sample shop, which is no
    better than `early-fusion` (0.861 and 0.714).
    """

    name: ClassVar[str] = "hybrid-fusion"
    Config = HybridConfig

    def _network(self, train: Interactions, features: Features) -> HybridNetwork:
        encoders = self._encoders(train, features)
        return HybridNetwork(encoders, self._fused, train, features, self.config, self.device)
