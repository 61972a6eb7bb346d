"""What a list is like besides hitting: how popular, novel and varied it is, and whether it keeps a user's proportions.

`top` is always int [m, k]: a list of items per user, best first, -1 where it ends early (`models.metrics.top_k`).
Values come per user, float64 [m], NaN where a user's list or history has nothing to measure.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

BLOCK = 4096
"""Lists whose vectors are added up at a time."""
SMOOTHING = 0.01
"""Steck's alpha: the share of the user's own genres that is mixed into those of the list, so that none is 0."""


def _mean_of_listed(top: np.ndarray, values: np.ndarray) -> np.ndarray:
    there = top >= 0
    total = np.where(there, values[top], 0.0).sum(axis=1)
    counts = there.sum(axis=1)
    return np.divide(total, counts, out=np.full(len(top), np.nan), where=counts > 0)


def mean_popularity(top: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean number of train ratings of the listed items. counts: int [n_items]. Abdollahpouri et al. 2019, ARP."""
    return _mean_of_listed(top, np.asarray(counts, np.float64))


def novelty(top: np.ndarray, counts: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of the listed items in bits: -log2(counts / n_users); an unrated item counts as rated once.

    Source: Zhou et al. 2010, solving the apparent diversity-accuracy dilemma.
    """
    return _mean_of_listed(top, -np.log2(np.maximum(counts, 1) / n_users))


def diversity(top: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Mean of 1 - cosine over all pairs of a list, by content. vectors: float [n_items, d], zeros where there is none.

    Items without content are left out; lists with fewer than two others are NaN. Source: Ziegler et al. 2005, ILS.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros(vectors.shape, np.float64), where=lengths > 0)
    lists, known = _lists(top, len(unit)), (lengths > 0).astype(np.float64)
    counts = (lists @ known)[:, 0]
    # The squared length of a sum of unit vectors is their number and twice the cosines of all pairs.
    blocks = (lists[start : start + BLOCK] @ unit for start in range(0, len(top), BLOCK))
    squared = np.concatenate([(sums**2).sum(axis=1) for sums in blocks])
    pairs = counts * (counts - 1)
    return 1 - np.divide(squared - counts, pairs, out=np.full(len(top), np.nan), where=pairs > 0)


def genre_divergence(top: np.ndarray, liked: csr_matrix, genres: np.ndarray) -> np.ndarray:
    """Kullback-Leibler divergence, in bits, of a list's mix of genres from that of what the user liked; 0 is best.

    liked: CSR [m, n_items], a row for each list. genres: multi-hot [n_items, g]; an item's genres share its weight.
    Source: Steck 2018, calibrated recommendations, with its smoothing.
    """
    weights = genres.sum(axis=1, keepdims=True)
    mix = np.divide(genres, weights, out=np.zeros(genres.shape, np.float64), where=weights > 0)
    wanted = _shares(liked.astype(np.float64) @ mix)
    shown = _shares(_lists(top, len(mix)) @ mix)
    smoothed = (1 - SMOOTHING) * shown + SMOOTHING * wanted
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(wanted > 0, wanted * np.log2(wanted / smoothed), 0.0)
    undefined = np.isnan(wanted).any(axis=1) | np.isnan(shown).any(axis=1)
    return np.where(undefined, np.nan, terms.sum(axis=1))


def _lists(top: np.ndarray, n_items: int) -> csr_matrix:
    """float64 CSR [m, n_items]: 1 where an item is listed."""
    there = top >= 0
    starts = np.append(0, np.cumsum(there.sum(axis=1)))
    return csr_matrix((np.ones(starts[-1]), top[there], starts), shape=(len(top), n_items))


def _shares(sums: np.ndarray) -> np.ndarray:
    total = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0)
