"""Short codes of items: the principal components of their content, and of who met them."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import svds

from models.data import Features, Field

CLAMP = 5.0
"""Standard deviations beyond which an entry says no more."""
WIDEST = 1024
"""Dimensions up to which a table's components are those of its covariance; beyond it they are found by iteration."""
COMMONEST = 256
"""Values of a one-hot field that have a column of their own; rarer brands say nothing of each other."""
RARE = 5.0
"""Pseudo-count of meetings that keeps the codes of rarely met items small."""


def content_codes(features: Features, width: int) -> np.ndarray:
    """float64 [n_items, k]: `width` components of every vector and structured field that items have, side by side."""
    tables = [*features.item_vectors.values(), *(one_hot(field) for field in features.item_fields.values())]
    codes = [principal_codes(table, width) for table in tables]
    return np.concatenate([np.zeros((features.n_items, 0)), *codes], 1)


def standardised_table(table: np.ndarray) -> np.ndarray:
    """float32, the same shape: zero mean and unit variance per dimension over the rows that are not all 0, clamped."""
    return standardised_like(table, table)


def standardised_like(rows: np.ndarray, table: np.ndarray) -> np.ndarray:
    """float32, the shape of `rows`: these rows, standardised by what the table's own are."""
    present = np.any(table != 0, axis=1)
    known = table[present] if present.any() else np.zeros((1, table.shape[1]))
    standard = ((rows - known.mean(0)) / np.maximum(known.std(0), 1e-6)).clip(-CLAMP, CLAMP)
    return np.where(np.any(rows != 0, axis=1)[:, None], standard, 0).astype(np.float32)


def one_hot(field: Field) -> np.ndarray:
    """float32 [n, k]: the field as a table, all 0 where it is unknown; of a code, the COMMONEST values at most."""
    if field.multi_hot:
        return field.values.astype(np.float32)
    count = np.bincount(field.values, minlength=field.size)
    count[0] = 0
    columns = np.argsort(-count, kind="stable")[: min(COMMONEST, np.count_nonzero(count))]
    return (field.values[:, None] == columns).astype(np.float32)


def filled(field: Field) -> np.ndarray:
    """bool [n]: where the field is known."""
    return np.any(field.values != 0, axis=1) if field.multi_hot else field.values != 0


def principal_codes(table: np.ndarray, width: int) -> np.ndarray:
    """float64 [n, at most width]: principal components of the standardised table, half whitened, of mean square 1.

    Half whitening (division by the root of a component's spread) lets strong components stay stronger without one
    drowning the others. Rows that are all 0 have code 0.
    """
    present = np.any(table != 0, axis=1)
    if present.sum() < 2:
        return np.zeros((len(table), 0))
    known = standardised_table(table)[present].astype(np.float64)
    known -= known.mean(0)
    components = known @ _axes(known, width)
    codes = np.zeros((len(table), components.shape[1]))
    codes[present] = _half_whitened(components)
    return codes


def presence_codes(owners: np.ndarray, others: np.ndarray, shape: tuple[int, int], width: int) -> np.ndarray:
    """float64 [shape[1], at most width]: components of who met whom, whatever the rating was.

    owners, others: int [n], the train pairs. What is met by the same owners gets like codes. The first component, how
    often something is met at all, is left out. Nothing met: code 0.
    """
    n_owners, n_others = shape
    count_owners = np.bincount(owners, minlength=n_owners)
    count_others = np.bincount(others, minlength=n_others)
    weight = 1 / np.sqrt(np.maximum(count_owners, 1)[owners] * (count_others[others] + RARE))
    matrix = sparse.csr_matrix((weight, (owners, others)), shape=shape)
    k = min(width + 1, min(shape) - 1)
    if k < 2:
        return np.zeros((n_others, 0))
    _, values, axes = svds(matrix, k=k, v0=np.ones(min(shape)))
    order = np.argsort(-values)[1:]
    return _half_whitened(axes[order].T * values[order]).clip(-CLAMP, CLAMP)


def _axes(known: np.ndarray, width: int) -> np.ndarray:
    """float64 [d, at most width]: the first principal axes, the strongest first."""
    n, d = known.shape
    if d <= WIDEST:
        strongest = max(0, d - width), d - 1
        values, vectors = eigh(known.T @ known / n, subset_by_index=strongest)
        kept = np.flatnonzero(values > 1e-8 * max(values[-1], 1e-12))[::-1]
        return vectors[:, kept]
    _, values, axes = svds(known, k=min(width, n - 1), v0=np.ones(min(known.shape)))
    return axes[np.argsort(-values)].T


def _half_whitened(components: np.ndarray) -> np.ndarray:
    components = components / np.sqrt(np.maximum(components.std(0), 1e-9))
    return components / max(float(np.sqrt(np.mean(components**2))), 1e-9) if components.size else components
