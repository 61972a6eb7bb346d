"""The class shares of the train texts, whatever the text: what every other model has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.recommender import FitReport, ModelConfig
from models.sentiment.classifier import Labelled, Means, SentimentModel


class MajorityConfig(ModelConfig):
    """Nothing to configure."""


class Majority(SentimentModel):
    """Answers every text with the most frequent class."""

    name = "majority"
    Config = MajorityConfig

    def _learn(self, train: Labelled, valid: Labelled, means: Means) -> FitReport:
        counts = np.bincount(train.labels, minlength=self.learned)
        self._log = np.log(counts / counts.sum()).astype(np.float32)
        return FitReport(parameters=self.learned)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The same row for all."""
        return np.tile(self._log, (len(texts), 1))

    def state(self) -> dict[str, np.ndarray]:
        """Log shares, float32 [classes]."""
        return {"log_shares": self._log}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        self._log = state["log_shares"]
