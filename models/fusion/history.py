"""Leave-one-out history: what a user's other ratings, and a film's other raters, say of them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from models.data import Interactions

SHRINK = 5.0
"""Pseudo-count that draws the mean of few ratings towards the overall mean."""


@dataclass(frozen=True)
class Links:
    """One direction of a train fold, as constant tensors: `owners` (users, say) and the `others` they are linked with.

    weighted, plain: sparse [n_owners, n_others] with its transpose; the ratings' residuals, and ones.
    residual: [n_ratings]; count, total: ratings and sum of residuals per owner, [n_owners].
    """

    weighted: tuple[Tensor, Tensor]
    plain: tuple[Tensor, Tensor]
    residual: Tensor
    count: Tensor
    total: Tensor

    def standing(self, owners: Tensor, own: Tensor | None) -> tuple[Tensor, Tensor]:
        """[batch, 1] each: ratings and shrunk mean residual of `owners`, without the residual `own` if given."""
        count, total = self.count[owners, None], self.total[owners, None]
        if own is not None:
            count, total = count - 1, total - own
        return count, total / (count + SHRINK)


def standardised(train: Interactions) -> np.ndarray:
    """float64 [n]: the train ratings less their mean, in standard deviations."""
    centred = train.ratings.astype(np.float64) - train.ratings.mean()
    return centred / max(centred.std(), 1e-6)


def links(train: Interactions, n_users: int, n_items: int, device: str = "cpu") -> tuple[Links, Links]:
    """The train fold seen from its users and from its items."""
    users, items = train.users.astype(np.int64), train.items.astype(np.int64)
    centred = standardised(train)
    return (
        _direction(users, items, centred, (n_users, n_items), device),
        _direction(items, users, centred, (n_items, n_users), device),
    )


def _direction(
    owners: np.ndarray, others: np.ndarray, centred: np.ndarray, shape: tuple[int, int], device: str
) -> Links:
    # The residual is what the *other* side's mean leaves. The owner's own mean may not be taken off here: it holds
    # the target rating, which a sum of the others' residuals would then give away.
    n_owners, n_others = shape
    mean = np.bincount(others, centred, n_others) / (np.bincount(others, minlength=n_others) + SHRINK)
    residual = (centred - mean[others]).astype(np.float32)

    def both_ways(values: np.ndarray) -> tuple[Tensor, Tensor]:
        return tuple(
            _csr(values, rows, columns, size).to(device)
            for rows, columns, size in ((owners, others, shape), (others, owners, shape[::-1]))
        )

    def dense(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(device)

    count, total = np.bincount(owners, minlength=n_owners), np.bincount(owners, residual, n_owners)
    return Links(both_ways(residual), both_ways(np.ones_like(residual)), dense(residual), dense(count), dense(total))


def _csr(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Tensor:
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=shape)
    parts = (torch.from_numpy(part) for part in (matrix.indptr, matrix.indices, matrix.data))
    with warnings.catch_warnings():  # torch says once that its CSR tensors are a beta feature
        warnings.simplefilter("ignore", UserWarning)
        return torch.sparse_csr_tensor(*parts, size=shape, check_invariants=True)


class _Spread(torch.autograd.Function):
    """matrix @ table for a constant sparse matrix; its transpose is at hand, so that backward is as fast."""

    @staticmethod
    def forward(ctx, matrix: Tensor, transposed: Tensor, table: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ table

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ grad.contiguous()


class HistoryCode(nn.Module):
    """A low-dimensional code of every owner, from the learned vectors of those it is linked with.

    Two vectors are learned for each other: what a high or low rating of it says, and what it says to be linked at all.
    """

    def __init__(self, link: Links, width: int) -> None:
        super().__init__()
        self.link = link
        n_others = link.plain[0].shape[1]
        self.opinion, self.presence = nn.Embedding(n_others, width), nn.Embedding(n_others, width)
        for table in (self.opinion, self.presence):
            nn.init.normal_(table.weight, std=0.1)

    @property
    def size(self) -> int:
        """Length of the code."""
        return 2 * self.opinion.embedding_dim + 2

    def sums(self) -> tuple[Tensor, Tensor, Tensor]:
        """For all owners, [n_owners, width] each: sums of residual x opinion, of opinions, of presences."""
        with torch.autocast(self.opinion.weight.device.type, enabled=False):  # sparse products know float32 only
            weighted = _Spread.apply(*self.link.weighted, self.opinion.weight)
            plain = _Spread.apply(*self.link.plain, torch.cat([self.opinion.weight, self.presence.weight], 1))
        return weighted, *plain.chunk(2, 1)

    def forward(self, sums: tuple[Tensor, ...], owners: Tensor, others: Tensor | None, own: Tensor | None) -> Tensor:
        """[batch, size]: the codes of `owners`; given residuals `own` of their ratings of `others`, without them."""
        weighted, opinion, presence = (table[owners] for table in sums)
        count, mean = self.link.standing(owners, own)
        if own is not None:
            vector = self.opinion(others)
            weighted, opinion = weighted - own * vector, opinion - vector
            presence = presence - self.presence(others)
        scale = torch.rsqrt(count + 1)
        # log(n + 1) of 0 to 1000 ratings, brought to about -1..1
        return torch.cat([(weighted - mean * opinion) * scale, presence * scale, mean, count.log1p() / 3.5 - 1], 1)


class Taste(nn.Module):
    """What users' ratings say of a content: the codes of the contents that they rated, weighted by how they did."""

    def __init__(self, link: Links, codes: Tensor) -> None:
        super().__init__()
        self.link = link
        self.register_buffer("codes", codes)
        self.register_buffer("weighted", link.weighted[0] @ codes)
        self.register_buffer("plain", link.plain[0] @ codes)

    def forward(self, users: Tensor, items: Tensor, own: Tensor | None) -> Tensor:
        """[batch, width]: taste x code of each pair; given the pairs' residuals `own`, without these ratings."""
        codes = self.codes[items]
        weighted, plain = self.weighted[users], self.plain[users]
        count, mean = self.link.standing(users, own)
        if own is not None:
            weighted, plain = weighted - own * codes, plain - codes
        return (weighted - mean * plain) * torch.rsqrt(count + 1) * codes
