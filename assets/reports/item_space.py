"""The vectors of one content field as the report looks at them: a bounded sample, of length one."""

from __future__ import annotations

import numpy as np

from assets.reports.material import Material
from assets.vectors.matrix import item_vectors

SAMPLE = 2000
"""Items that are drawn and counted; what they show does not change with more."""
LEAST = 24
"""Items that a field must have for a picture or a share to say anything."""
BLOCK = 4096
"""Rows that are read from the disk at once."""
SEED = 0


def matrix_of(material: Material, field: str) -> np.ndarray | None:
    """float32 [items, d], mapped into memory, zeros where an item has no such content; None where none was encoded.

    Raises ValueError where the vectors are of another state of the items.
    """
    try:
        matrix = item_vectors(material.home, material.about.name, field)
    except FileNotFoundError:
        return None
    items = len(material.catalog.items)
    if len(matrix) != items:
        raise ValueError(
            f"{material.about.name}: the vectors of {field} are of {len(matrix):,} items, but there are {items:,}. "
            "The items were made anew since: materialize text_embeddings and image_embeddings again."
        )
    return matrix if matrix.shape[1] else None


def sampled(matrix: np.ndarray, wanted: int = SAMPLE) -> np.ndarray:
    """int [<= wanted], rising: rows with content, drawn evenly; the same rows for the same matrix."""
    order = np.random.default_rng(SEED).permutation(len(matrix))
    return np.sort(filled(matrix, order, wanted))


def filled(matrix: np.ndarray, order: np.ndarray, wanted: int) -> np.ndarray:
    """int [<= wanted]: the first rows in this order that have content. Reads block by block, no more than it needs."""
    found = np.empty(0, dtype=np.int64)
    for start in range(0, len(order), BLOCK):
        rows = order[start : start + BLOCK]
        found = np.append(found, rows[matrix[rows].any(axis=1)])
        if len(found) >= wanted:
            break
    return found[:wanted]


def unit(vectors: np.ndarray) -> np.ndarray:
    """float32 [n, d]: rows of length one, so that a product of two is their cosine; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
