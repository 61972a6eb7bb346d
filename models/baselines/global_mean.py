"""The mean of all training ratings, for everybody and everything: the floor under every other number."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.baselines._baseline import Baseline
from models.data import Features, Interactions
from models.recommender import FitReport, ModelConfig, Progress, silent


class GlobalMeanConfig(ModelConfig):
    """Nothing to set."""


class GlobalMean(Baseline):
    """Predicts one number. Its ranking is the order of the catalogue."""

    name = "global-mean"
    Config = GlobalMeanConfig

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
        """One pass over the ratings: nothing to choose, nothing to resume; runs on the CPU."""
        mean = float(np.mean(train.ratings, dtype=np.float64))
        self._keep(features, mean=mean)
        progress(f"global-mean: {mean:.4f}")
        return FitReport(parameters=1)

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.full(len(users), self._array("mean")[0])

    def score(self, users: np.ndarray) -> np.ndarray:
        return np.full((len(users), self.n_items), self._array("mean")[0], dtype=np.float32)
