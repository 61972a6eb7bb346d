"""How sure a number is: bootstrap intervals, paired comparisons, and Holm's correction for many of them.

A statistic is a function of weights: given how often each unit (a rating, a user) was drawn, float64 [b, n], it
answers with float64 [b], one value per resample. `mean_of`, `rmse_of`, `f1_of`, ... build them from per-unit values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]

RESAMPLES = 1000
BLOCK_CELLS = 2**22
"""Weights that are held at a time (32 MB as float64)."""


# ---- statistics ------------------------------------------------------------------------------------------------


def ratio_of(numerator: np.ndarray, denominator: np.ndarray | None = None) -> Statistic:
    """sum(w * numerator) / sum(w * denominator) over units; without a denominator each unit counts once.

    Where the denominator sums to 0 the value is 0, as in `models.metrics`.
    """
    above = np.asarray(numerator, dtype=np.float64)
    below = np.ones_like(above) if denominator is None else np.asarray(denominator, dtype=np.float64)
    if above.shape != below.shape or above.size == 0:
        raise ValueError(f"significance: {above.shape} and {below.shape} values; they must be alike and not empty")

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weights @ below
        return np.divide(weights @ above, total, out=np.zeros(len(weights)), where=total != 0)

    return statistic


def mean_of(values: np.ndarray) -> Statistic:
    """The mean of per-unit values: MSE, MAE, accuracy, and every ranking metric that is a mean over users."""
    return ratio_of(values)


def rmse_of(squared: np.ndarray, counts: np.ndarray | None = None) -> Statistic:
    """sqrt(sum of squared errors / number of ratings).

    Over ratings: one squared error a unit. Over users: the sum of a user's squared errors, and his `counts`.
    """
    mean = ratio_of(squared, counts)
    return lambda weights: np.sqrt(mean(weights))


def precision_of(likes: np.ndarray, predicted: np.ndarray) -> Statistic:
    """TP / (TP + FP) over ratings."""
    return ratio_of(np.logical_and(likes, predicted), predicted)


def recall_of(likes: np.ndarray, predicted: np.ndarray) -> Statistic:
    """TP / (TP + FN) over ratings."""
    return ratio_of(np.logical_and(likes, predicted), likes)


def f1_of(likes: np.ndarray, predicted: np.ndarray) -> Statistic:
    """2 TP / (2 TP + FP + FN) over ratings."""
    return ratio_of(2 * np.logical_and(likes, predicted), np.asarray(likes, int) + np.asarray(predicted, int))


def auc_of(likes: np.ndarray, scores: np.ndarray) -> Statistic:
    """Area under the ROC curve over ratings; NaN in a resample that lacks one class."""
    order = np.argsort(np.asarray(scores), kind="stable")
    ordered, liked = np.asarray(scores)[order], np.asarray(likes, dtype=np.float64)[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))

    def statistic(weights: np.ndarray) -> np.ndarray:
        positive = np.add.reduceat(weights[:, order] * liked, starts, axis=1)
        negative = np.add.reduceat(weights[:, order] * (1 - liked), starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        total = positive.sum(axis=1) * negative.sum(axis=1)
        return np.divide((positive * below).sum(axis=1), total, out=np.full(len(weights), np.nan), where=total > 0)

    return statistic


def sums_by(units: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(sum of the values, number of them) of every unit that occurs: ratings gathered by user, for `rmse_of`."""
    _, codes = np.unique(units, return_inverse=True)
    return np.bincount(codes, values), np.bincount(codes)


# ---- intervals and comparisons ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """A value and its percentile interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """First model minus second on the same units; p_value is two-sided, standard_error that of the difference."""

    difference: float
    low: float
    high: float
    p_value: float
    standard_error: float

    @property
    def smallest_detectable(self) -> float:
        """The true difference that a test like this one, at 5%, finds with probability 80%: 2.80 standard errors."""
        return 2.80 * self.standard_error


def draws(units: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Blocks of float64 [b, units]: how often each unit is drawn. The same seed gives the same draws to every model."""
    random = np.random.default_rng(seed)
    block = max(1, BLOCK_CELLS // units)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        # One count over all rows at once: row by row, calling it takes longer than counting where units are few.
        drawn = random.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def bootstrap(
    statistic: Statistic, units: int, *, seed: int = 0, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """The value on the data and its percentile bootstrap interval (Efron, Tibshirani 1993, chapter 13).

    units: number of ratings or users. Resamples on which the statistic is not defined are left out.
    """
    drawn = np.concatenate([statistic(weights) for weights in draws(units, resamples, seed)])
    low, high = _percentiles(drawn, level)
    return Interval(float(statistic(np.ones((1, units)))[0]), low, high)


def compare(
    first: Statistic,
    second: Statistic,
    units: int,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> Comparison:
    """Paired bootstrap: both statistics on the same draws of the same units, in the same order.

    p = 2 min(P(difference <= 0), P(difference >= 0)) over resamples, the data itself counted as one more
    (Davison, Hinkley 1997, section 4.2), at most 1: with 1000 resamples it is 0.002 at the least.
    """
    drawn = np.concatenate([first(weights) - second(weights) for weights in draws(units, resamples, seed)])
    drawn = drawn[~np.isnan(drawn)]
    everything = np.ones((1, units))
    low, high = _percentiles(drawn, level)
    tail = min(np.sum(drawn <= 0), np.sum(drawn >= 0))
    return Comparison(
        difference=float((first(everything) - second(everything))[0]),
        low=low,
        high=high,
        p_value=min(1.0, 2 * (int(tail) + 1) / (len(drawn) + 1)),
        standard_error=float(np.std(drawn, ddof=1)),
    )


def _percentiles(drawn: np.ndarray, level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise ValueError(f"significance: level is {level}; it must lie between 0 and 1")
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def holm(p_values: np.ndarray) -> np.ndarray:
    """float64 [m]: p-values adjusted for m comparisons, so that the chance of any false one stays at the level.

    In ascending order p(i) becomes max over j <= i of (m - j + 1) p(j), at most 1. Source: Holm 1979.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    steps = (len(p_values) - np.arange(len(p_values))) * p_values[order]
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1) if len(steps) else steps
    return adjusted
