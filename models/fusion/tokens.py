"""From what a dataset knows of users and items to feature tokens of one common width (xia2024 sections 3.2-3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from models.data import Field

USER_FIELDS = ("age", "zip", "occupation", "gender")
ITEM_VECTORS = ("image", "title", "introduction")
"""The paper's order of the tokens; what a dataset has besides comes after them, in the dataset's own order."""


def in_order(names: Iterable[str], first: tuple[str, ...]) -> list[str]:
    """The names, those of `first` before the others."""
    names = list(names)
    return [n for n in first if n in names] + [n for n in names if n not in first]


def lift(*sizes: int) -> nn.Sequential:
    """Dense layers with ReLU between them that raise a low-dimensional code to the last size step by step (3.4)."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class FieldToken(nn.Module):
    """A structured field: a one-hot or multi-hot code, then dense layers."""

    def __init__(self, field: Field, hidden: int, width: int, device: str) -> None:
        super().__init__()
        if field.multi_hot:
            values = field.values / np.maximum(field.values.sum(1, keepdims=True), 1)
            self.values = torch.from_numpy(values.astype(np.float32)).to(device)
            self.first: nn.Module = nn.Linear(field.size, hidden)
        else:
            self.values = torch.from_numpy(field.values.astype(np.int64)).to(device)
            # A row of an embedding is what a dense layer makes of a one-hot code, without the product with zeros.
            self.first = nn.Embedding(field.size, hidden)
        self.lift = nn.Sequential(nn.ReLU(), lift(hidden, width))

    def forward(self, rows: Tensor) -> Tensor:
        """[len(rows), width]: the tokens of these users or items."""
        return self.lift(self.first(self.values[rows]))


class VectorToken(nn.Module):
    """An encoder's output, standardised per dimension over the items that have it; a learned vector for the others."""

    CLAMP = 5.0
    """Standard deviations beyond which an entry says no more."""

    def __init__(self, vectors: np.ndarray, hidden: int, width: int, dropout: float, device: str) -> None:
        super().__init__()
        present = np.any(vectors != 0, axis=1)
        known = vectors[present] if present.any() else np.zeros((1, vectors.shape[1]))
        self.register_buffer("mean", torch.from_numpy(known.mean(0).astype(np.float32)))
        self.register_buffer("std", torch.from_numpy(np.maximum(known.std(0), 1e-6).astype(np.float32)))
        self.vectors = torch.from_numpy(vectors.astype(np.float32)).to(device)
        self.present = torch.from_numpy(present)[:, None].to(device)
        self.lift = nn.Sequential(nn.Dropout(dropout), lift(vectors.shape[1], hidden, width))
        self.missing = nn.Parameter(torch.randn(width) * 0.02)

    def forward(self, rows: Tensor) -> Tensor:
        """[len(rows), width]: the tokens of these items."""
        standard = ((self.vectors[rows] - self.mean) / self.std).clamp(-self.CLAMP, self.CLAMP)
        token = self.lift(standard)
        return torch.where(self.present[rows], token, self.missing.to(token.dtype))
