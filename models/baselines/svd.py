"""Biased matrix factorisation, known as SVD since the Netflix prize, by stochastic gradient descent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from models.baselines._baseline import Baseline, rmse_on, with_biases
from models.data import Features, Interactions
from models.recommender import Factors, FitReport, ModelConfig, Progress, silent
from models.tuning import search


class BiasedMFConfig(ModelConfig):
    """How to descend, and what validation chooses from; the search starts at the first candidates."""

    ranks: tuple[PositiveInt, ...] = Field((32, 64, 128), min_length=1)
    """Numbers of factors, each 1 or more."""
    regularisations: tuple[NonNegativeFloat, ...] = Field((0.075, 0.05, 0.1), min_length=1)
    """Weight of the squared factors for every rating, each 0 or more."""
    bias_regularisation: NonNegativeFloat = 0.3
    """The same for biases, as a share of that of the factors; 0 or more."""
    learning_rate: PositiveFloat = Field(0.025, le=1)
    """Step of a single rating in the first epoch, above 0, at most 1."""
    decay: PositiveFloat = Field(0.96, le=1)
    """What the learning rate is multiplied by after each epoch, above 0, at most 1."""
    batch: tuple[PositiveInt, PositiveInt] = (32, 1024)
    """Smallest and largest mini-batch, in ratings; between them it is a two-hundredth of the data."""
    initial: PositiveFloat = 0.02
    """Standard deviation of the factors before training, in ratings, above 0."""
    epochs: PositiveInt = 100
    """Passes over the ratings at most, 1 or more."""
    patience: PositiveInt = 5
    """Epochs without progress on validation after which training stops, 1 or more."""
    tolerance: NonNegativeFloat = 0.0005
    """What counts as progress: a validation RMSE lower by this many ratings, 0 or more."""


class BiasedMF(Baseline):
    """Rating = mean + user bias + item bias + <user factors, item factors> (Koren, Bell, Volinsky 2009).

    The parameters are those of the epoch with the lowest validation RMSE. Always on the CPU: it needs seconds, and
    scattered additions on a GPU come in no fixed order, so that one seed would not give one result.
    """

    name = "svd"
    Config = BiasedMFConfig

    @property
    def _descent(self) -> type[Descent]:
        return Descent

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
        """Under a minute on a million ratings, so that there is nothing to resume."""
        descent = self._descent(self.config, self.seed, train, valid, features)
        found = search(self._space(), descent.run, model=self.name, progress=progress, map_trials=self.map_trials)
        curve, arrays = found.result
        self._keep(features, **arrays)
        return FitReport(curve, found.chosen, sum(np.size(a) for a in arrays.values()), found.trials)

    def _space(self) -> dict[str, tuple]:
        return {"regularisation": self.config.regularisations, "rank": self.config.ranks}

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return _expected(self._arrays, users, items)

    def score(self, users: np.ndarray) -> np.ndarray:
        factors = self.factors()
        return factors.users[users] @ factors.items.T

    def factors(self) -> Factors:
        names = ("user", "item", "user_factors", "item_factors")
        return with_biases(float(self._array("mean")[0]), *map(self._array, names))


@contextmanager
def one_thread() -> Iterator[None]:
    """torch with one thread: steps of a thousand ratings are too small to be shared. Two threads give the same numbers,
    no sooner, and on a busy machine ten times later, since each step waits for both."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _expected(arrays: dict[str, np.ndarray], users: np.ndarray, items: np.ndarray) -> np.ndarray:
    expected = arrays["mean"] + arrays["user"][users] + arrays["item"][items]
    return expected + np.einsum("nk,nk->n", arrays["user_factors"][users], arrays["item_factors"][items])


class Descent:
    """The data as tensors, and one training run for each point of the grid."""

    def __init__(
        self,
        config: BiasedMFConfig,
        seed: int,
        train: Interactions,
        valid: Interactions,
        features: Features,
    ) -> None:
        self.config, self.seed, self.valid, self.features = config, seed, valid, features
        self.users = torch.from_numpy(train.users.astype(np.int64))
        self.items = torch.from_numpy(train.items.astype(np.int64))
        self.mean = float(np.mean(train.ratings, dtype=np.float64))
        self.ratings = torch.from_numpy(train.ratings.astype(np.float32)) - self.mean
        self.batch = int(np.clip(len(train) // 200, *config.batch))

    @one_thread()
    def run(self, settings: dict) -> tuple[float, tuple[list[dict], dict[str, np.ndarray]]]:
        """Train until validation stops improving; the lowest RMSE, and the curve and the arrays of that epoch."""
        generator = torch.Generator().manual_seed(self.seed)
        tensors = self._start(settings["rank"], generator)
        lowest, best = np.inf, {}
        curve, mark = [], (np.inf, 0)
        for epoch in range(1, self.config.epochs + 1):
            began = time.perf_counter()
            rate = self.config.learning_rate * self.config.decay ** (epoch - 1)
            train_rmse = self._epoch(tensors, rate, settings, generator)
            arrays = self._arrays(tensors) | {"mean": np.float32(self.mean)}
            valid_rmse = rmse_on(self.valid, _expected(arrays, self.valid.users, self.valid.items), self.features)
            seconds = time.perf_counter() - began
            curve.append({"epoch": epoch, "train_rmse": train_rmse, "valid_rmse": valid_rmse, "seconds": seconds})
            if valid_rmse < lowest:
                lowest, best = valid_rmse, {name: np.array(values, np.float32) for name, values in arrays.items()}
            # Strong regularisation creeps on for a hundred epochs; only real progress buys more of them.
            if valid_rmse < mark[0] - self.config.tolerance:
                mark = valid_rmse, epoch
            elif epoch - mark[1] >= self.config.patience:
                break
        return lowest, (curve, best)

    def _start(self, rank: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        n_users, n_items = self.features.n_users, self.features.n_items
        return {
            "user": torch.zeros(n_users),
            "item": torch.zeros(n_items),
            "user_factors": torch.randn(n_users, rank, generator=generator) * self.config.initial,
            "item_factors": torch.randn(n_items, rank, generator=generator) * self.config.initial,
        }

    def _arrays(self, tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
        """What the model keeps of the tensors, as views of them where it can."""
        return {name: tensor.numpy() for name, tensor in tensors.items()}

    def _epoch(
        self, tensors: dict[str, torch.Tensor], rate: float, settings: dict, generator: torch.Generator
    ) -> float:
        """One pass in random order; returns the RMSE met on the way, before each update and without clipping."""
        regularisation = settings["regularisation"]
        bias_regularisation, squared = regularisation * self.config.bias_regularisation, 0.0
        for rows in torch.randperm(len(self.ratings), generator=generator).split(self.batch):
            users, items = self.users[rows], self.items[rows]
            p, q = tensors["user_factors"][users], tensors["item_factors"][items]
            user, item = tensors["user"][users], tensors["item"][items]
            error = self.ratings[rows] - user - item - (p * q).sum(dim=1)
            squared += float(error.square().sum())
            tensors["user"].index_add_(0, users, rate * (error - bias_regularisation * user))
            tensors["item"].index_add_(0, items, rate * (error - bias_regularisation * item))
            tensors["user_factors"].index_add_(0, users, rate * (error[:, None] * q - regularisation * p))
            tensors["item_factors"].index_add_(0, items, rate * (error[:, None] * p - regularisation * q))
        return float(np.sqrt(squared / len(self.ratings)))
