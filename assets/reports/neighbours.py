"""Well-known items and what each encoder finds most like them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.matrices import Catalog
from assets.reports.categories import MainCategories
from assets.reports.item_space import BLOCK, unit
from assets.reports.posters import Thumbnails

KNOWN, NEAREST = 6, 5
POOL = 20_000
"""Neighbours are looked for among so many items, the most rated ones: a reader may know those."""


@dataclass(frozen=True)
class Neighbour:
    """similarity: cosine. alike: whether its main category is that of the item beside which it stands."""

    title: str
    picture: str | None
    category: str
    similarity: float
    alike: bool


@dataclass(frozen=True)
class Known:
    """A well-known item. lists: (field, its nearest items by that field, nearest first; empty without content)."""

    title: str
    picture: str | None
    category: str
    ratings: int
    lists: list[tuple[str, list[Neighbour]]]


def popularity_order(catalog: Catalog) -> tuple[np.ndarray, np.ndarray]:
    """Rows of items, most rated first, and ratings [items]; equal counts in the catalog's order."""
    counts = np.bincount(catalog.interactions.items, minlength=len(catalog.items))
    return np.argsort(-counts, kind="stable"), counts


def known_items(
    catalog: Catalog, matrices: dict[str, np.ndarray], categories: MainCategories, pictures: Thumbnails
) -> list[Known]:
    """The most rated items, those with the most fields first. matrices: field -> float32 [items, d], zeros: none."""
    order, counts = popularity_order(catalog)
    pool = order[:POOL]
    there = np.stack([_filled(matrix, pool) for matrix in matrices.values()], axis=1)
    chosen = np.argsort(-there.sum(axis=1), kind="stable")[:KNOWN]
    near = {name: _nearest(m, pool, there[:, k], chosen) for k, (name, m) in enumerate(matrices.items())}
    names = catalog.items.title.fillna(catalog.items.item_id).to_numpy()
    ids = catalog.items.item_id.to_numpy()

    def neighbour(item: int, other: int, similarity: float) -> Neighbour:
        alike = categories.of(item) != "" and categories.of(item) == categories.of(other)
        return Neighbour(names[other], pictures.of(ids[other]), categories.of(other), similarity, alike)

    return [
        Known(
            names[item], pictures.of(ids[item]), categories.of(item), int(counts[item]),
            [(name, [neighbour(item, *one) for one in lists[place]]) for name, lists in near.items()],
        )
        for place, item in enumerate(pool[chosen])
    ]  # fmt: skip


def _filled(matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    blocks = [matrix[rows[start : start + BLOCK]].any(axis=1) for start in range(0, len(rows), BLOCK)]
    return np.concatenate([*blocks, np.empty(0, dtype=bool)])


def _nearest(
    matrix: np.ndarray, pool: np.ndarray, there: np.ndarray, chosen: np.ndarray
) -> list[list[tuple[int, float]]]:
    """For each chosen place in the pool: (row, cosine) of the NEAREST rows, best first; none without content."""
    asked = unit(matrix[pool[chosen]])
    blocks = [asked @ unit(matrix[pool[start : start + BLOCK]]).T for start in range(0, len(pool), BLOCK)]
    similar = np.concatenate(blocks, axis=1)
    similar[:, ~there] = -np.inf
    similar[np.arange(len(chosen)), chosen] = -np.inf
    best = np.argsort(-similar, axis=1, kind="stable")[:, :NEAREST]
    return [
        [(int(pool[at]), float(row[at])) for at in places if there[place] and row[at] > -np.inf]
        for place, row, places in zip(chosen, similar, best, strict=True)
    ]
