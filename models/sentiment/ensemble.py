"""Several models as one: a weighted geometric mean of their calibrated probabilities, weighed on validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.optimize import minimize

from models.recommender import FitReport, ModelConfig
from models.sentiment.calibration import softmax
from models.sentiment.classifier import Labelled, Means, SentimentModel

LEAST = 0.03
"""A member that would have less weight than this is left out: it costs time and changes nothing."""
STRENGTH = 0.01
"""Of the pull towards equal weights: validation folds are small."""


class EnsembleConfig(ModelConfig):
    """Who takes part."""

    members: tuple[str, ...] = Field(("tfidf-lr", "nbsvm", "bilstm", "cnn", "seq-cnn-attention", "bert"), min_length=1)
    """Models by name: those of them that were trained already or, where none was, all of them, trained now."""


class Ensemble(SentimentModel):
    """Members of different kinds err on different texts."""

    name = "ensemble"
    Config = EnsembleConfig

    def _learn(self, train: Labelled, valid: Labelled, means: Means) -> FitReport:
        from models.sentiment.registry import sentiment_model

        self.members: dict[str, SentimentModel] = {}
        for name in self.config.members:
            if name in means.trained:
                self.members[name] = means.trained[name]
            elif not means.trained:
                self.members[name] = sentiment_model(name)(classes=self.classes, seed=self.seed)
                self.members[name].fit(
                    *(Labelled(part.texts, self.present[part.labels]) for part in (train, valid)), means
                )
        if not self.members:
            raise ValueError(f"ensemble: none of {', '.join(self.config.members)} has been trained on these texts")
        means.progress(f"weighing {', '.join(self.members)}")
        weights = weighed(self._parts(valid.texts), valid.labels)
        kept = weights >= min(LEAST, weights.max())
        self.members = {name: model for (name, model), keep in zip(self.members.items(), kept, strict=True) if keep}
        self._weights = (weights[kept] / weights[kept].sum()).astype(np.float32)
        shares = {name: round(float(w), 4) for name, w in zip(self.members, self._weights, strict=True)}
        return FitReport(chosen={"weights": shares}, parameters=len(shares))

    def _parts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [members, n, learned]: log-probabilities."""
        found = np.stack([model.probabilities(texts) for model in self.members.values()])
        return np.log(found[:, :, self.present] + 1e-7)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The weighted mean of the members' log-probabilities."""
        return np.tensordot(self._weights, self._parts(texts), 1)

    def state(self) -> dict[str, np.ndarray]:
        """The weights."""
        return {"weights": self._weights}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        self._weights = state["weights"]

    def write_files(self, folder: Path) -> None:
        """Every member whole, numbered in order of the weights."""
        for number, (name, model) in enumerate(self.members.items()):
            inside = folder / f"{number}-{name}"
            inside.mkdir()
            model.save(inside)

    def read_files(self, folder: Path) -> None:
        """As written."""
        from models.sentiment.registry import sentiment_model

        self.members = {}
        for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
            name = inside.name.partition("-")[2]
            self.members[name] = sentiment_model(name).load(inside, self.device)


def weighed(parts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 [members], sum 1: the weights that make the labels likeliest, held near equal ones.

    parts: log-probabilities [members, n, classes].
    """
    members, n = parts.shape[:2]

    def surprise(free: np.ndarray) -> float:
        weights = softmax(free[None])[0].astype(np.float64)
        mixed = np.tensordot(weights, parts.astype(np.float64), 1)
        chosen = mixed[np.arange(n), labels] - np.log(np.exp(mixed).sum(1))
        return float(-chosen.mean() + STRENGTH * np.square(free - free.mean()).mean())

    free = minimize(surprise, np.zeros(members), method="Nelder-Mead", options={"maxiter": 2000}).x
    return softmax(free[None])[0].astype(np.float64)
