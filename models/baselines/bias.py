"""Mean plus a regularised bias of the user and of the item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field, NonNegativeFloat

from models.baselines._baseline import Baseline
from models.baselines._biases import Biases, choose_biases
from models.data import Features, Interactions
from models.recommender import FitReport, ModelConfig, Progress, silent


class BiasConfig(ModelConfig):
    """The grid that validation chooses from."""

    user_shrinkages: tuple[NonNegativeFloat, ...] = Field((2.0, 5.0, 10.0, 20.0), min_length=1)
    """Ratings of zero bias that every user is given beforehand; candidates, each 0 or more."""
    item_shrinkages: tuple[NonNegativeFloat, ...] = Field((1.0, 2.0, 4.0, 10.0), min_length=1)
    """Ratings of zero bias that every item is given beforehand; candidates, each 0 or more."""


class Bias(Baseline):
    """Rating = mean + user bias + item bias (Koren 2010, section 2.1). Its ranking is the same for all users."""

    name = "bias"
    Config = BiasConfig

    def fit(
        self,
        train: Interactions,
        valid: Interactions,
        features: Features,
        *,
        device: str = "cpu",
        progress: Progress = silent,
        checkpoint: Path | None = None,
    ) -> FitReport:
        """Seconds on a million ratings, so that there is nothing to resume; runs on the CPU."""
        grid = self.config.user_shrinkages, self.config.item_shrinkages
        biases, chosen = choose_biases(train, valid, features, *grid, progress)
        self._keep(features, mean=biases.mean, user=biases.user, item=biases.item)
        return FitReport(chosen=chosen, parameters=1 + features.n_users + features.n_items)

    def _biases(self) -> Biases:
        return Biases(float(self._array("mean")[0]), self._array("user"), self._array("item"))

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._biases().expected(users, items)

    def score(self, users: np.ndarray) -> np.ndarray:
        biases = self._biases()
        return (biases.mean + biases.user[users, None] + biases.item).astype(np.float32)
