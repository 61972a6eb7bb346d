"""Cornac."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender_peers.data import LENGTH, WIDTH, Data, Result, lists_by, of_fold


def cornac_lists(data: Data, _threads: int) -> Callable[[], Result]:
    """`recommend` of MF, user by user: it takes one at a time."""
    import cornac

    train = cornac_set(data, data["fold"] >= 0)
    user_ids, item_ids = np.array(list(train.uid_map)), np.array(list(train.iid_map))
    start = {"U": data["user_factors"][user_ids], "V": data["item_factors"][item_ids]}
    model = cornac.models.MF(k=WIDTH, use_bias=False, trainable=False, init_params=start)
    model.fit(train)
    one = lambda user: model.recommend(user, k=LENGTH, remove_seen=True, train_set=train)  # noqa: E731
    return lists_by(lambda users: np.array([one(user) for user in users]), data, 50)


def cornac_mf(data: Data, threads: int) -> Callable[[], Result]:
    """SGD in C++; epochs and regularisation are the best of 18 pairs on the 5% that ours stops by."""
    import cornac

    train, (users, items, _) = cornac_set(data, data["fold"] == 0), of_fold(data, 2)
    model = cornac.models.MF(k=WIDTH, max_iter=30, learning_rate=0.01, lambda_reg=0.05, num_threads=threads)

    def run() -> Result:
        model.fit(train)
        return lambda: np.array([model.rate(train.uid_map[u], train.iid_map.get(i, -1))
                                 for u, i in zip(users.tolist(), items.tolist(), strict=True)])  # fmt: skip

    return run


def cornac_set(data: Data, rows: np.ndarray) -> Any:
    """A Dataset of Cornac, in order of first appearance."""
    from cornac.data import Dataset

    columns = (data[name][rows].tolist() for name in ("users", "items", "ratings"))
    return Dataset.build(list(zip(*columns, strict=True)), seed=0)
