"""What the baselines share: their state is a dictionary of arrays, and predictions are clipped to the scale."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from models.data import Features, Interactions
from models.recommender import Recommender


class Baseline(Recommender):
    """A recommender whose whole state is `_arrays`, `scale` and `n_items` among them.

    `score` of a rating predictor is the prediction before clipping: clipped scores would tie at the top of the scale.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._arrays: dict[str, np.ndarray] = {}

    def _keep(self, features: Features, **arrays: np.ndarray | float) -> None:
        """Take over what was learned."""
        about = {"scale": np.array(features.scale, np.float32), "n_items": np.array([features.n_items], np.int64)}
        self.restore(about | {name: np.atleast_1d(np.asarray(values)) for name, values in arrays.items()})

    def _array(self, name: str) -> np.ndarray:
        if not self._arrays:
            raise RuntimeError(f"{self.name}: fit or load the model before asking it")
        return self._arrays[name]

    @property
    def n_items(self) -> int:
        return int(self._array("n_items")[0])

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        low, high = self._array("scale")
        return np.clip(self._expected(np.asarray(users), np.asarray(items)), low, high).astype(np.float32)

    @abstractmethod
    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Float [n]: the expected rating before clipping."""

    def state(self) -> dict[str, np.ndarray]:
        self._array("scale")
        return dict(self._arrays)

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._arrays = dict(state)


def rmse_on(fold: Interactions, expected: np.ndarray, features: Features) -> float:
    """RMSE of expected ratings after clipping to the scale: what every baseline chooses by, on validation."""
    if len(fold) == 0:
        raise ValueError("baselines: the validation fold is empty, so that nothing can be chosen on it")
    error = fold.ratings.astype(np.float64) - np.clip(expected, *features.scale)
    return float(np.sqrt(np.mean(error**2)))
