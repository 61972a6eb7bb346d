"""The usual NumPy code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recommender_peers.data import LENGTH, Data, Result, lists_by, matrix

BLOCK = 512
"""Users at a time."""


def numpy_lists(data: Data, _threads: int) -> Callable[[], Result]:
    """The usual code: a product for a block of users, seen ones at -inf, argpartition, and a sort of the ten."""
    left, right, seen = data["user_factors"], data["item_factors"].T.copy(), matrix(data, data["fold"] >= 0)

    def call(users: np.ndarray) -> np.ndarray:
        lists = []
        for start in range(0, len(users), BLOCK):
            some = users[start : start + BLOCK]
            scores, rated = left[some] @ right, seen[some]
            scores[np.repeat(np.arange(len(some)), np.diff(rated.indptr)), rated.indices] = -np.inf
            found = np.argpartition(-scores, LENGTH - 1, axis=1)[:, :LENGTH]
            order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1)
            lists.append(np.take_along_axis(found, order, axis=1))
        return np.concatenate(lists)

    return lists_by(call, data, 600)
