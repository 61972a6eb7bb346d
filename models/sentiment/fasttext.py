"""A bag of words and hashed word pairs: the mean of their vectors, and a linear layer (Joulin et al. 2017).

The paper's own program is not kept up any more; this is its model on the loop that all networks here share.
"""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.sentiment._network import Network, NetworkConfig, Reader, masked_mean
from models.sentiment.words import Ragged

_MIX = 1_000_003


class FastTextConfig(NetworkConfig):
    """As the networks, with pairs of words."""

    buckets: int = Field(2**18, ge=1)
    """Vectors that all pairs of neighbouring words share, by a hash."""
    width: int = Field(32, ge=4)
    """Numbers in a vector."""
    batch_size: int | None = Field(128, ge=1)
    """Texts a step; every step touches the whole table."""
    longest: int = Field(1000, ge=8)
    """Words that are read of a text; of a longer one its head and tail."""
    learning_rate: float = Field(1e-2, gt=0, le=1)
    """Highest step size of AdamW."""


class Mean(nn.Module):
    """The mean vector."""

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """[b, d]."""
        return masked_mean(vectors, there)


class FastText(Network):
    """Vectors of words as all networks have them, vectors of pairs from zero."""

    name = "fasttext"
    Config = FastTextConfig
    share = 0.3

    def _body(self, width: int) -> tuple[nn.Module, int]:
        return Mean(), width

    def _assembled(self, table: Tensor) -> Reader:
        if len(table) == len(self._vocabulary):
            table = torch.cat([table, torch.zeros(self.config.buckets, table.shape[1])])
        return super()._assembled(table)

    def _cut(self, numbers: list[np.ndarray]) -> Ragged:
        plain = super()._cut(numbers)
        rows = np.split(plain.numbers, plain.starts[1:])
        return Ragged.of([np.concatenate([row, self._pairs(row)]) for row in rows])

    def _pairs(self, row: np.ndarray) -> np.ndarray:
        mixed = (row[:-1].astype(np.int64) * _MIX + row[1:]) % self.config.buckets
        return (len(self._vocabulary) + mixed).astype(np.int32)
