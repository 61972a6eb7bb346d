"""Implicit trust between users, from their ratings: similarity, weighted propagation, filters (choudhury2021)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags

from models.baselines._biases import fit_biases
from models.baselines._similarity import nearest, product_cells
from models.data import Features, Interactions
from models.fusion.codes import one_hot, standardised_table

BLOCK_CELLS = 2**22
"""Cells of one dense block of users by items, or by users."""


@dataclass(frozen=True)
class TrustRule:
    """How trust is made. shrinkage: common ratings at which a similarity counts half. propagation: what the trust of
    those whom one trusts counts beside one's own. trusted: users that the filter leaves to each. cold: ratings below
    which a user's trust comes from his preferences instead."""

    shrinkage: float
    propagation: float
    trusted: int
    cold: int


class Trust:
    """Who trusts whom, learned from some ratings, and what the trusted say of items."""

    def __init__(self, fold: Interactions, features: Features, rule: TrustRule) -> None:
        shape = features.n_users, features.n_items
        self.biases = fit_biases(fold, features)
        left = (fold.ratings - self.biases.expected(fold.users, fold.items)).astype(np.float32)
        self.residuals = csr_matrix((left, (fold.users, fold.items)), shape=shape)
        self.rated = csr_matrix((np.ones_like(left), (fold.users, fold.items)), shape=shape)
        similar = _matrix(*nearest(self.residuals.T.tocsr(), rule.shrinkage, rule.trusted))
        alike = _alike(preferences(self.residuals, self.rated, features), rule.trusted)
        cold = np.bincount(fold.users, minlength=shape[0]) < rule.cold
        trust = propagated(similar, rule.propagation, rule.trusted)
        self.trust = (diags((~cold).astype(np.float32)) @ trust + diags(cold.astype(np.float32)) @ alike).tocsr()
        strongest = self.trust.max(axis=1).toarray()
        self.typical = max(float(np.median(strongest[strongest > 0])) if np.any(strongest > 0) else 1.0, 1e-6)

    def numbers(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float32 [n, 3]: what user and item biases expect, by how much the trusted deviate from theirs, weighted by
        trust, and log(1 + trust in those who rated the item), in typical strongest trusts."""
        above = product_cells(self.trust, self.residuals, users, items)
        below = product_cells(self.trust, self.rated, users, items) / self.typical
        expected = self.biases.expected(users, items)
        return np.column_stack([expected, above / self.typical / (below + 1), np.log1p(below)]).astype(np.float32)


def propagated(direct: csr_matrix, weight: float, count: int) -> csr_matrix:
    """Trust in those who are similar, and `weight` times trust through one of them; the `count` strongest are kept.

    Through others: the average of their trust, each weighted by the trust in him. Nobody trusts himself.
    """
    total = np.maximum(np.asarray(direct.sum(axis=1)).ravel(), 1e-9)
    rows = []
    for block in _blocks(direct.shape[0], direct.shape[0]):
        mine = direct[block]
        trust = (mine + weight * (diags(1 / total[block]) @ mine @ direct)).toarray()
        trust[np.arange(len(block)), block] = 0
        rows.append(_strongest(trust, count))
    return _matrix(*(np.concatenate(parts) for parts in zip(*rows, strict=True)))


def preferences(residuals: csr_matrix, rated: csr_matrix, features: Features) -> np.ndarray:
    """float32 [n_users, k]: what is known of a user without comparing ratings: his fields, and for every category of
    items how much of it he met, and how much better or worse he rated it than he rates on average."""
    parts = [standardised_table(one_hot(field)) for field in features.user_fields.values()]
    count = np.maximum(np.asarray(rated.sum(axis=1)), 1)
    for table in (one_hot(field) for field in features.item_fields.values()):
        parts += [standardised_table((matrix @ table) / np.sqrt(count)) for matrix in (rated, residuals)]
    return np.concatenate([np.zeros((features.n_users, 0), np.float32), *parts], 1)


def _alike(table: np.ndarray, count: int) -> csr_matrix:
    """The `count` users with the highest positive cosine of each; [n_users, n_users]."""
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    rows = []
    for block in _blocks(len(unit), len(unit)):
        cosine = np.maximum(unit[block] @ unit.T, 0) if unit.shape[1] else np.zeros((len(block), len(unit)))
        cosine[np.arange(len(block)), block] = 0
        rows.append(_strongest(cosine, count))
    return _matrix(*(np.concatenate(parts) for parts in zip(*rows, strict=True)))


def _strongest(trust: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values [rows, count] of the highest entries of each row, the first ones where there are ties."""
    count = min(count, trust.shape[1])
    columns = np.argsort(-trust, axis=1, kind="stable")[:, :count]
    return columns, np.take_along_axis(trust, columns, axis=1)


def _matrix(near: np.ndarray, weight: np.ndarray) -> csr_matrix:
    n, count = near.shape
    matrix = csr_matrix((weight.ravel().astype(np.float32), near.ravel(), np.arange(n + 1) * count), shape=(n, n))
    matrix.eliminate_zeros()
    return matrix


def _blocks(n: int, width: int) -> Iterator[np.ndarray]:
    step = max(1, BLOCK_CELLS // max(width, 1))
    for start in range(0, n, step):
        yield np.arange(start, min(start + step, n))
