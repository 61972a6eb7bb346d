"""Whether predicted ratings mean what they say: the slope of true on predicted ones, and their distance in bins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS, PER_BIN = 10, 50
"""At most so many bins of equally many predictions, each of at least so many."""


class Slope(NamedTuple):
    """Of the least-squares line of true on predicted ratings, with its 95% interval."""

    value: float
    low: float
    high: float


def slope(truth: np.ndarray, predicted: np.ndarray) -> Slope:
    """The slope; infinitely uncertain where all predictions are equal or fewer than three. Ratings in stars, [n]."""
    spread = predicted - predicted.mean()
    total = float(spread @ spread)
    if len(truth) < 3 or total == 0:
        return Slope(1.0, -np.inf, np.inf)
    value = float(spread @ truth) / total
    residuals = truth - truth.mean() - value * spread
    error = float(np.sqrt(residuals @ residuals / (len(truth) - 2) / total))
    return Slope(value, value - 1.96 * error, value + 1.96 * error)


def binned_error(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean |mean predicted - mean true| over bins of neighbouring predictions, by their size. In stars, [n] each.

    The expected calibration error of Naeini et al. 2015, for ratings.
    """
    count = int(np.clip(len(truth) // PER_BIN, 1, BINS))
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(truth[order] - predicted[order], count)
    return float(sum(abs(part.mean()) * len(part) for part in parts) / len(truth))
