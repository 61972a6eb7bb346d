"""Trifuse: its models, with one setting each, and its lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender_peers.data import LENGTH, Data, Result, Way, lists_by, matrix, of_fold, top_of


def our_lists(data: Data, _threads: int) -> Callable[[], Result]:
    """models.scoring.recommend over a model that has these factors."""
    from models.recommender import Factors
    from models.scoring import recommend

    class Ranker:
        device, n_items = "cpu", len(data["item_factors"])

        def factors(self) -> Factors:
            return Factors(data["user_factors"], data["item_factors"])

    seen = matrix(data, data["fold"] >= 0)
    ours = lambda users: np.concatenate([found.items for found in recommend(Ranker(), users, seen, LENGTH)])  # noqa: E731
    return lists_by(ours, data, 600)


def our_model(name: str, **settings: Any) -> Way:
    """A model of the registry with one setting for each of its fields."""

    def prepare(data: Data, _threads: int) -> Callable[[], Result]:
        from models.data import Features, Interactions
        from models.registry import recommender

        train, valid, (users, items, _) = (of_fold(data, fold) for fold in (0, 1, 2))
        folds = [Interactions(*rows, np.full(len(rows[0]), -1, np.int64)) for rows in (train, valid)]
        features = Features(len(data["user_factors"]), len(data["item_factors"]), (1, 2, 3, 4, 5))
        cls = recommender(name)
        model = cls(cls.Config(**settings))

        def run() -> Result:
            model.fit(*folds, features)
            if name != "ials":
                return lambda: model.predict(users, items)
            return lambda: top_of(data, *model.factors())

        return run

    return prepare
