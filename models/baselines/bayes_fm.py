"""Bayesian factorization machine: ids, who rated what, side features and the day, by Gibbs sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field, PositiveInt

from models.baselines._baseline import Baseline, rmse_on, with_biases
from models.baselines._gibbs import DAY, UNKNOWN, Samples, day_codes, design, sample
from models.data import Features, Interactions
from models.recommender import Factors, FitReport, ModelConfig, Progress, silent

SMALL, LARGE = 50_000, 500_000
"""Ratings below which half the sweeps are enough, and from which on a higher rank pays."""


class BayesianFMConfig(ModelConfig):
    """The sampler. What other models tune, the weight of every regularisation, is sampled here."""

    rank: PositiveInt | None = None
    """Length of the factors, 1 or more. None: 12, or 20 from 500,000 ratings on."""
    chains: int = Field(3, ge=1, le=100)
    """Chains from different starts: one alone stays near the mode that it finds first."""
    iterations: int | None = Field(None, ge=20, le=100_000)
    """Sweeps of each chain over all parameters. None: 200, or 100 below 50,000 ratings."""
    burn_in: float = Field(0.2, ge=0, lt=1)
    """Share of a chain's first sweeps that are not kept."""
    kept: int = Field(90, ge=1, le=10_000)
    """Sweeps of all chains that are kept, evenly spaced; their predictions are averaged."""
    implicit: bool = True
    """Whether a user is also described by what he rated, and an item by who rated it (SVD++ both ways)."""
    fields: bool = True
    """Whether the structured features of users and items are used."""
    time: bool = True
    """Whether the day of a rating is used, where the dataset has it."""


class BayesianFM(Baseline):
    """Rating = a factorization machine over the features of user, item and day, averaged over posterior samples.

    Rendle 2012, Factorization machines with libFM, section 3.3 (Gibbs sampling), with the features of Rendle, Zhang,
    Koren 2019, On the difficulty of evaluating baselines: user and item ids, the set of items that a user rated and the
    set of users that rated an item, and besides the fields of both and the day of the rating. Each group of features
    has a prior of its own, whose mean and precision are sampled, so that there is nothing left to tune. The chain is
    myfm's. Where no time is given, a user is asked on the last of his days. A killed fit begins its chain anew, and
    ends the same.

    Several short chains, averaged, do no worse than one long one of the same cost, and differ less from seed to seed.
    """

    name = "bayes-fm"
    Config = BayesianFMConfig

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
        """Run the chain on `train`; validation is only reported. One CPU thread: half a minute on ML-100K."""
        config = self.config
        rank = config.rank or (20 if len(train) >= LARGE else 12)
        iterations = config.iterations or (200 if len(train) >= SMALL else 100)
        first_day = int(train.timestamps[train.timestamps >= 0].min(initial=2**62)) // DAY
        days = day_codes(train.timestamps, first_day) if config.time else np.full(len(train), UNKNOWN)
        designs = design(train, features, config.implicit, config.fields)
        samples = sample(
            train, designs, days, rank=rank, iterations=iterations, burn_in=config.burn_in, kept=config.kept,
            seeds=[self.seed * 101 + chain for chain in range(config.chains)],
            progress=lambda line: progress(f"{self.name}: {line}"),
        )  # fmt: skip
        last = np.full(features.n_users, UNKNOWN, np.int64)
        np.maximum.at(last, train.users, days)
        self._keep(features, first_day=first_day, last_day=last, **samples._asdict())
        error = rmse_on(valid, self._expected(valid.users, valid.items, valid.timestamps), features)
        progress(f"{self.name}: valid RMSE {error:.4f}")
        width = sum(one.rows.shape[1] for one in designs) + len(samples.day)
        return FitReport(chosen={"rank": rank, "valid_rmse": error}, parameters=width * (rank + 1) + 1)

    def _samples(self) -> Samples:
        return Samples(*map(self._array, Samples._fields))

    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        return np.clip(self._expected(users, items, timestamps), *self._array("scale")).astype(np.float32)

    def _expected(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        samples = self._samples()
        if timestamps is None:
            days = self._array("last_day")[users]
        else:
            days = day_codes(timestamps, int(self._array("first_day")[0]), len(samples.day))
        return samples.expected(users, items, days)

    def score(self, users: np.ndarray) -> np.ndarray:
        factors = self.factors()
        return factors.users[users] @ factors.items.T

    def factors(self) -> Factors:
        """All sweeps side by side, users on the last of their days."""
        samples, last = self._samples(), self._array("last_day")
        day = samples.day[last]
        own = samples.user_bias + samples.day_bias[last] + (samples.user * day).sum(1)
        return with_biases(0.0, own, samples.item_bias, samples.user + day, samples.item)
