"""What is rated most often, for everybody: the ranking that every personalised one has to beat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field, NonNegativeFloat

from models.baselines._baseline import Baseline, rmse_on
from models.data import Features, Interactions
from models.recommender import Factors, FitReport, ModelConfig, Progress, silent
from models.tuning import search


class PopularityConfig(ModelConfig):
    """What validation chooses from."""

    shrinkages: tuple[NonNegativeFloat, ...] = Field((1.0, 2.0, 5.0, 10.0, 20.0), min_length=1)
    """Ratings at the global mean that every item is given beforehand; candidates, each 0 or more."""


class Popularity(Baseline):
    """Ranks by the number of training ratings, ties by item index; predicts the item's shrunk mean rating.

    A count says nothing of a rating, so that `predict` and `score` answer different questions here:
    rating of i = (sum of its ratings + shrinkage * global mean) / (number + shrinkage).
    """

    name = "popularity"
    ranks_by_rating = False
    Config = PopularityConfig

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
        """One pass over the ratings, so that there is nothing to resume; runs on the CPU."""
        mean = np.mean(train.ratings, dtype=np.float64)
        counts = np.bincount(train.items, minlength=features.n_items)
        extra = np.bincount(train.items, train.ratings - mean, features.n_items)

        def evaluate(settings: dict) -> tuple[float, np.ndarray]:
            # An item without ratings and without shrinkage would be 0 / 0.
            means = mean + extra / np.maximum(counts + settings["shrinkage"], 1e-9)
            return rmse_on(valid, means[valid.items], features), means

        found = search({"shrinkage": self.config.shrinkages}, evaluate, model=self.name, progress=progress)
        self._keep(features, counts=counts, means=found.result)
        return FitReport([], found.chosen, 2 * features.n_items, found.trials)

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._array("means")[items]

    def score(self, users: np.ndarray) -> np.ndarray:
        return np.tile(self._array("counts").astype(np.float32), (len(users), 1))

    def factors(self) -> Factors:
        counts = self._array("counts").astype(np.float32)[:, None]
        return Factors(np.ones((int(self._array("n_users")[0]), 1), np.float32), counts)
