"""Ratings to compare on, and what every way makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, LENGTH = 64, 10
"""Of the factors; of the lists."""
Data = Mapping[str, np.ndarray]
"""users, items, ratings; fold: 0 train, 1 valid, 2 test; user_factors, item_factors."""
Result = Callable[[], np.ndarray]
Way = Callable[[Data, int], Callable[[], Result]]
"""From data and threads to what is timed; that gives what is to be judged, lists or predicted ratings."""


def ratings(raw: Path) -> tuple[str, dict[str, np.ndarray]]:
    """What they are, and users, items and ratings in index space."""
    path = raw / "ml-1m/ratings.dat"
    if not path.is_file():
        return "generated ratings of ML-1M's size", generated(6040, 3706, 1_000_209)
    table = np.loadtxt(path, delimiter=":", usecols=(0, 2, 4), dtype=np.int64)
    users, items = (np.unique(table[:, column], return_inverse=True)[1].astype(np.int32) for column in (0, 1))
    return "ML-1M", {"users": users, "items": items, "ratings": table[:, 2].astype(np.float32)}


def generated(n_users: int, n_items: int, count: int) -> dict[str, np.ndarray]:
    """Distinct pairs with a long tail on both sides; ratings of 1 to 5 from biases and eight factors."""
    random = np.random.default_rng(0)
    chance = [np.sort(random.pareto(1.2, n) + 0.3)[::-1] for n in (n_users, n_items)]
    cells = np.concatenate([np.arange(n_users) * n_items, (n_users - 1) * n_items + np.arange(n_items)])
    while len(cells) < count:
        drawn = [random.choice(len(p), count, p=p / p.sum()) for p in chance]
        cells = np.unique(np.concatenate([cells, drawn[0] * n_items + drawn[1]]))
    cells = random.permutation(cells)[:count]
    users, items = (cells // n_items).astype(np.int32), (cells % n_items).astype(np.int32)
    p, q = (random.normal(0, 0.5, (n, 8)) for n in (n_users, n_items))
    biases = random.normal(0, 0.4, n_users)[users] + random.normal(0, 0.5, n_items)[items]
    exact = 3.6 + biases + np.einsum("nk,nk->n", p[users], q[items]) + random.normal(0, 0.8, count)
    return {"users": users, "items": items, "ratings": np.clip(np.rint(exact), 1, 5).astype(np.float32)}


def prepared(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """With folds and with factors, which are random: what they mean makes no difference to the work."""
    random = np.random.default_rng(0)
    shares = random.permutation(len(data["users"])) * 100 // len(data["users"])
    shape = [(int(data[side].max()) + 1, WIDTH) for side in ("users", "items")]
    factors = [random.normal(0, 1 / math.sqrt(WIDTH), size).astype(np.float32) for size in shape]
    fold = np.select([shares < 90, shares < 95], [0, 1], 2).astype(np.int8)
    return data | {"fold": fold, "user_factors": factors[0], "item_factors": factors[1]}


def matrix(data: Data, rows: np.ndarray) -> Any:
    """float32 CSR of ones, [n_users, n_items]."""
    from scipy.sparse import csr_matrix

    shape = len(data["user_factors"]), len(data["item_factors"])
    ones = np.ones(int(rows.sum()), np.float32)
    return csr_matrix((ones, (data["users"][rows], data["items"][rows])), shape=shape)


def of_fold(data: Data, fold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """users, items, ratings."""
    return tuple(data[name][data["fold"] == fold] for name in ("users", "items", "ratings"))


def top_of(data: Data, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The first twenty for all users, train and validation left out."""
    scores = users @ items.T
    seen = data["fold"] < 2
    scores[data["users"][seen], data["items"][seen]] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :20]


def lists_by(call: Callable[[np.ndarray], np.ndarray], data: Data, warm: int) -> Callable[[], Result]:
    """Times `call` over all users, after one over a few."""
    users = np.arange(len(data["user_factors"]))
    call(users[:warm])

    def run() -> Result:
        lists = call(users)
        return lambda: lists

    return run
