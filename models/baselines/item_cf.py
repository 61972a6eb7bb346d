"""Item-based collaborative filtering: what the user thought of similar items."""

from __future__ import annotations

import numpy as np

from models.baselines._neighbourhood import Neighbourhood


class ItemCF(Neighbourhood):
    """Neighbours of the item, among what the user has rated (Sarwar et al. 2001, on residuals as in Koren 2010)."""

    name = "item-cf"

    @staticmethod
    def _sides(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return users, items

    def score(self, users: np.ndarray) -> np.ndarray:
        rows = self._matrix[users]
        rated = rows.copy()
        rated.data = np.ones_like(rated.data)
        weights = self._weight_matrix()
        above, below = weights @ rows.toarray().T, weights @ rated.toarray().T
        return self._with_biases(users, above.T, below.T)
