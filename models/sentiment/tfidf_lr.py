"""TF-IDF of word n-grams and logistic regression."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from models.sentiment._linear import Linear, LinearConfig


class TfidfConfig(LinearConfig):
    """Rows have length 1, so that more strength is wanted."""

    strengths: tuple[float, ...] = (4.0, 16.0, 64.0, 256.0)
    """Inverse regularisations C that validation chooses among."""


class TfidfLR(Linear):
    """Sublinear term frequency, smoothed inverse document frequency, rows of length 1."""

    name = "tfidf-lr"
    Config = TfidfConfig
    binary = False

    def _prepare(self, counts: csr_matrix, labels: np.ndarray) -> None:
        self._idf = _transformer().fit(counts).idf_.astype(np.float32)

    def _weighed(self, counts: csr_matrix) -> list[csr_matrix]:
        transformer = _transformer()
        transformer.idf_ = self._idf
        return [transformer.transform(counts)] * len(self.sides)

    def state(self) -> dict[str, np.ndarray]:
        """The separator, and the inverse document frequencies."""
        return super().state() | {"idf": self._idf}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        super().restore(state)
        self._idf = state["idf"]


def _transformer() -> TfidfTransformer:
    return TfidfTransformer(sublinear_tf=True)
