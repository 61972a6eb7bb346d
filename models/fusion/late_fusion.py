"""Model-level fusion (Yuldashov and Kutlimuratov 2023): a model for each modality, and their outputs combined."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import ClassVar

import numpy as np

from models.data import Features, Interactions
from models.fusion.fusion_network import FusionNetwork
from models.fusion.multimodal import Multimodal
from models.metrics import rmse
from models.recommender import FitReport, Progress

MOMENTS = "combination/moments"
"""Name of the validation's sums of products in the state."""


class LateFusion(Multimodal):
    """A network for each modality, trained on its own; a subclass says how their expected ratings are combined.

    The combination is learned from validation ratings, never from train rows, which the networks know by heart. Sums
    of products of their outputs are all that it needs, so that the weights of any subset of modalities follow without
    training anything again: `predict_with` uses these, and a network whose modality an item does not have has no say
    about that item.
    """

    fuses_preferences: ClassVar[bool] = False

    @abstractmethod
    def _weights(self, moments: np.ndarray) -> np.ndarray:
        """float64 [k + 1]: the weights of k outputs, and a constant.

        moments: float64 [k + 2, k + 2], products of (outputs, 1, rating) summed over validation, outputs and ratings
        less the mean train rating; all 0 as long as there are none.
        """

    def _finish(self, valid: Interactions, report: FitReport, progress: Progress) -> None:
        """Learn from `valid` how to combine the modalities."""
        outputs = self._outputs(valid.users, valid.items)
        known = np.column_stack([outputs - self._middle, np.ones(len(valid)), valid.ratings - self._middle])
        self._moments = known.T @ known
        *weights, constant = self._weights(self._moments)
        report.chosen |= {f"weight_{name}": float(w) for name, w in zip(self.modalities, weights, strict=True)}
        report.chosen |= {"constant": float(constant)}
        for name, expected in zip(self.modalities, outputs.T, strict=True):
            report.chosen[f"valid_rmse_{name}"] = rmse(valid.ratings, np.clip(expected, *self._features.scale))
        report.chosen["valid_rmse"] = rmse(valid.ratings, self.predict(valid.users, valid.items))

    def _build(self, train: Interactions, features: Features) -> None:
        super()._build(train, features)
        k = len(self.modalities)
        self._moments, self._middle = np.zeros((k + 2, k + 2)), float(np.mean(train.ratings, dtype=np.float64))

    def _restarts(self) -> int:
        return len(self.modalities) * super()._restarts()

    def _network(self, train: Interactions, features: Features) -> FusionNetwork:
        modality = self.modalities[len(self._networks) % len(self.modalities)]
        encoder = self._encoder(modality, train, features)
        return FusionNetwork({modality: encoder}, {}, train, features, self.config, self.device)

    def _outputs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float64 [n, modalities]: what each modality's networks expect, not clipped."""
        every = np.stack([self._expected(network, users, items) for network in self._networks], 1)
        k = len(self.modalities)
        return every.reshape(len(users), len(self._networks) // k, k).mean(1, dtype=np.float64)

    def _average(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        self._require_fitted()
        return self._from(users, items, self.modalities)

    def _from(self, users: np.ndarray, items: np.ndarray, modalities: Collection[str]) -> np.ndarray:
        outputs = self._outputs(users, items) - self._middle
        wanted = np.array([name in modalities for name in self.modalities])
        bits = 2 ** np.arange(len(self.modalities))
        which = ((self._has & wanted) @ bits)[items]
        combined = np.zeros(len(users))
        for pattern in np.flatnonzero(np.bincount(which)):
            rows = which == pattern
            subset = (pattern & bits) > 0 if pattern else wanted
            *weights, constant = self._weights(self._moments[np.ix_(*[np.r_[np.flatnonzero(subset), -2, -1]] * 2)])
            combined[rows] = outputs[np.ix_(rows, subset)] @ np.array(weights) + constant
        return combined + self._middle

    def state(self) -> dict[str, np.ndarray]:
        """Networks and data as ever, and the validation's sums of products."""
        return super().state() | {MOMENTS: self._moments}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` gave."""
        super().restore(state)
        self._moments = np.array(state[MOMENTS])
