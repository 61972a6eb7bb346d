"""The transformer encoder of xia2024 section 3.5, for short sequences of which only the [CLS] row is wanted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from models.fusion.poster_transformer import PosterTransformerConfig


def sinusoidal_positions(length: int, width: int) -> Tensor:
    """float32 [length, width]: equations 4 and 5 of xia2024. `width` is even."""
    position = torch.arange(length, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000.0) / width))
    return torch.stack([torch.sin(position * rate), torch.cos(position * rate)], 2).flatten(1)


class EncoderLayer(nn.Module):
    """Multi-head self-attention (eq. 7-11) and a feed-forward layer, each normalised first and added to its input."""

    def __init__(self, config: PosterTransformerConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.feed_forward
        self.heads, self.dropout = config.heads, config.dropout
        self.norm_attention, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))

    def forward(self, tokens: Tensor, first_only: bool = False) -> Tensor:
        """[batch, length, width] to the same; with `first_only`, to [batch, 1, width], the first token's row."""
        normed = self.norm_attention(tokens)
        wanted, asked = (tokens[:, :1], normed[:, :1]) if first_only else (tokens, normed)
        query = self._heads(self.query(asked))
        key, value = (self._heads(t) for t in self.key_value(normed).chunk(2, -1))
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        wanted = wanted + self._drop(self.out(mixed))
        return wanted + self._drop(self.feed(self.norm_feed(wanted)))

    def attention(self, tokens: Tensor) -> Tensor:
        """[batch, length, length]: what each token (row) looks at, mean over the heads; rows sum to 1."""
        normed = self.norm_attention(tokens)
        query, key = self._heads(self.query(normed)), self._heads(self.key_value(normed).chunk(2, -1)[0])
        return (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).softmax(-1).mean(1)

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _drop(self, x: Tensor) -> Tensor:
        # One mask for all tokens of a pair: on a CPU, drawing a mask for each costs more than the layer's products.
        if not self.training or self.dropout == 0:
            return x
        return x * F.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.dropout)


class Encoder(nn.Module):
    """[CLS], the feature tokens and [SEP] with fixed positions, through the layers, to h_CLS (eq. 6, 12, 13)."""

    def __init__(self, n_tokens: int, config: PosterTransformerConfig) -> None:
        super().__init__()
        self.cls, self.sep = (nn.Parameter(torch.randn(config.width) * 0.02) for _ in range(2))
        self.register_buffer("positions", sinusoidal_positions(n_tokens + 2, config.width), persistent=False)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """[batch, n_tokens, width] to h_CLS [batch, width]."""
        x = self._placed(tokens)
        for layer in self.layers[:-1]:
            x = layer(x)
        # Nothing reads the other rows of the last layer, so that they are not computed.
        return self.norm(self.layers[-1](x, first_only=True)[:, 0])

    def rollout(self, tokens: Tensor) -> Tensor:
        """[batch, n_tokens]: the share of each feature token in h_CLS, without [CLS] and [SEP]; rows sum to 1.

        Attention rollout (Abnar and Zuidema 2020, section 3): each layer passes on half of what a token was and half of
        what it attends to. It tells where information may come from, not what it does to the prediction.
        """
        x = self._placed(tokens)
        whole = flow = torch.eye(x.shape[1], device=x.device, dtype=torch.float32)
        for layer in self.layers:
            flow = (0.5 * layer.attention(x).float() + 0.5 * whole) @ flow
            x = layer(x)
        shares = flow[:, 0, 1:-1]
        return shares / shares.sum(1, keepdim=True)

    def _placed(self, tokens: Tensor) -> Tensor:
        first, last = (p.to(tokens.dtype).expand(len(tokens), 1, -1) for p in (self.cls, self.sep))
        return torch.cat([first, tokens, last], 1) + self.positions.to(tokens.dtype)
