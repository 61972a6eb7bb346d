"""The failure gallery: the test ratings that the best model missed by most, and who else missed them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.reports.leaderboard import Board
from assets.reports.material import Material
from assets.reports.posters import Thumbnails
from assets.reports.residuals import Fold
from assets.splits import load_fold
from models.splits import TRAIN

SHOWN = 12
FAR = 2.0
"""Stars from which on a prediction counts as far off."""


@dataclass(frozen=True)
class Failure:
    """One test rating. others: lowest and highest prediction of the other models, None where there are none.

    usual: the user's mean rating in training, None of one without; of_user, of_item: training ratings.
    """

    user_id: str
    title: str
    picture: str | None
    given: float
    predicted: float
    others: tuple[float, float] | None
    usual: float | None
    of_user: int
    of_item: int


@dataclass(frozen=True)
class Gallery:
    """far: how many of the `ratings` test ratings the model missed by FAR or more; nobody: those of `shown` that no
    other model came closer to than one star."""

    model: str
    protocol: str
    seed: int
    ratings: int
    far: int
    shown: list[Failure]

    @property
    def nobody(self) -> int:
        """How many of the failures shown every other model missed by more than a star too."""
        return sum(_missed_by_all(one) for one in self.shown)


def _missed_by_all(one: Failure) -> bool:
    if one.others is None:
        return False
    low, high = one.others
    return low > one.given + 1 or high < one.given - 1


def gallery(material: Material, board: Board, folds: list[Fold], pictures: Thumbnails) -> Gallery | None:
    """The largest errors of the first row's first seed; None where its predictions are not there."""
    name = (board.best.model, board.best.variant)
    fold = next((fold for fold in folds if name in fold.predicted), None)
    if fold is None:
        return None
    gaps = np.abs(fold.predicted[name] - fold.ratings)
    usual = _means(material, board.protocol.name, fold.seed)
    worst = [_failure(material, fold, name, int(row), usual, pictures)
             for row in np.argsort(-gaps, kind="stable")[:SHOWN]]  # fmt: skip
    return Gallery(board.best.label, board.protocol.name, fold.seed, len(gaps), int((gaps >= FAR).sum()), worst)


def _means(material: Material, protocol: str, seed: int) -> np.ndarray:
    """float64 [users]: mean training rating, NaN of a user without one."""
    rows = material.catalog.interactions.take(load_fold(material.home, material.about.name, protocol, seed) == TRAIN)
    n = len(material.catalog.users)
    counts = np.bincount(rows.users, minlength=n)
    return np.where(counts, np.bincount(rows.users, rows.ratings, n) / np.maximum(counts, 1), np.nan)


def _failure(
    material: Material, fold: Fold, name: tuple[str, str], row: int, usual: np.ndarray, pictures: Thumbnails
) -> Failure:
    item, user = int(fold.items[row]), int(fold.users[row])
    about = material.catalog.items.iloc[item]
    others = [float(values[row]) for other, values in fold.predicted.items() if other != name]
    mean = float(usual[user])
    return Failure(
        material.catalog.users.user_id.iloc[user], about.title if isinstance(about.title, str) else about.item_id,
        pictures.of(about.item_id), float(fold.ratings[row]), float(fold.predicted[name][row]),
        (min(others), max(others)) if others else None, None if mean != mean else mean,
        int(fold.of_user[row]), int(fold.of_item[row]),
    )  # fmt: skip
