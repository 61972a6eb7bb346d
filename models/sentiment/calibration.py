"""Probabilities that mean what they say: temperature scaling, and how far from honest they are."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

BINS = 15


def softmax(logits: np.ndarray) -> np.ndarray:
    """float32 [n, classes], every row sums to 1."""
    above = np.exp(logits - logits.max(1, keepdims=True))
    return (above / above.sum(1, keepdims=True)).astype(np.float32)


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """By what the logits are to be divided for the likeliest labels (Guo et al. 2017); between 1/20 and 20.

    Labels that all have the model's answer would ask for infinite confidence: the bound stands in for that.
    """
    wide = np.asarray(logits, np.float64)
    rows = np.arange(len(labels))

    def surprise(log_t: float) -> float:
        scaled = wide / np.exp(log_t)
        top = scaled.max(1)
        return float(np.mean(top + np.log(np.exp(scaled - top[:, None]).sum(1)) - scaled[rows, labels]))

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded").x))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean gap between confidence and accuracy over 15 equal bins of confidence, weighted by texts (Guo et al. 2017).

    probabilities: [n, classes]. 0 is honest; at worst it is 1.
    """
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    gaps = np.abs(np.bincount(place, correct, BINS) - np.bincount(place, confidence, BINS))
    return float(gaps.sum() / counts.sum())
