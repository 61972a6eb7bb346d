"""Residuals smoothed over what is alike: of the same user over like items, of the same item over like users."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from models.baselines._similarity import company, nearest, product_cells
from models.data import Features

LARGEST = 100_000_000
"""Items x items, and users x users, above which the dense likenesses are not made, and these columns are left out."""
NEIGHBOURS, SHRINKAGE = 200, {"items": 30.0, "users": 20.0}
"""As in the neighbourhood models: whose residuals agree, in how many common ratings to believe half."""
SHARP = 4
"""Power of the cosine of contents: only what is near counts."""
Columns = dict[str, np.ndarray]


def item_likenesses(residuals: csr_matrix, features: Features) -> dict[str, np.ndarray]:
    """float32 [n_items, n_items] each, zero on the diagonal: by ratings, by raters, by genre, and by each vector.

    residuals: CSR [n_users, n_items]. An empty dictionary for too many items.
    """
    if residuals.shape[1] ** 2 > LARGEST:
        return {}
    found = {"ratings": _by_residuals(residuals, "items"), "raters": _by_company(residuals)}
    found |= {name: _cosine(field.table()) for name, field in features.item_fields.items() if field.multi_hot}
    return found | {name: _cosine(vectors) for name, vectors in features.item_vectors.items()}


def user_likenesses(residuals: csr_matrix, features: Features) -> dict[str, np.ndarray]:
    """float32 [n_users, n_users] each: by ratings, by what was rated, and by the structured fields."""
    if residuals.shape[0] ** 2 > LARGEST:
        return {}
    turned = csr_matrix(residuals.T)
    found = {"ratings": _by_residuals(turned, "users"), "rated": _by_company(turned)}
    small = [field for field in features.user_fields.values() if field.size <= 64]
    return found | ({"fields": _cosine(np.hstack([field.table() for field in small]))} if small else {})


def _by_residuals(residuals: csr_matrix, side: str) -> np.ndarray:
    near, weight = nearest(residuals.astype(np.float32), SHRINKAGE[side], NEIGHBOURS)
    dense = np.zeros((len(near), len(near)), np.float32)
    dense[np.arange(len(near))[:, None], near] = weight
    return dense


def _by_company(residuals: csr_matrix) -> np.ndarray:
    rated = residuals.astype(np.float32)
    rated.data = np.ones_like(rated.data)
    return company((rated.T @ rated).toarray())


def _cosine(vectors: np.ndarray) -> np.ndarray:
    present = np.any(vectors != 0, axis=1)
    centred = np.where(present[:, None], vectors - (vectors[present].mean(0) if present.any() else 0), 0)
    unit = (centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    likeness = np.maximum(unit @ unit.T, 0) ** SHARP
    np.fill_diagonal(likeness, 0)
    return likeness


def smoothings(
    name: str, likeness: np.ndarray, of: dict[str, csr_matrix], users: np.ndarray, items: np.ndarray, by_items: bool
) -> Columns:
    """For each matrix of residuals their weighted mean at the pairs, and how much weight there was.

    likeness: over items (the user's ratings are summed) or over users (the item's are). of: CSR [n_users, n_items];
    `ones` holds a 1 for every rating.
    """
    side = f"{name}_{'items' if by_items else 'users'}"

    def at(matrix: csr_matrix) -> np.ndarray:
        factors = (matrix, likeness) if by_items else (likeness, matrix)
        return product_cells(*factors, users, items)

    weight = at(of["ones"])
    columns = {f"{side}_weight": weight}
    return columns | {f"{side}_{kind}": at(matrix) / (weight + 0.3) for kind, matrix in of.items() if kind != "ones"}


def company_weights(ones: csr_matrix, weight: float = 200.0) -> np.ndarray | None:
    """float32 [n_items, n_items]: ones @ it says how much one would expect a user to rate an item at all (EASE, Steck
    2019, on what was rated, whatever the rating); None for too many items."""
    if ones.shape[1] ** 2 > LARGEST:
        return None
    inverse = _inverse(ones.astype(np.float64), weight)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def _inverse(rows: csr_matrix, weight: float) -> np.ndarray:
    """float64 [m, m]: (rows^T rows + weight)^-1; through rows rows^T where that is much the smaller (Woodbury)."""
    n, m = rows.shape
    if 2 * n >= m:
        return np.linalg.inv((rows.T @ rows).toarray() + weight * np.eye(m))
    small = np.linalg.inv((rows @ rows.T).toarray() + weight * np.eye(n))
    return (np.eye(m) - rows.T @ (small @ rows)) / weight
