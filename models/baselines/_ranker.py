"""What the ranking baselines share: how they choose, what they do for strangers, and how a score becomes a rating."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from scipy.sparse import csr_matrix

from models.baselines._baseline import Baseline
from models.baselines._biases import Biases, fit_biases
from models.data import Features, Interactions
from models.metrics import like_threshold, pairs, ranking_metrics, top_k
from models.recommender import Factors, FitReport, ModelConfig, Progress, silent
from models.tuning import Found, Settings, search
from models.vectors import standard

CUTOFF = 20
"""Rankers choose by NDCG at this length."""
CELLS = 4_000_000
"""Scores that are held at a time while pairs are predicted."""
JUDGED = 30_000_000
"""Scores that a trial is judged by at most: 120 MB, and that a few times over."""

Arrays = dict[str, np.ndarray]
Space = dict[str, Sequence[Any]]
Learn = Callable[[Settings], Arrays]


class RankerConfig(ModelConfig):
    """What validation chooses from, whichever ranker it is; the search starts at the first candidates."""

    positives: tuple[Literal["liked", "rated"], ...] = Field(("liked", "rated"), min_length=1)
    """What counts as chosen by a user: ratings from `models.metrics.like_threshold` on, or all ratings; candidates."""
    prior_weights: tuple[NonNegativeFloat, ...] = Field((0.25, 0.0, 1.0, 4.0), min_length=1)
    """Weight of popularity against taste, both standardised, for users who have a taste; candidates, each 0 or more."""
    half_lives: tuple[PositiveFloat | None, ...] = Field((None, 0.2, 0.05), min_length=1)
    """Popularity forgets: a like counts half once this share of the train ratings has been made since. Candidates, each
    above 0; None: it never forgets."""
    choose_users: PositiveInt = 3000
    """Users to choose by; where validation has more, so many are drawn, and fewer where 30 million scores do not hold a
    catalogue for each. 1 or more."""
    choose_rows: PositiveInt = 50_000
    """Validation ratings to calibrate on; a larger fold is sampled down to this many, 1 or more."""


class Ranker(Baseline):
    """score(u, i) = taste(u, i) + weight popularity(i); a user without a taste is given popularity alone.

    taste: what the model says, standardised over the catalogue for each user (mean 0, deviation 1), so that one weight
    means the same to every model. It is all 0 for users with no positives in the train fold: of them a ranker knows
    nothing but what is liked at present. popularity: log(1 + likes), recent ones counting more, standardised. All
    settings are chosen on validation by NDCG@20 over the full catalogue minus train.

    Predicted ratings are regularised biases plus slope (taste - its mean over the validation ratings); the slope is
    that of least squares on validation, about 0 where taste says nothing of the ratings.
    """

    ranks_by_rating = False
    Config = RankerConfig
    last_field: ClassVar[str] = ""
    """A field that is chosen when all others have been, if the model has it: whatever it is worth, the others are then
    chosen from the same trials with it and without."""

    @abstractmethod
    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        """The model's own fields with their candidates, and what makes its arrays of settings of these fields.

        The fields of the prior are tried after them, unless the model puts `_prior_space` elsewhere among them.
        """

    @abstractmethod
    def _taste(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        """float32 [len(users), n_items]: standardised scores; rows of zeros for users without a taste."""

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
        """Choose by the ranking of the validation likes, then calibrate; nothing to resume."""
        self.device = device
        found = self._choose(train, valid, features, progress)
        self._keep(features, **found.result)
        slope = self._calibrate(train, valid, features)
        learned = sum(values.size for values in self._arrays.values() if values.dtype.kind == "f")
        return FitReport([], found.chosen | {"slope": slope}, learned, found.trials)

    def _choose(self, train: Interactions, valid: Interactions, features: Features, progress: Progress) -> Found:
        """The settings of the highest NDCG@20 on validation; result: the model's arrays and those of its prior."""
        at_most = max(1, min(self.config.choose_users, JUDGED // features.n_items))
        judge = Judge(train, valid, features, at_most, self.seed)
        space, learn = self._learner(train, features, progress)
        prior = self._prior_space(train)
        own = [name for name in space if name not in prior]
        standings = cache(lambda half_life: popularity(train, features, half_life))

        # The last two are kept: the best so far and a new one. All of them would be gigabytes for EASE.
        @lru_cache(maxsize=2)
        def learnt(*values: Any) -> tuple[Arrays, np.ndarray]:
            arrays = learn(dict(zip(own, values, strict=True)))
            return arrays, self._taste(arrays, judge.users)

        def evaluate(settings: Settings) -> tuple[float, Arrays]:
            arrays, taste = learnt(*(settings[name] for name in own))
            standing, weight = self._standing(standings(settings["half_life"]), settings), settings["prior_weight"]
            arrays = arrays | {"prior": standing, "prior_weight": np.array([weight], np.float32)}
            return -judge.ndcg(mixed(taste, standing, weight)), arrays

        space = space | prior
        if not len(judge.users):
            progress(f"{self.name}: nobody likes anything in validation, so that the first settings stay")
            space = {name: values[:1] for name, values in space.items()}
        last = {name: values for name, values in space.items() if name == self.last_field}
        started = space | {name: values[:1] for name, values in last.items()}
        found = search(started, evaluate, model=self.name, measure="valid_ndcg", progress=progress)
        if not last:
            return found
        settled = {name: (value,) for name, value in found.settings.items()} | last
        ended = search(settled, evaluate, model=self.name, measure="valid_ndcg", progress=progress)
        return replace(ended, trials=found.trials + ended.trials - 1)

    def _standing(self, popular: np.ndarray, settings: Settings) -> np.ndarray:
        """float32 [n_items]: what counts for every user beside taste; popular: as `popularity` gives it."""
        return popular

    def _prior_space(self, train: Interactions) -> Space:
        """The fields of the prior; where all ratings are of one time, nothing can be forgotten."""
        half_lives = self.config.half_lives
        if train.timestamps.min() == train.timestamps.max():
            half_lives = half_lives[:1]
        return {"half_life": half_lives, "prior_weight": self.config.prior_weights}

    def _calibrate(self, train: Interactions, valid: Interactions, features: Features) -> float:
        """Biases of the train fold, and what a deviation of taste is worth in ratings of the validation fold."""
        biases = fit_biases(train, features)
        if len(valid) > self.config.choose_rows:
            valid = valid.take(np.random.default_rng(self.seed).permutation(len(valid))[: self.config.choose_rows])
        taste, known = self._pair_taste(valid.users, valid.items)
        taste, left = taste[known], (valid.ratings - biases.expected(valid.users, valid.items))[known]
        centre = float(taste.mean(dtype=np.float64)) if len(taste) else 0.0
        spread = float(np.sum((taste - centre) ** 2, dtype=np.float64))
        slope = float(np.sum((taste - centre) * left) / spread) if spread > 0 else 0.0
        arrays = {"mean": biases.mean, "user": biases.user, "item": biases.item, "slope": slope, "centre": centre}
        self.restore(self._arrays | {name: np.atleast_1d(np.asarray(values)) for name, values in arrays.items()})
        return slope

    def _pair_taste(self, users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float32 [n]: taste of each pair; bool [n]: whose users have one."""
        taste, known = np.zeros(len(users), np.float32), np.zeros(len(users), bool)
        some, of = np.unique(users, return_inverse=True)
        order, step = np.argsort(of, kind="stable"), max(1, CELLS // self.n_items)
        ends = np.searchsorted(of[order], np.arange(len(some) + step))
        for start in range(0, len(some), step):
            rows = order[ends[start] : ends[start + step]]
            block = self._taste(self._arrays, some[start : start + step])
            taste[rows] = block[of[rows] - start, items[rows]]
            known[rows] = block.any(axis=1)[of[rows] - start]
        return taste, known

    def _expected(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        biases = Biases(float(self._array("mean")[0]), self._array("user"), self._array("item"))
        taste, known = self._pair_taste(users, items)
        return biases.expected(users, items) + known * self._array("slope")[0] * (taste - self._array("centre")[0])

    def score(self, users: np.ndarray) -> np.ndarray:
        return mixed(self._taste(self._arrays, users), self._array("prior"), float(self._array("prior_weight")[0]))


class FactorRanker(Ranker):
    """A ranker whose taste is one product: it learns `user_factors` and `item_factors` as `standardised` gives them."""

    def _taste(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return arrays["user_factors"][users] @ arrays["item_factors"].T

    def _pair_taste(self, users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        left, right = self._array("user_factors")[users], self._array("item_factors")[items]
        return np.einsum("nk,nk->n", left, right), left.any(axis=1)

    def factors(self) -> Factors:
        users, items = self._array("user_factors"), self._array("item_factors")
        weights = np.where(users.any(axis=1), self._array("prior_weight")[0], 1)
        left, right = (users, weights[:, None]), (items, self._array("prior")[:, None])
        return Factors(*(np.concatenate(parts, axis=1, dtype=np.float32) for parts in (left, right)))


class Judge:
    """Validation likes as a ranking: the users to judge by, what they have seen and what they should be shown."""

    def __init__(self, train: Interactions, valid: Interactions, features: Features, at_most: int, seed: int) -> None:
        shape = features.n_users, features.n_items
        likes = pairs(valid, *shape, at_least=like_threshold(features.rating_values))
        users = np.flatnonzero(np.diff(likes.indptr))
        if len(users) > at_most:
            users = np.sort(np.random.default_rng(seed).permutation(users)[:at_most])
        self.users, self._seen, self._likes = users, pairs(train, *shape)[users], likes[users]

    def ndcg(self, scores: np.ndarray) -> float:
        """Mean NDCG@20 of float [len(users), n_items]; 0 where there is nobody to judge by."""
        if not len(self.users):
            return 0.0
        return float(np.mean(ranking_metrics(top_k(scores, self._seen, CUTOFF), self._likes)["ndcg"]))


def positives(train: Interactions, features: Features, which: str) -> csr_matrix:
    """float32 CSR [n_users, n_items] of ones: what users like, or all that they rated."""
    at_least = like_threshold(features.rating_values) if which == "liked" else -np.inf
    return pairs(train, features.n_users, features.n_items, at_least).astype(np.float32)


def popularity(train: Interactions, features: Features, half_life: float | None) -> np.ndarray:
    """float32 [n_items]: log(1 + likes), standardised; a like counts half for every `half_life` of the train ratings
    made since (None: always fully). Time is told in ratings, not days, so that one share suits busy and quiet datasets.
    """
    stamps = np.sort(train.timestamps)
    age = 1 - np.searchsorted(stamps, train.timestamps, side="right") / len(stamps)
    weights = (train.ratings >= like_threshold(features.rating_values)).astype(np.float64)
    if half_life is not None:
        weights *= 0.5 ** (age / half_life)
    return standard(np.log1p(np.bincount(train.items, weights, features.n_items)))


def mixed(taste: np.ndarray, prior: np.ndarray, weight: float) -> np.ndarray:
    """float32 [b, n_items]: taste + weight * prior; the prior alone in rows without a taste."""
    weights = np.where(taste.any(axis=1), weight, 1).astype(np.float32)
    return taste + weights[:, None] * prior


def standardised(users: np.ndarray, items: np.ndarray) -> Arrays:
    """Factors whose product has mean 0 and deviation 1 over the items for each user; zeros where all scores are equal.

    No score is computed: with centred items Q, the variance of p Q^T is p (Q^T Q / n) p^T.
    """
    items = items.astype(np.float64) - items.mean(axis=0, dtype=np.float64)
    covariance = items.T @ items / max(len(items), 1)
    spread = np.sqrt(np.maximum(np.einsum("nk,nk->n", users @ covariance, users), 0))
    scale = np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0)
    return {"user_factors": (users * scale[:, None]).astype(np.float32), "item_factors": items.astype(np.float32)}
