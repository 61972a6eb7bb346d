"""The first k of the whole catalogue minus what was seen, for many users, in blocks, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from models.metrics import top_k
from models.recommender import Recommender

GROUP = 32
"""Neighbouring items of which only the best is looked at first."""
CELLS = 4_000_000
"""Scores of a block: 16 MB, which still lies in a processor's cache when the best of them are looked for."""
PAIRS = 400_000
"""Pairs of a block where each must go through a model."""


class Lists(NamedTuple):
    """The lists of some users: items int32 [b, k], best first, -1 where fewer are left; scores float32 [b, k]."""

    users: np.ndarray
    items: np.ndarray
    scores: np.ndarray


def recommend(model: Recommender, users: np.ndarray, seen: csr_matrix, k: int) -> Iterator[Lists]:
    """Lists of these users, block by block, in their order. seen: CSR [n_users, n_items], what is not recommended.

    A model with `factors` is ranked by products of matrices on its device, any other by its `score`. Equal scores come
    by item index, as in `models.metrics.top_k`.
    """
    factors = model.factors()
    if factors is not None:
        left, right = (torch.from_numpy(matrix).to(model.device) for matrix in factors)
        right = _padded(right.T)
    block = max(1, (CELLS if factors is not None else PAIRS) // model.n_items)
    for start in range(0, len(users), block):
        some = users[start : start + block]
        if factors is None:
            scores = torch.from_numpy(np.ascontiguousarray(model.score(some), dtype=np.float32)).to(model.device)
            scores = _padded(scores)
        else:
            scores = left[torch.from_numpy(np.asarray(some, np.int64)).to(left.device)] @ right
        yield _lists(some, scores, seen[some], k, model.n_items)


def _padded(matrix: Tensor) -> Tensor:
    """The matrix with columns of zeros, up to a multiple of GROUP."""
    return torch.nn.functional.pad(matrix, (0, -matrix.shape[1] % GROUP)).contiguous()


def _lists(users: np.ndarray, scores: Tensor, seen: csr_matrix, k: int, n_items: int) -> Lists:
    """scores: [b, n_items and padding], which is overwritten."""
    if torch.isnan(scores.sum()) and torch.isnan(scores).any():
        raise ValueError("scoring: a model gave NaN scores")
    width = scores.shape[1]
    rows = np.repeat(np.arange(len(users), dtype=np.int64), np.diff(seen.indptr))
    scores.view(-1)[torch.from_numpy(rows * width + seen.indices).to(scores.device)] = -torch.inf
    scores[:, n_items:] = -torch.inf
    values, items = _best(scores, min(k + 1, n_items))
    # One more than wanted, so that a tie at the end is seen as well.
    tied = (values[:, 1:] == values[:, :-1]) & torch.isfinite(values[:, 1:])
    items, values = items[:, :k].to(torch.int32), values[:, :k]
    items[~torch.isfinite(values)] = -1
    out = np.full((len(users), k), -1, np.int32), np.full((len(users), k), -np.inf, np.float32)
    out[0][:, : items.shape[1]], out[1][:, : items.shape[1]] = items.cpu().numpy(), values.cpu().numpy()
    if len(again := np.flatnonzero(tied.any(1).cpu().numpy())):
        exact = scores[torch.from_numpy(again).to(scores.device), :n_items].cpu().numpy()
        out[0][again] = top_k(exact, None, k)
        out[1][again] = np.where(out[0][again] < 0, -np.inf, np.take_along_axis(exact, out[0][again], axis=1))
    return Lists(users, *out)


def _best(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Values and columns of the `count` largest of each row: they lie in the `count` groups with the largest heads."""
    groups = scores.view(len(scores), -1, GROUP)
    if groups.shape[1] <= count:
        return scores.topk(count, dim=1)
    chosen = groups.amax(2).topk(count, dim=1, sorted=False).indices
    candidates = groups.gather(1, chosen[:, :, None].expand(-1, -1, GROUP)).flatten(1)
    values, place = candidates.topk(count, dim=1)
    return values, chosen.gather(1, place // GROUP) * GROUP + place % GROUP
