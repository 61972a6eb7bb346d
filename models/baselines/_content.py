"""What items are made of, as rows that can be compared: encoder outputs, reviews, and structured fields."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_matrix

from models.data import Features, Field, Interactions
from models.modalities import modality_of

WIDEST = 1000
"""Codes of a structured field at most; a field of more names single makers or places, and would not fit as columns."""


def text_rows(train: Interactions, features: Features) -> dict[str, np.ndarray]:
    """float32 [n_items, d] by field: titles, introductions and the like, and the mean of an item's train reviews.

    Rows are centred over the items that have the field, then of length 1; zeros where an item has none. Encoders put
    all texts near one another, so that without centring every film is like every other: profiles of ML-100K's users
    made of titles reach an NDCG@20 of 0.09 instead of 0.12 (validation, prior weight 0.5).
    """
    rows = {name: vectors for name, vectors in features.item_vectors.items() if modality_of(name) == "text"}
    if features.reviews is not None:
        rows["reviews"] = _mean_reviews(train, features)
    return _comparable(rows.items())


def content_rows(train: Interactions, features: Features) -> dict[str, np.ndarray]:
    """`text_rows`, pictures, sound and video in the same form, and all structured fields together as `structure`."""
    rows = {name: vectors for name, vectors in features.item_vectors.items() if modality_of(name) != "text"}
    fields = [_columns(field) for field in features.item_fields.values() if field.size <= WIDEST]
    if fields:
        rows["structure"] = np.concatenate(fields, axis=1)
    return text_rows(train, features) | _comparable(rows.items())


def principal(rows: np.ndarray, width: int) -> np.ndarray:
    """float32 [n, at most width]: first principal components, of length 1 again; rows of zeros stay."""
    if rows.shape[1] <= width:
        return rows
    axes = np.linalg.eigh((rows.T @ rows).astype(np.float64))[1][:, ::-1][:, :width]
    return unit(rows @ axes.astype(np.float32))


def unit(rows: np.ndarray) -> np.ndarray:
    """float32 [n, d]: the rows divided by their lengths; zeros stay zeros."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _comparable(rows: Iterable[tuple[str, np.ndarray]]) -> dict[str, np.ndarray]:
    comparable = {}
    for name, values in rows:
        there = np.any(values != 0, axis=1)
        if there.any():
            centred = np.where(there[:, None], values - values[there].mean(axis=0, dtype=np.float64), 0)
            comparable[name] = unit(centred.astype(np.float32))
    return comparable


def _columns(field: Field) -> np.ndarray:
    """float32 [n, size]: one column a value; the unknown one is all 0 where a field has codes."""
    if field.multi_hot:
        return field.values
    columns = np.eye(field.size, dtype=np.float32)
    columns[0] = 0
    return columns[field.values]


def _mean_reviews(train: Interactions, features: Features) -> np.ndarray:
    """float32 [n_items, d]: the mean vector of what was written of each item in the train fold."""
    written = np.flatnonzero(np.any(features.reviews != 0, axis=1))
    items = train.items[written]
    shape = features.n_items, len(train)
    sums = csr_matrix((np.ones(len(items), np.float32), (items, written)), shape=shape) @ features.reviews
    return sums / np.maximum(np.bincount(items, minlength=features.n_items), 1)[:, None].astype(np.float32)
