"""Mean plus a regularised bias of the user and of the item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field, NonNegativeFloat

from models.baselines._baseline import Baseline, rmse_on, with_biases
from models.baselines._biases import Biases, fit_biases
from models.data import Features, Interactions
from models.recommender import Factors, FitReport, ModelConfig, Progress, silent
from models.tuning import search


class BiasConfig(ModelConfig):
    """What validation chooses from; the search starts at the first candidates."""

    user_shrinkages: tuple[NonNegativeFloat, ...] = Field((5.0, 2.0, 10.0, 20.0), min_length=1)
    """Ratings of zero bias that every user is given beforehand; candidates, each 0 or more."""
    item_shrinkages: tuple[NonNegativeFloat, ...] = Field((2.0, 1.0, 4.0, 10.0), min_length=1)
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

        def evaluate(settings: dict) -> tuple[float, Biases]:
            biases = fit_biases(train, features, **settings)
            return rmse_on(valid, biases.expected(valid.users, valid.items), features), biases

        space = {"user_shrinkage": self.config.user_shrinkages, "item_shrinkage": self.config.item_shrinkages}
        found = search(space, evaluate, model=self.name, progress=progress)
        self._keep(features, mean=found.result.mean, user=found.result.user, item=found.result.item)
        return FitReport([], found.chosen, 1 + features.n_users + features.n_items, found.trials)

    def _biases(self) -> Biases:
        return Biases(float(self._array("mean")[0]), self._array("user"), self._array("item"))

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._biases().expected(users, items)

    def score(self, users: np.ndarray) -> np.ndarray:
        biases = self._biases()
        return (biases.mean + biases.user[users, None] + biases.item).astype(np.float32)

    def factors(self) -> Factors:
        biases = self._biases()
        return with_biases(biases.mean, biases.user, biases.item)
