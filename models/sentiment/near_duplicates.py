"""Texts that are the same or nearly so, found by MinHash, so that they never stand on both sides of a split."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.sentiment.words import words

SHINGLE = 5
"""Words in a row that are compared as one."""
ALIKE = 0.5
"""Share of all shingles of two texts that both must have (Jaccard) to be near-duplicates."""
BANDS, ROWS = 16, 3
"""Pairs that agree in three minima of any band are compared: at a Jaccard of 0.5 that is missed once in eight, at 0.7
once in a thousand."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def groups_of(texts: Sequence[str], linked: Sequence[object] | None = None) -> np.ndarray:
    """int64 [n]: the same number for texts that belong together, numbered in order of their first text.

    linked: something of each text (an item, a film) whose texts are also to stay together; None ties to nothing.
    """
    if not texts:
        return np.zeros(0, np.int64)
    edges = _near([_shingles(text) for text in texts])
    if linked is not None:
        first: dict[object, int] = {}
        edges += [(first.setdefault(of, row), row) for row, of in enumerate(linked) if of is not None]
    left, right = np.array(edges or [(0, 0)], np.int64).T
    graph = coo_matrix((np.ones(len(left), bool), (left, right)), (len(texts), len(texts)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _shingles(text: str) -> np.ndarray:
    """uint64, sorted and unique: hashes of all runs of five words; of a shorter text, of all its words."""
    found = np.array([zlib.crc32(word.encode()) for word in words(text)], np.uint64)
    span = min(SHINGLE, len(found))
    mixed = np.zeros(max(1, len(found) - span + 1), np.uint64)
    for place in range(span):
        mixed = mixed * _MULTIPLIER + found[place : place + len(mixed)]
    return np.unique(_scrambled(mixed))


def _scrambled(values: np.ndarray) -> np.ndarray:
    values = (values ^ (values >> np.uint64(31))) * _MULTIPLIER
    return values ^ (values >> np.uint64(29))


def _near(shingles: list[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs of near-duplicates: each text with the first of those that it shares a band with, if they are alike."""
    flat = np.concatenate(shingles)
    starts = np.cumsum([0, *(len(row) for row in shingles[:-1])])
    edges: set[tuple[int, int]] = set()
    random = np.random.default_rng(0)
    for _ in range(BANDS):
        band = np.zeros(len(shingles), np.uint64)
        for salt in random.integers(1, 2**63, ROWS, dtype=np.uint64):
            band = band * _MULTIPLIER + np.minimum.reduceat(_scrambled(flat ^ salt), starts)
        for rows in _buckets(band):
            edges |= {
                (rows[0], row) for row in rows[1:] if (rows[0], row) not in edges and _alike(shingles, rows[0], row)
            }
    return sorted(edges)


def _buckets(keys: np.ndarray) -> list[list[int]]:
    """Row numbers of equal keys, for keys that stand more than once."""
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    return [part.tolist() for part in np.split(order, cuts) if len(part) > 1]


def _alike(shingles: list[np.ndarray], one: int, other: int) -> bool:
    both = len(np.intersect1d(shingles[one], shingles[other], assume_unique=True))
    return both >= ALIKE * (len(shingles[one]) + len(shingles[other]) - both)
