"""What item-based and user-based collaborative filtering share: they differ in which side has the neighbours."""

from __future__ import annotations

from abc import abstractmethod
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy.sparse import csr_matrix

from models.baselines._baseline import Baseline, rmse_on
from models.baselines._biases import Biases, fit_biases
from models.baselines._sentiment import agreement
from models.baselines._similarity import nearest
from models.data import Features, Interactions
from models.recommender import FitReport, ModelConfig, Progress, silent
from models.tuning import Found, search

CHUNK_CELLS = 2**22
"""Cells of a dense chunk while pairs are predicted (16 MB as float32)."""


class NeighbourhoodConfig(ModelConfig):
    """What validation chooses from; the search starts at the first candidates."""

    neighbours: tuple[PositiveInt, ...] = Field((200, 60), min_length=1)
    """Neighbours of each item (of each user); candidates, each 1 or more."""
    shrinkages: tuple[NonNegativeFloat, ...] = Field((20.0, 60.0), min_length=1)
    """Common raters at which a similarity counts half; candidates, each 0 or more."""
    exponents: tuple[PositiveFloat, ...] = Field((1.5, 1.0, 2.0), min_length=1)
    """Power that similarities are raised to, so that near neighbours count more; candidates, each above 0."""
    dampings: tuple[NonNegativeFloat, ...] = Field((1.0, 0.1, 0.3, 3.0), min_length=1)
    """Weight of the bias against the neighbours, in typical nearest neighbours; candidates, each 0 or more."""
    user_shrinkages: tuple[NonNegativeFloat, ...] = Field((5.0, 10.0), min_length=1)
    """As in the model `bias`."""
    item_shrinkages: tuple[NonNegativeFloat, ...] = Field((2.0, 1.0, 4.0), min_length=1)
    """As in the model `bias`."""
    choose_rows: PositiveInt = 50_000
    """Validation ratings to choose by; a larger fold is sampled down to this many, 1 or more."""


class Neighbourhood(Baseline):
    """Rating = bias + what neighbours deviate from theirs, weighted by similarity.

    With subject s (the side that has neighbours), rater r and N(s) its nearest subjects:
    expected(r, s) = bias(r, s) + sum_{t in N(s), rated by r} w(s, t) residual(r, t) / (damping + sum of those w),
    w = (similarity / typical similarity)^exponent (Koren 2010, section 2.2, with a damped denominator).
    All of N(s) is summed instead of the best few that r has rated: that is a matrix product, and no less accurate.

    Told of the sentiment of train reviews, it multiplies every residual by how far its words agree with its stars, for
    similarities and for predictions (`_sentiment.agreement`). Alexander et al. 2024, section 3.3, integrates sentiment
    into collaborative filtering "based on similarities between users and items" and gives no formula. Replacing part of
    the rating by what the words say was tried as well, and is no better on validation of the musical instruments.
    """

    Config = NeighbourhoodConfig

    @staticmethod
    @abstractmethod
    def _sides(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(raters, subjects): the two sides of a pair in the order of the residual matrix."""

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
        sample = valid
        if len(valid) > self.config.choose_rows:
            rows = np.random.default_rng(self.seed).permutation(len(valid))[: self.config.choose_rows]
            sample = valid.take(np.sort(rows))
        found = self._choose(train, sample, features, progress)
        biases, residuals, near, weights = found.result
        self._keep(
            features,
            mean=biases.mean,
            user=biases.user.astype(np.float32),
            item=biases.item.astype(np.float32),
            neighbours=near,
            weights=weights,
            damping=found.settings["damping"],
            residual_data=residuals.data,
            residual_indices=residuals.indices,
            residual_indptr=residuals.indptr,
        )
        return FitReport([], found.chosen, weights.size + 1 + features.n_users + features.n_items, found.trials)

    def _residuals(self, train: Interactions, features: Features, biases: Biases) -> csr_matrix:
        left = (train.ratings - biases.expected(train.users, train.items)).astype(np.float32)
        left *= agreement(train, features)
        shape = self._sides(features.n_users, features.n_items)
        matrix = csr_matrix((left, self._sides(train.users, train.items)), shape=shape)
        matrix.sort_indices()
        return matrix

    def _choose(self, train: Interactions, sample: Interactions, features: Features, progress: Progress) -> Found:
        """The settings of the lowest RMSE on the validation sample; result: biases, residuals, neighbours, weights."""
        raters, subjects = self._sides(sample.users, sample.items)

        @cache
        def left(user_shrinkage: float, item_shrinkage: float) -> tuple[Biases, csr_matrix]:
            biases = fit_biases(train, features, user_shrinkage, item_shrinkage)
            return biases, self._residuals(train, features, biases)

        @cache
        def ranked(user_shrinkage: float, item_shrinkage: float, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
            return nearest(left(user_shrinkage, item_shrinkage)[1], shrinkage, max(self.config.neighbours))

        def evaluate(settings: dict) -> tuple[float, tuple]:
            shrinkages = settings["user_shrinkage"], settings["item_shrinkage"]
            biases, residuals = left(*shrinkages)
            near, similar = ranked(*shrinkages, settings["shrinkage"])
            typical = max(float(np.median(similar[:, 0])), 1e-6)
            near, similar = near[:, : settings["neighbours"]], similar[:, : settings["neighbours"]]
            weights = (similar / typical) ** np.float32(settings["exponent"])
            above, below = neighbour_sums(residuals, near, weights, raters, subjects)
            expected = biases.expected(sample.users, sample.items) + above / (below + settings["damping"] + 1e-9)
            return rmse_on(sample, expected, features), (biases, residuals, near, weights)

        space = {
            "exponent": self.config.exponents,
            "damping": self.config.dampings,
            "shrinkage": self.config.shrinkages,
            "neighbours": self.config.neighbours,
            "item_shrinkage": self.config.item_shrinkages,
            "user_shrinkage": self.config.user_shrinkages,
        }
        return search(space, evaluate, model=self.name, progress=progress)

    def restore(self, state: dict[str, np.ndarray]) -> None:
        super().restore(state)
        self._biases = Biases(float(state["mean"][0]), state["user"], state["item"])
        parts = state["residual_data"], state["residual_indices"], state["residual_indptr"]
        shape = self._sides(len(state["user"]), len(state["item"]))
        self._matrix = csr_matrix(parts, shape=shape)

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        raters, subjects = self._sides(users, items)
        near, weights = self._array("neighbours"), self._array("weights")
        above, below = neighbour_sums(self._matrix, near, weights, raters, subjects)
        return self._biases.expected(users, items) + above / (below + self._array("damping")[0] + 1e-9)

    def _weight_matrix(self) -> csr_matrix:
        """CSR [subjects, subjects]: the weights of each subject's neighbours."""
        near, weights = self._array("neighbours"), self._array("weights")
        indptr = np.arange(len(near) + 1) * near.shape[1]
        # A copy, since dropping the zeros of a shared one would shift the state's own arrays.
        matrix = csr_matrix((weights.ravel(), near.ravel(), indptr), shape=(len(near), len(near)), copy=True)
        matrix.eliminate_zeros()
        return matrix

    def _with_biases(self, users: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
        """float32 [users, items] from the two sums of the same shape."""
        base = self._biases.mean + self._biases.user[users, None] + self._biases.item
        return (base + above / (below + self._array("damping")[0] + 1e-9)).astype(np.float32)


def neighbour_sums(
    residuals: csr_matrix, near: np.ndarray, weights: np.ndarray, raters: np.ndarray, subjects: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """float32 [n] twice: weighted sum of the residuals, and sum of the weights, over the neighbours that were rated."""
    above, below = np.zeros(len(raters), np.float32), np.zeros(len(raters), np.float32)
    order = np.argsort(raters, kind="stable")
    step = max(1, CHUNK_CELLS // max(residuals.shape[1], near.shape[1]))
    for start in range(0, len(order), step):
        rows = order[start : start + step]
        some, position = np.unique(raters[rows], return_inverse=True)
        chunk = residuals[some]
        owners = np.repeat(np.arange(len(some)), np.diff(chunk.indptr))
        dense = np.zeros(chunk.shape, np.float32)
        dense[owners, chunk.indices] = chunk.data
        rated = np.zeros(chunk.shape, bool)
        rated[owners, chunk.indices] = True
        cells = position[:, None], near[subjects[rows]]
        weight = weights[subjects[rows]]
        above[rows] = np.einsum("nk,nk->n", weight, dense[cells])
        below[rows] = np.einsum("nk,nk->n", weight, rated[cells].astype(np.float32))
    return above, below
