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
        # The MLP's first layer as its two halves: each is made once for a user or an item, not for every pair.
        self.from_user, self.from_item = nn.Linear(size, LAYERS[0]), nn.Linear(size, LAYERS[0], bias=False)
        self.deeper = nn.Sequential(nn.ReLU(), Dropout(config.dropout), nn.Linear(*LAYERS), nn.ReLU())
        self.split = [size, LAYERS[0]]
        self.head = SoftmaxHead(size + LAYERS[1], train, features, config.squared_weight)

    def user_side(self, users: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2 x width + 128]: p_u, and its half of the MLP's first layer."""
        vector = self.users(users, rows)
        return torch.cat([vector, self.from_user(vector)], 1)

    def item_side(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2 x width + 128]: q_i, and its half of the MLP's first layer."""
        vector = self.items(items, rows)
        return torch.cat([vector, self.from_item(vector)], 1)

    def joined(self, of_user: Tensor, of_item: Tensor, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, n rating values] logits (eq. 1)."""
        (p, from_p), (q, from_q) = of_user.split(self.split, 1), of_item.split(self.split, 1)
        return self.head(torch.cat([p * q, self.deeper(from_p + from_q)], 1))
