"""From what a dataset knows of users and items to feature tokens of one common width (xia2024 sections 3.2-3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from models.data import Field
from models.fusion.codes import standardised_table
from models.fusion.history import Links, Taste

if TYPE_CHECKING:
    from models.fusion.poster_transformer import PosterTransformerConfig

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
    """An encoder's output, standardised per dimension over the items that have it; a learned vector for the others.

    To an item's own token is added how its content agrees with the contents that the user rated: the product, entry by
    entry, of its principal components and the user's taste for them, lifted to the same width. The fewer ratings an
    item has, the more this counts: where behaviour says it all, content would only be learned by heart.
    """

    def __init__(self, vectors: np.ndarray, users: Links, config: PosterTransformerConfig) -> None:
        super().__init__()
        device, width, size = users.count.device, config.width, vectors.shape[1]
        present = np.any(vectors != 0, axis=1)
        standard = standardised_table(vectors)
        self.register_buffer("vectors", torch.from_numpy(standard).to(device), persistent=False)
        self.register_buffer("present", torch.from_numpy(present)[:, None].to(device), persistent=False)
        hidden = (min(size, width) + width) // 2
        self.lift = nn.Sequential(nn.Dropout(config.vector_dropout), lift(size, hidden, width))
        self.missing = nn.Parameter(torch.randn(width) * 0.02)
        principal, self._axes = _principal(standard, present, config.agreement_width)
        codes = torch.from_numpy(principal).to(device)
        self.taste = Taste(users, codes)
        self.agree = nn.Sequential(nn.Dropout(config.agreement_dropout), nn.Linear(codes.shape[1] + 1, width))

    def forward(self, items: Tensor) -> Tensor:
        """[len(items), width]: the tokens of these items, whoever looks at them."""
        token = self.lift(self.vectors[items])
        return torch.where(self.present[items], token, self.missing.to(token.dtype))

    def agreement(self, users: Tensor, items: Tensor, own: Tensor | None, rare: Tensor) -> Tensor:
        """[batch, width]: what is added to the item's token for this user. rare: [batch, 1], 1 for an unrated item."""
        product = self.taste(users, items, own)
        return rare * self.agree(torch.cat([product, product.sum(1, keepdim=True)], 1))

    @contextmanager
    def showing(self, item: int, standard: np.ndarray) -> Iterator[None]:
        """For the time being, the item has another content: float32 [d], standardised as the others are."""
        before = self.vectors[item].clone(), self.taste.codes[item].clone()
        centre, axes = self._axes
        code = torch.zeros_like(before[1])
        code[: axes.shape[1]] = torch.from_numpy((standard - centre) @ axes).to(code)
        self.vectors[item], self.taste.codes[item] = torch.from_numpy(standard).to(before[0]), code
        try:
            yield
        finally:
            self.vectors[item], self.taste.codes[item] = before


def _principal(
    standard: np.ndarray, present: np.ndarray, width: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """float32 [n, width]: the first principal components, half whitened, of mean square 1; 0 where absent.

    Beside them (centre, axes): the code of any standardised row is (row - centre) @ axes.
    """
    codes = np.zeros((len(standard), width), dtype=np.float32)
    if present.sum() < 2:
        return codes, (np.zeros(standard.shape[1]), np.zeros((standard.shape[1], 0)))
    centre = standard[present].mean(0)
    known = standard[present] - centre
    axes = np.linalg.svd(known.astype(np.float64), full_matrices=False)[2][:width]
    components = known @ axes.T
    spread = np.sqrt(np.maximum(components.std(0), 1e-6))
    components = components / spread
    size = np.sqrt(np.mean(components**2))
    codes[present, : len(axes)] = components / size
    return codes, (centre, axes.T / spread / size)
