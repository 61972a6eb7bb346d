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


STRATA = 5
"""Kinds of groups by their mean rating, from all bad to all good."""


def split(groups: np.ndarray, ratings: np.ndarray, shares: tuple[float, float, float], seed: int) -> np.ndarray:
    """int8 [n]: TRAIN, VALID or TEST. groups: texts of one group stay together. ratings: float [n], on any scale.

    Groups come in random order and fill test, then validation, then train, so that the shares hold up to one group.
    The order goes through the groups of a like mean rating evenly. Without that a part of a few dozen films may have
    half as many good reviews again as another, and a champion is chosen on other reviews than it is judged by.
    """
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    stratum = _strata(np.bincount(place, ratings) / np.maximum(counts, 1))[order]
    reached = np.empty(len(counts))  # how far through its own stratum a group comes
    for number in range(STRATA):
        rows = np.flatnonzero(stratum == number)
        reached[rows] = (np.cumsum(counts[order[rows]]) - counts[order[rows]] / 2) / max(counts[order[rows]].sum(), 1)
    order = order[np.argsort(reached, kind="stable")]
    gone = np.empty(len(counts))
    gone[order] = np.cumsum(counts[order]) / max(len(groups), 1)
    fold = np.where(gone <= shares[2], TEST, np.where(gone <= shares[2] + shares[1], VALID, TRAIN))
    return fold[place].astype(np.int8)


def _strata(means: np.ndarray) -> np.ndarray:
    """int [groups]: equal parts of the range of the mean ratings."""
    low, high = means.min(initial=np.inf), means.max(initial=-np.inf)
    return np.minimum((means - low) / max(high - low, 1e-12) * STRATA, STRATA - 1).astype(int)
