"""EASE: every item explained by all others, in closed form."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from pydantic import Field, PositiveFloat, PositiveInt
from scipy.sparse import csr_matrix
from torch import Tensor

from models.baselines._ranker import Arrays, Learn, Ranker, RankerConfig, Space, positives
from models.data import Features, Interactions
from models.recommender import Progress
from models.tuning import Settings


class EASEConfig(RankerConfig):
    """RankerConfig's fields, how strongly the weights are held down, and how large a catalogue may be."""

    regularisations: tuple[PositiveFloat, ...] = Field((200.0, 500.0, 50.0), min_length=1)
    """Weight of the squared item-item weights, in positives of an item; candidates, each above 0."""
    largest: PositiveInt = 10_000
    """Items that weights are learned for, the most rated first; 1 or more. Their matrix has the square of that many
    cells: 400 MB at 10,000, and a few times that while it is fitted."""


class EASE(Ranker):
    """score(u, j) = sum of B[i, j] over u's positives i (Steck 2019, Embarrassingly Shallow Autoencoders, section 3.1).

    B minimises |X - X B|^2 + regularisation |B|^2 with a diagonal of zeros: with P = (X^T X + regularisation)^-1,
    B[i, j] = -P[i, j] / P[j, j]. Items beyond `largest` have no weights: of these only popularity speaks, and fit says
    how many they are. `device` does the solving; lists are made on the CPU, by products of sparse rows.
    """

    name = "ease"
    Config = EASEConfig

    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        columns = self._columns(train, features, progress)
        chosen = lru_cache(maxsize=1)(lambda which: positives(train, features, which)[:, columns])

        def learn(settings: Settings) -> Arrays:
            rows = chosen(settings["positives"])
            weights = item_weights(rows, settings["regularisation"], self.device)
            return self._learned(weights, columns, rows, features)

        return {"positives": self.config.positives, "regularisation": self.config.regularisations}, learn

    def _columns(self, train: Interactions, features: Features, progress: Progress) -> np.ndarray:
        """int64 [m]: the items that have weights, in ascending order: those that are rated, at most `largest`."""
        counts = np.bincount(train.items, minlength=features.n_items)
        return most_rated(counts, int(np.count_nonzero(counts)), self.config.largest, self.name, progress)

    @staticmethod
    def _learned(weights: np.ndarray, columns: np.ndarray, rows: csr_matrix, features: Features) -> Arrays:
        of_users = {"positive_items": rows.indices, "positive_starts": rows.indptr}
        return of_users | {"weights": weights, "columns": columns, "n_items": np.array([features.n_items], np.int64)}

    def _taste(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        items, starts = arrays["positive_items"], arrays["positive_starts"]
        columns, n_items = arrays["columns"], int(arrays["n_items"][0])
        rows = csr_matrix((np.ones(len(items), np.float32), items, starts), shape=(len(starts) - 1, len(columns)))
        known = rows[users] @ arrays["weights"]
        # Of the whole row, the items without weights included: their score is 0.
        mean = known.sum(axis=1, keepdims=True) / n_items
        spread = np.sqrt(np.maximum(np.einsum("nm,nm->n", known, known)[:, None] / n_items - mean**2, 0))
        scale = np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0).astype(np.float32)
        taste = np.repeat(-mean * scale, n_items, axis=1)
        taste[:, columns] = (known - mean) * scale
        return taste


def most_rated(counts: np.ndarray, wanted: int, largest: int, model: str, progress: Progress) -> np.ndarray:
    """int64: the `wanted` items with the highest counts, or the `largest` if they are more, in ascending order."""
    if wanted > largest:
        progress(f"{model}: weights for the {largest:,} most rated of {wanted:,} items: more would not fit")
    return np.sort(np.argsort(-counts, kind="stable")[: min(wanted, largest)])


def item_weights(rows: csr_matrix | np.ndarray, regularisation: float, device: str) -> np.ndarray:
    """float32 [m, m]: B of EASE for rows [n, m]; its diagonal is 0."""
    inverse = _inverse(rows, regularisation, device)
    weights = inverse / -inverse.diagonal()
    return weights.fill_diagonal_(0).cpu().numpy()


def _inverse(rows: csr_matrix | np.ndarray, regularisation: float, device: str) -> Tensor:
    """float32 [m, m] on `device`: (rows^T rows + regularisation)^-1; through rows rows^T where that is the smaller."""
    n, m = rows.shape
    if n < m:
        wide = torch.from_numpy(rows if isinstance(rows, np.ndarray) else rows.toarray()).to(device)
        inverse = (wide.T @ (_solved(wide @ wide.T, regularisation) @ wide)).neg_()
        inverse.diagonal().add_(1)
        return inverse.div_(regularisation)
    gram = rows.T @ rows
    gram = gram if isinstance(gram, np.ndarray) else gram.toarray()
    return _solved(torch.from_numpy(gram).to(device), regularisation)


def _solved(gram: Tensor, regularisation: float) -> Tensor:
    """(gram + regularisation)^-1, in place of gram."""
    gram.diagonal().add_(regularisation)
    return torch.cholesky_inverse(torch.linalg.cholesky(gram))
