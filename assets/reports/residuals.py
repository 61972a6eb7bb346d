"""What models got wrong on the test ratings, row by row: for paired comparisons and for errors by slice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.reports.material import Material, popularity
from assets.splits import load_fold
from models.metrics import like_threshold, squared_errors
from models.splits import TEST, TRAIN

Name = tuple[str, str]
"""(model, variant)."""


def _nothing() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Fold:
    """The test fold of one protocol and seed. squared, predicted: (model, variant) -> float64 [n], in its order; wrong:
    the same, 1 where a like was told for none or the other way round, of models whose cutoff is known.

    users, items: int32 [n]; ratings: float32 [n]; deciles: int [n], how often the item was rated in training, 10 most;
    of_user, of_item: int [n], training ratings of the row's user and item.
    """

    users: np.ndarray
    ratings: np.ndarray
    deciles: np.ndarray
    squared: dict[Name, np.ndarray] = field(default_factory=dict)
    predicted: dict[Name, np.ndarray] = field(default_factory=dict)
    items: np.ndarray = field(default_factory=_nothing)
    of_user: np.ndarray = field(default_factory=_nothing)
    of_item: np.ndarray = field(default_factory=_nothing)
    seed: int = 0
    wrong: dict[Name, np.ndarray] = field(default_factory=dict)


def folds_of(material: Material, protocol: str, names: Iterable[Name]) -> list[Fold]:
    """The test folds of a protocol, one per seed, with the squared errors of the named models."""
    wanted = set(names)
    by_seed: dict[int, list[Cell]] = {}
    for cell in material.records:
        if cell.protocol == protocol and (cell.model, cell.variant) in wanted:
            by_seed.setdefault(cell.seed, []).append(cell)
    return [_fold(material, protocol, seed, cells) for seed, cells in sorted(by_seed.items())]


def _fold(material: Material, protocol: str, seed: int, cells: list[Cell]) -> Fold:
    catalog = material.catalog
    assigned = load_fold(material.home, material.about.name, protocol, seed)
    test = catalog.interactions.take(assigned == TEST)
    train = catalog.interactions.take(assigned == TRAIN)
    of_user = np.bincount(train.users, minlength=len(catalog.users))
    of_item = np.bincount(train.items, minlength=len(catalog.items))
    fold = Fold(
        test.users, test.ratings, popularity(train.items, len(catalog.items))[test.items],
        items=test.items, of_user=of_user[test.users], of_item=of_item[test.items], seed=seed,
    )  # fmt: skip
    for cell in cells:
        path = cell.folder(material.home) / "predictions.parquet"
        predicted = pd.read_parquet(path, columns=["prediction"]).prediction.to_numpy()
        fold.squared[cell.model, cell.variant] = squared_errors(test.ratings, predicted)
        fold.predicted[cell.model, cell.variant] = predicted
        if (cutoff := material.records[cell].get("like_cutoff")) is not None:
            liked = test.ratings >= like_threshold(material.about.rating_values)
            fold.wrong[cell.model, cell.variant] = (liked != (predicted >= cutoff)).astype(np.float64)
    return fold


def rmse_by(folds: list[Fold], name: Name, key: str, values: Iterable[float]) -> list[float | None]:
    """RMSE of one model over all seeds where `key` (ratings or deciles) has each value; None where no row has it."""
    found = [(getattr(fold, key), fold.squared[name]) for fold in folds if name in fold.squared]
    keys, squared = (np.concatenate(parts) for parts in zip(*found, strict=True))
    masks = [np.isclose(keys, value) for value in values]
    return [float(np.sqrt(squared[mask].mean())) if mask.any() else None for mask in masks]


def counts_by(folds: list[Fold], key: str, values: Iterable[float]) -> list[int]:
    """Test ratings of all seeds at each value of `key`."""
    keys = np.concatenate([getattr(fold, key) for fold in folds])
    return [int(np.isclose(keys, value).sum()) for value in values]
