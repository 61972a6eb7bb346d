"""ML-100K, xia2024: the mean test RMSE of seeds 0-2 is where the peers' tables say it should be."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from models.data import Features, Interactions
from models.metrics import rmse
from models.registry import recommender
from models.splits import TEST, TRAIN, VALID, split

MEASURED = {"global-mean": 1.127, "popularity": 1.026, "bias": 0.945, "item-cf": 0.904, "user-cf": 0.917, "svd": 0.903}
"""What these models reached when they were written; peers: bias .944, item .911-.914, user .919-.936, SVD .907."""
SETTINGS = {"svd": {"ranks": (64,), "regularisations": (0.075,)}}
"""One setting for the one that takes long to choose."""


@lru_cache(maxsize=1)
def ml100k(path: Path) -> Interactions:
    """All 100,000 ratings; users and items are consecutive numbers there."""
    table = np.loadtxt(path, dtype=np.int64)
    users, items = (table[:, 0] - 1).astype(np.int32), (table[:, 1] - 1).astype(np.int32)
    return Interactions(users, items, table[:, 2].astype(np.float32), table[:, 3])


@pytest.mark.real_data
@pytest.mark.parametrize("name", MEASURED)
def test_rmse_on_ml100k(name: str, raw_data: Path) -> None:
    data, errors = ml100k(raw_data / "ml-100k" / "u.data"), []
    for seed in range(3):
        folds = split("xia2024", data, seed)
        train, valid, test = (data.take(folds == fold) for fold in (TRAIN, VALID, TEST))
        cls = recommender(name)
        model = cls(cls.Config(**SETTINGS.get(name, {})), seed=seed)
        model.fit(train, valid, Features(943, 1682, (1, 2, 3, 4, 5)))
        errors.append(rmse(test.ratings, model.predict(test.users, test.items)))
    assert np.mean(errors) == pytest.approx(MEASURED[name], abs=0.004)
