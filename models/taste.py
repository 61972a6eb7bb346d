"""How far a user's taste moves from one period to the next, in the vectors of one modality."""

from __future__ import annotations

import numpy as np

from models.vectors import unit

DEALS = 5
"""Times that a user's liked items are dealt over the periods anew, to know what chance alone gives."""


def likeness(
    vectors: np.ndarray, items: np.ndarray, cells: np.ndarray, users: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of a taste with that of the same user's period before, and what chance gives: two float64 [cells].

    vectors: float32 [items, d], zeros where an item has none. items, cells: int [likes], what was liked and in which
    cell. users: int [cells], sorted: a cell is a user's period, a user's periods follow each other. A taste is the mean
    vector of what was liked less the mean vector of all items, each vector at length one.

    Few likes make two tastes unlike although nothing has changed. So the same likes are dealt over the user's periods
    at random, as many to each: a taste has moved as far as its likeness is below that. NaN for a user's first period
    and where a period has no like with a vector.
    """
    there = vectors[items].any(axis=1)
    items, cells = items[there], cells[there]
    centred = unit(vectors) - unit(vectors[np.any(vectors != 0, axis=1)]).mean(axis=0)
    random = np.random.default_rng(seed)
    found = _to_previous(_tastes(centred, items, cells, len(users)), users)
    dealt = [
        _to_previous(_tastes(centred, _dealt(items, users[cells], random), cells, len(users)), users)
        for _ in range(DEALS)
    ]
    return found, np.mean(dealt, axis=0)


def _tastes(vectors: np.ndarray, items: np.ndarray, cells: np.ndarray, n: int) -> np.ndarray:
    """float64 [cells, d]; zeros for a cell without likes. Sums are enough, as cosines know no length."""
    from scipy.sparse import csr_matrix

    liked = csr_matrix((np.ones(len(items)), (cells, items)), shape=(n, len(vectors)))
    return liked @ vectors.astype(np.float64)


def _to_previous(tastes: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Cosine of each row with the row before, NaN where that is another user's or either is zero."""
    found = np.full(len(users), np.nan)
    lengths = np.linalg.norm(tastes, axis=1)
    able = 1 + np.flatnonzero((users[1:] == users[:-1]) & (lengths[1:] > 0) & (lengths[:-1] > 0))
    found[able] = (tastes[able] * tastes[able - 1]).sum(axis=1) / (lengths[able] * lengths[able - 1])
    return found


def _dealt(items: np.ndarray, owners: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The same items of each owner in random order."""
    place = np.argsort(owners, kind="stable")
    dealt = np.empty_like(items)
    dealt[place] = items[np.lexsort((random.random(len(items)), owners))]
    return dealt
