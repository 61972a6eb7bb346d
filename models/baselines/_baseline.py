"""What the baselines share: their state is a dictionary of arrays, and predictions are clipped to the scale."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from models.data import Features, Interactions
from models.metrics import rmse
from models.recommender import Factors, Recommender


class Baseline(Recommender):
    """A recommender whose whole state is `_arrays`; `scale`, `n_users` and `n_items` are among them.

    `score` of a rating predictor is the prediction before clipping: clipped scores would tie at the top of the scale.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._arrays: dict[str, np.ndarray] = {}

    def _keep(self, features: Features, **arrays: np.ndarray | float) -> None:
        """Take over what was learned."""
        about = {"scale": np.array(features.scale, np.float32)}
        about |= {name: np.array([getattr(features, name)], np.int64) for name in ("n_users", "n_items")}
        self.restore(about | {name: np.atleast_1d(np.asarray(values)) for name, values in arrays.items()})

    def _array(self, name: str) -> np.ndarray:
        if not self._arrays:
            raise RuntimeError(f"{self.name}: fit or load the model before asking it")
        return self._arrays[name]

    @property
    def n_items(self) -> int:
        return int(self._array("n_items")[0])

    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
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
    return rmse(fold.ratings, np.clip(expected, *features.scale))


def with_biases(
    mean: float, user: np.ndarray, item: np.ndarray, users: np.ndarray | None = None, items: np.ndarray | None = None
) -> Factors:
    """Factors of mean + user bias + item bias (+ <users, items>, float [n, width] each): two more columns."""
    left = [np.ones((len(user), 1)), (mean + user)[:, None]]
    right = [item[:, None], np.ones((len(item), 1))]
    if users is not None and items is not None:
        left, right = [users, *left], [items, *right]
    return Factors(*(np.concatenate(parts, axis=1, dtype=np.float32) for parts in (left, right)))
