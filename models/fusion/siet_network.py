"""The network of Siet et al. 2024: a film asks the sequence of films that a user rated, by multi-head attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from models.data import Features, Field, Interactions
from models.fusion.dropout import Dropout
from models.fusion.encoder import sinusoidal_positions
from models.fusion.modality_encoders import FieldSource, Widths
from models.fusion.sequences import Sequences, Window
from models.heads import LinearHead
from models.torch_recommender import PairNetwork

if TYPE_CHECKING:
    from models.fusion.siet import SietConfig


KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
"""All but cuDNN's, which refuses this mask with an error (torch 2.11, H200) where the others are passed over."""


class Embedded(nn.Module):
    """A learned vector of each user or film, plus one for each value of its structured fields."""

    def __init__(self, n: int, fields: dict[str, Field], width: int) -> None:
        super().__init__()
        self.identity = nn.Embedding(n, width)
        nn.init.normal_(self.identity.weight, std=0.05)
        sizes = Widths(code=width, identity=width, drop=0.0)
        self.fields = nn.ModuleDict({name: FieldSource(field, sizes) for name, field in fields.items()})

    def forward(self, ids: Tensor) -> Tensor:
        """[len(ids), width]"""
        return sum((source(ids) for source in self.fields.values()), self.identity(ids))


class SietNetwork(PairNetwork):
    """One transformer layer whose query is the film asked for, then dense layers over its row and the user's vector."""

    def __init__(self, train: Interactions, features: Features, sequences: Sequences, config: SietConfig) -> None:
        super().__init__()
        width, hidden = config.width, config.hidden
        self.sequences, self.length, self.latest, self.heads = sequences, config.length, config.latest, config.heads
        self.users = Embedded(features.n_users, features.user_fields, width)
        self.films = Embedded(features.n_items, features.item_fields, width)
        self.register_buffer("positions", sinusoidal_positions(config.length, width), persistent=False)
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.nothing = nn.Parameter(torch.zeros(2 * width))
        self.out = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.LeakyReLU(), nn.Linear(2 * width, width))
        self.norm_attention, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.drop = Dropout(config.dropout)
        # The first dense layer as its two halves: that of the user is made once for all films.
        self.from_row, self.from_user = nn.Linear(width, 2 * hidden), nn.Linear(width, 2 * hidden, bias=False)
        self.dense = nn.Sequential(
            nn.LeakyReLU(inplace=True), Dropout(config.dropout),
            nn.Linear(2 * hidden, hidden), nn.LeakyReLU(inplace=True), Dropout(config.dropout),
        )  # fmt: skip
        self.head = LinearHead(hidden, train, features)

    def forward(self, users: Tensor, items: Tensor, rows: Tensor | None = None) -> Tensor:
        """[batch]; a train row sees what its user rated before it or last, never itself; other pairs see the last."""
        moments, own = self.sequences.last[users], None
        if rows is not None:
            own = self.sequences.place[rows]
            moments = torch.where(torch.rand(len(rows), device=own.device) < self.latest, moments, own)
        films, known = self.catalogue()
        return self.asked(users, moments, F.embedding(items, films)[:, None], known, own)[:, 0]

    def catalogue(self) -> tuple[Tensor, Tensor]:
        """Of all films: vectors [n_items, width], and what is a key and a value of each but for the bias, of 2 width.

        Made once, since a film stands in many sequences.
        """
        films = self.films(torch.arange(len(self.films.identity.weight), device=self.nothing.device))
        return films, F.linear(films, self.key_value.weight)

    def asked(self, users: Tensor, moments: Tensor, films: Tensor, known: Tensor, own: Tensor | None = None) -> Tensor:
        """[batch, n]: the ratings of n films by each user at a moment, int64 [batch] each.

        films: [batch or 1, n, width], vectors of the films asked for. known: as `catalogue` gives it. own: places of
        the ratings in question among the train ratings, to be left out; None where they are not among them.
        """
        key, value, mask = self._memory(self.sequences.window(users, moments, self.length, own), known)
        query = self._split(self.query(films)).expand(len(users), -1, -1, -1)
        with sdpa_kernel(KERNELS):
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        row = self.norm_attention(films + self.drop(self.out(mixed.transpose(1, 2).flatten(2))))
        row = self.norm_feed(row + self.drop(self.feed(row)))
        hidden = self.from_row(row) + self.from_user(self.drop(self.users(users)))[:, None]
        return self.head(self.dense(hidden).flatten(0, 1)).view(len(users), -1)

    def _memory(self, window: Window, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values [batch, heads, length + 1, width / heads], and which of them there are."""
        # (film + position) x rating, projected: the projection is linear, so that it is taken of each film only once.
        positions = F.linear(self.positions.to(known.dtype), self.key_value.weight)
        tokens = (F.embedding(window.items, known) + positions) * window.ratings[..., None]
        nothing = self.nothing.to(tokens.dtype).expand(len(tokens), 1, -1)
        tokens = torch.cat([nothing, tokens], 1) + self.key_value.bias
        key, value = (self._split(part) for part in tokens.chunk(2, -1))
        return key, value, F.pad(window.known, (1, 0), value=True)[:, None, None]

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
