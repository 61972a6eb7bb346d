"""The network of jiang2024: a vector for the user and one for the item, and neural matrix factorisation over them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models.data import Features, Interactions
from models.fusion.codes import principal_codes
from models.fusion.dropout import Dropout
from models.fusion.history import Links
from models.fusion.modality_encoders import IdentitySource, Likings, Reviews, Side, Widths, sides
from models.fusion.two_sided import TwoSidedNetwork
from models.heads import SoftmaxHead
from models.modalities import without

if TYPE_CHECKING:
    from models.fusion.jiang import JiangConfig

LAYERS = 128, 64
"""Neurons of the two hidden layers that every MLP of the paper has (section V)."""


class Tower(nn.Module):
    """One side's vector: what an MLP makes of texts and pictures, beside what another makes of structured data."""

    def __init__(self, parts: list[Side], config: JiangConfig) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.lifts = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(), Dropout(config.dropout), nn.Linear(LAYERS[0], LAYERS[1]), nn.ReLU(),
                nn.Linear(LAYERS[1], config.width),
            )
            for _ in parts
        )  # fmt: skip

    def forward(self, ids: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, parts x width]"""
        return torch.cat([lift(part(ids, rows)) for lift, part in zip(self.lifts, self.parts, strict=True)], 1)


class JiangNetwork(TwoSidedNetwork):
    """GMF, the product of both vectors entry by entry, and an MLP over them side by side, joined in the last layer."""

    def __init__(
        self, train: Interactions, features: Features, by_user: Links, reviews: Reviews | None, config: JiangConfig
    ) -> None:
        super().__init__()
        widths = Widths(LAYERS[0], config.identity_width, config.vector_dropout)
        unstructured = without(features, "structure")
        structured = replace(features, item_vectors={}, user_vectors={}, reviews=None)
        content, fields = sides(unstructured, train, widths, reviews=reviews), sides(structured, train, widths)
        for table in features.item_vectors.values():
            codes = principal_codes(table, config.liking_width)
            if codes.shape[1]:
                content[0].histories.append(Likings(by_user, train.items, codes, widths))
        if config.identities:
            for side, n in zip(fields, (features.n_users, features.n_items), strict=True):
                side.fixed.append(IdentitySource(n, widths))
        self.users, self.items = (Tower([*parts], config) for parts in zip(content, fields, strict=True))
        size = 2 * config.width
        self.mlp = nn.Sequential(
            nn.Linear(2 * size, LAYERS[0]), nn.ReLU(), Dropout(config.dropout), nn.Linear(*LAYERS), nn.ReLU()
        )
        self.head = SoftmaxHead(size + LAYERS[1], train, features, config.squared_weight)

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2 x width]: p_u."""
        return self.users(users, rows)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2 x width]: q_i."""
        return self.items(items, rows)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, n rating values] logits (eq. 1)."""
        return self.head(torch.cat([of_user * of_item, self.mlp(torch.cat([of_user, of_item], 1))], 1))
