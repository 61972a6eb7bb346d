"""Whether an embedding space means anything: do neighbours share a category more often than chance gives?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.reports.categories import NONE
from assets.reports.item_space import LEAST, SEED

NEIGHBOURS = 10
SHUFFLES = 400
"""How often the categories are dealt anew among the items, for what chance can give."""
QUANTILE = 0.975


@dataclass(frozen=True)
class Likeness:
    """share: of each item's NEIGHBOURS nearest, how many have its main category; mean over items, 0 to 1.

    items: how many were looked at, of different content. chance: the expected share were categories dealt at random.
    high: what QUANTILE of SHUFFLES such deals stay below.
    """

    items: int
    share: float
    chance: float
    high: float

    @property
    def telling(self) -> bool:
        """Whether chance does not explain the share."""
        return self.share > self.high


def likeness(vectors: np.ndarray, codes: np.ndarray) -> Likeness | None:
    """vectors: float32 [n, d] of length one. codes: int [n], main categories; items without one are left out.

    Items of the very same content count once: copies are each other's neighbours whatever the encoder does.
    None where fewer than LEAST items are left, or all are of one category.
    """
    named = np.flatnonzero(codes != NONE)
    once = named[np.sort(np.unique(vectors[named], axis=0, return_index=True)[1])]
    codes = codes[once]
    if len(once) < LEAST or len(np.unique(codes)) < 2:
        return None
    near = nearest(vectors[once], NEIGHBOURS)
    random = np.random.default_rng(SEED)
    deals = [_share(near, random.permutation(codes)) for _ in range(SHUFFLES)]
    return Likeness(len(once), _share(near, codes), _chance(codes), float(np.quantile(deals, QUANTILE)))


def nearest(vectors: np.ndarray, k: int) -> np.ndarray:
    """int [n, k]: the rows of the k largest cosines to each row but itself. vectors: float32 [n, d] of length one."""
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -np.inf)
    return np.argpartition(-similar, k, axis=1)[:, :k]


def _share(near: np.ndarray, codes: np.ndarray) -> float:
    return float((codes[near] == codes[:, None]).mean())


def _chance(codes: np.ndarray) -> float:
    counts = np.bincount(codes).astype(float)
    return float((counts * (counts - 1)).sum() / (len(codes) * (len(codes) - 1)))
