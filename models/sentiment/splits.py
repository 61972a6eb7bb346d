"""Which texts are for training, for choosing, and for the last look."""

from __future__ import annotations

import numpy as np

from models.splits import TEST, TRAIN, VALID

SPLITS: dict[str, tuple[float, float, float]] = {
    "90/5/5": (0.9, 0.05, 0.05),
    "80/10/10": (0.8, 0.1, 0.1),
    "60/40": (0.54, 0.06, 0.4),
}
"""Shares of train, validation and test. 60/40 is that of deep_learning_sentiment_recommender (model 1, point 6); a
tenth of its 60% is for choosing, where the article chose on the 40% that it reports."""


def split(groups: np.ndarray, shares: tuple[float, float, float], seed: int) -> np.ndarray:
    """int8 [n]: TRAIN, VALID or TEST. groups: texts of one group stay together.

    Groups come in random order and fill test, then validation, then train, so that the shares hold up to one group.
    """
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    gone = np.empty(len(counts))
    gone[order] = np.cumsum(counts[order]) / max(len(groups), 1)
    fold = np.where(gone <= shares[2], TEST, np.where(gone <= shares[2] + shares[1], VALID, TRAIN))
    return fold[place].astype(np.int8)
