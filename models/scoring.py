"""The first k of the whole catalogue minus what was seen, for many users, in blocks, on the CPU or a GPU."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from models.metrics import top_k
from models.recommender import Recommender

GROUP = 64
"""Neighbouring items of which only the best is looked at first."""
CELLS = 2_000_000
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
    if factors is None:
        block = max(1, PAIRS // model.n_items)
        for some in _blocks(users, block):
            scores = torch.from_numpy(np.ascontiguousarray(model.score(some), dtype=np.float32)).to(model.device)
            yield _lists(some, _padded(scores), seen[some], k, model.n_items)
        return
    left, right = (torch.from_numpy(matrix).to(model.device) for matrix in factors)
    right = _padded(right.T)

    block, own = max(1, CELLS // model.n_items), threading.local()

    def ranked(some: np.ndarray) -> Lists:
        if not hasattr(own, "scores"):  # fresh memory for every block costs as much as filling it
            own.scores = torch.empty(min(block, len(users)), right.shape[1], device=right.device)
        rows = left[torch.from_numpy(np.asarray(some, np.int64)).to(left.device)]
        return _lists(some, torch.mm(rows, right, out=own.scores[: len(some)]), seen[some], k, model.n_items)

    threads = torch.get_num_threads() if left.device.type == "cpu" else 1
    yield from _in_order(ranked, _blocks(users, block), threads)


def _blocks(users: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (users[start : start + size] for start in range(0, len(users), size))


def _in_order(ranked: Callable[[np.ndarray], Lists], blocks: Iterator[np.ndarray], threads: int) -> Iterator[Lists]:
    """Whole blocks side by side, one thread each: threads that share every small step wait for one another most of the
    time, on a busy machine ten times as long as the step takes."""
    if threads == 1:
        yield from map(ranked, blocks)
        return
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        waiting: deque[Future[Lists]] = deque()
        try:
            for some in blocks:
                waiting.append(pool.submit(ranked, some))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
            torch.set_num_threads(threads)


def _padded(matrix: Tensor) -> Tensor:
    """The matrix with columns of zeros, up to a multiple of GROUP."""
    return torch.nn.functional.pad(matrix, (0, -matrix.shape[1] % GROUP)).contiguous()


def _lists(users: np.ndarray, scores: Tensor, seen: csr_matrix, k: int, n_items: int) -> Lists:
    """scores: [b, n_items and padding], which is overwritten."""
    if torch.isnan(scores.sum()) and torch.isnan(scores).any():
        raise ValueError("scoring: a model gave NaN scores")
    width = scores.shape[1]
    rows = np.repeat(np.arange(len(users), dtype=np.int64), np.diff(seen.indptr))
    scores.view(-1).index_fill_(0, torch.from_numpy(rows * width + seen.indices).to(scores.device), -torch.inf)
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
    # Whole groups as rows of one table: `gather` would fetch every score by an index of its own, ten times as slow.
    rows = chosen + groups.shape[1] * torch.arange(len(scores), device=scores.device)[:, None]
    candidates = groups.view(-1, GROUP).index_select(0, rows.view(-1)).view(len(scores), -1)
    values, place = candidates.topk(count, dim=1)
    return values, chosen.gather(1, place // GROUP) * GROUP + place % GROUP
