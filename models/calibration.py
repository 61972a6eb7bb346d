"""Whether predicted ratings mean what they say: what was given on average where so much was predicted.

Ratings and predictions are in stars, [n] each. The bins are the same wherever calibration is spoken of: neighbouring
predictions, at most `BINS` of like many, of at least `PER_BIN`, equal predictions in one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS, PER_BIN = 10, 50


class Curve(NamedTuple):
    """Of every bin, by size of the predictions: mean prediction, mean rating, how many there are; float64 [bins]."""

    predicted: np.ndarray
    given: np.ndarray
    counts: np.ndarray


class Slope(NamedTuple):
    """Of the least-squares line of true on predicted ratings, with its 95% interval."""

    value: float
    low: float
    high: float


def calibration_curve(truth: np.ndarray, predicted: np.ndarray) -> Curve:
    """Mean rating over mean prediction. ValueError for unlike lengths or no rows."""
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if truth.shape != predicted.shape or truth.size == 0:
        raise ValueError(f"metrics: truth {truth.shape} and predicted {predicted.shape} must be alike and not empty")
    bins = int(np.clip(len(truth) // PER_BIN, 1, BINS))
    edges = np.unique(np.sort(predicted)[len(predicted) * np.arange(1, bins) // bins])
    code = np.searchsorted(edges, predicted, side="right")
    counts, said, given = (np.bincount(code, weights) for weights in (np.ones(len(code)), predicted, truth))
    there = counts > 0
    return Curve(said[there] / counts[there], given[there] / counts[there], counts[there])


def calibration_error(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean distance of the curve from what was predicted, by the bins' counts, in stars; 0 is calibrated.

    Source: Naeini et al. 2015, expected calibration error, for ratings. ValueError as of `calibration_curve`.
    """
    curve = calibration_curve(truth, predicted)
    return float(curve.counts @ np.abs(curve.given - curve.predicted) / curve.counts.sum())


def slope(truth: np.ndarray, predicted: np.ndarray) -> Slope:
    """The slope; infinitely uncertain where all predictions are equal or fewer than three."""
    spread = predicted - predicted.mean()
    total = float(spread @ spread)
    if len(truth) < 3 or total == 0:
        return Slope(1.0, -np.inf, np.inf)
    value = float(spread @ truth) / total
    residuals = truth - truth.mean() - value * spread
    error = float(np.sqrt(residuals @ residuals / (len(truth) - 2) / total))
    return Slope(value, value - 1.96 * error, value + 1.96 * error)
