"""Who resembles whom: the nearest neighbours by shrunk adjusted cosine, in blocks that fit into memory."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, issparse

BLOCK_CELLS = 2**23
"""Cells of one dense block of similarities: 32 MB as float32, a handful of them alive at a time."""

SHARP = 3
"""Power of the cosine of company."""


def nearest(residuals: csr_matrix, shrinkage: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` most similar columns of every column: int32 [n, count] and float32 [n, count], best first.

    residuals: CSR [raters, n], ratings minus biases. Similarity of a and b, who share m raters:
    <a, b> / (|a| |b|) * m / (m + shrinkage), negative ones cut to 0 (adjusted cosine: Sarwar et al. 2001, section 3.1;
    shrinkage: Koren 2010, section 2.2). Where fewer than `count` are similar the rest has similarity 0.
    """
    n = residuals.shape[1]
    count = min(count, n)
    shared = residuals.copy()
    shared.data = np.ones_like(shared.data)
    norms = np.sqrt(np.asarray(residuals.multiply(residuals).sum(axis=0))).ravel() + 1e-9
    unit = (residuals @ _diagonal(1 / norms)).astype(np.float32).tocsr()
    columns, columns_shared = unit.T.tocsr(), shared.T.tocsr()
    neighbours, similarities = np.empty((n, count), np.int32), np.empty((n, count), np.float32)
    step = max(1, BLOCK_CELLS // n)
    for start in range(0, n, step):
        block = slice(start, min(start + step, n))
        cosine = (columns[block] @ unit).toarray()
        both = (columns_shared[block] @ shared).toarray()
        similar = np.maximum(cosine * (both / (both + shrinkage)), 0) if shrinkage else np.maximum(cosine, 0)
        rows = np.arange(len(similar))
        similar[rows, start + rows] = 0
        neighbours[block], similarities[block] = _best(similar, count)
    return neighbours, similarities


def company(common: np.ndarray) -> np.ndarray:
    """[n, n]: the cosine of who rated two columns to the power SHARP, zero on the diagonal.

    common: [n, n], how many raters they share. Only those with nearly the same raters count.
    """
    length = np.sqrt(np.maximum(np.diag(common), 1))
    likeness = (common / length[:, None] / length) ** SHARP
    np.fill_diagonal(likeness, 0)
    return likeness


def product_cells(
    left: csr_matrix | np.ndarray, right: csr_matrix | np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """float32 [n]: the cells (rows, columns) of left @ right, of which one at least is sparse, block by block."""
    asked, place = np.unique(rows, return_inverse=True)
    out, order = np.empty(len(rows), np.float32), np.argsort(place, kind="stable")
    step = max(1, BLOCK_CELLS // right.shape[1])
    ends = np.searchsorted(place[order], np.arange(len(asked) + step))
    for start in range(0, len(asked), step):
        some = order[ends[start] : ends[start + step]]
        product = left[asked[start : start + step]] @ right
        dense = product.toarray() if issparse(product) else product
        out[some] = dense[place[some] - start, columns[some]]
    return out


def _diagonal(values: np.ndarray) -> csr_matrix:
    n = len(values)
    return csr_matrix((values, np.arange(n), np.arange(n + 1)), shape=(n, n))


def _best(similar: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(similar))[:, None]
    found = np.argpartition(-similar, count - 1, axis=1)[:, :count]
    # Sorted by (similarity, index): cutting the lists shorter later keeps the best.
    found = np.sort(found, axis=1)
    order = np.argsort(-similar[rows, found], axis=1, kind="stable")
    found = found[rows, order]
    return found.astype(np.int32), similar[rows, found]
