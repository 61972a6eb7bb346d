"""NB-SVM: presence of n-grams times naive Bayes log-count ratios, then a linear separator.

Wang & Manning 2012, "Baselines and Bigrams". Logistic loss in place of the squared hinge: as accurate, and it gives
probabilities. Of more than two classes each has its own ratios against the rest.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from models.sentiment._linear import Linear, LinearConfig

SMOOTHING = 1.0
"""Added to every count (alpha in the paper)."""


class NBSVMConfig(LinearConfig):
    """Columns are as large as their ratios, so that less strength is wanted."""

    strengths: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    """Inverse regularisations C that validation chooses among."""


class NBSVM(Linear):
    """Log-count ratios as weights of the n-grams."""

    name = "nbsvm"
    Config = NBSVMConfig
    binary = True

    def _prepare(self, counts: csr_matrix, labels: np.ndarray) -> None:
        self._ratios = np.stack([_log_ratios(counts, labels == side) for side in self.sides])

    def _weighed(self, counts: csr_matrix) -> list[csr_matrix]:
        return [counts.multiply(ratios).tocsr() for ratios in self._ratios]

    def state(self) -> dict[str, np.ndarray]:
        """The separator, and the ratios [sides, n_grams]."""
        return super().state() | {"ratios": self._ratios}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        super().restore(state)
        self._ratios = state["ratios"]


def _log_ratios(counts: csr_matrix, inside: np.ndarray) -> np.ndarray:
    """float32 [n_grams]: log of the shares that an n-gram has inside and outside a class."""
    shares = []
    for rows in (inside, ~inside):
        sums = np.asarray(counts[rows].sum(0)).ravel() + SMOOTHING
        shares.append(sums / sums.sum())
    return np.log(shares[0] / shares[1]).astype(np.float32)
