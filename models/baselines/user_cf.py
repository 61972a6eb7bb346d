"""User-based collaborative filtering: what similar users thought of the item."""

from __future__ import annotations

import numpy as np

from models.baselines._neighbourhood import Neighbourhood


class UserCF(Neighbourhood):
    """Neighbours of the user, among those who rated the item (Resnick et al. 1994, on residuals as in Koren 2010)."""

    name = "user-cf"

    @staticmethod
    def _sides(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return items, users

    def score(self, users: np.ndarray) -> np.ndarray:
        by_user = self._matrix.T.tocsr()
        rated = by_user.copy()
        rated.data = np.ones_like(rated.data)
        weights = self._weight_matrix()[users]
        return self._with_biases(users, (weights @ by_user).toarray(), (weights @ rated).toarray())
