"""Cold start: the error by how much training knows of the item, and of the user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.reports.heat import HeatMap
from assets.reports.leaderboard import Board
from assets.reports.residuals import Fold, Name

BANDS = ((0, 0), (1, 4), (5, 19), (20, 99), (100, None))
"""Training ratings, from and to."""


@dataclass(frozen=True)
class ColdStart:
    """RMSE of every model by band of training ratings. A side of which all test ratings are in one band is None."""

    of_item: HeatMap | None
    of_user: HeatMap | None


def cold_start(board: Board, folds: list[Fold]) -> ColdStart | None:
    """None where neither items nor users differ in what training knows of them."""
    found = ColdStart(*(_map(board, folds, key) for key in ("of_item", "of_user")))
    return found if found.of_item or found.of_user else None


def _map(board: Board, folds: list[Fold], key: str) -> HeatMap | None:
    counts = np.concatenate([getattr(fold, key) for fold in folds])
    there = [band for band in BANDS if _inside(counts, band).any()]
    if len(there) < 2:
        return None
    names = {row.label: (row.model, row.variant) for row in board.rows}
    known = {label: name for label, name in names.items() if any(name in fold.squared for fold in folds)}
    rows = [(label, [_rmse(folds, name, key, band) for band in there]) for label, name in known.items()]
    return HeatMap("Model", [shown(band) for band in there], rows, [int(_inside(counts, b).sum()) for b in there])


def _inside(counts: np.ndarray, band: tuple[int, int | None]) -> np.ndarray:
    low, high = band
    return (counts >= low) & (counts <= (np.inf if high is None else high))


def _rmse(folds: list[Fold], name: Name, key: str, band: tuple[int, int | None]) -> float | None:
    squared = [fold.squared[name][_inside(getattr(fold, key), band)] for fold in folds if name in fold.squared]
    together = np.concatenate(squared)
    return float(np.sqrt(together.mean())) if len(together) else None


def shown(band: tuple[int, int | None]) -> str:
    """A band as people write it: 0, 1–4, 100 or more."""
    low, high = band
    return f"{low} or more" if high is None else f"{low}" if low == high else f"{low}–{high}"
