"""Whether a predicted rating means what it says: what was really given where so much was predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.reports.charts import Chart, Series, line_chart
from assets.reports.leaderboard import Board
from assets.reports.residuals import Fold, Name

TENTHS = 10
MOST_LINES = 5


@dataclass(frozen=True)
class Calibration:
    """chart: mean given over mean predicted, a dot a tenth of the predictions. errors: (model, mean gap in stars)."""

    chart: Chart
    errors: list[tuple[str, float]]


def calibration_of(board: Board, folds: list[Fold], rating_values: tuple[float, ...]) -> Calibration | None:
    """None where no model of the board has predictions."""
    curves = {}
    for row in board.rows:
        if (found := curve(folds, (row.model, row.variant))) is not None:
            curves[row.label] = found
    if not curves:
        return None
    ideal = Series("as predicted", [(v, v) for v in (rating_values[0], rating_values[-1])], 7, dashed=True)
    lines = [
        Series(label, [tuple(point) for point in points], slot)
        for slot, (label, points) in enumerate(list(curves.items())[:MOST_LINES])
    ]
    marks = [(float(value), f"{value:g}") for value in rating_values]
    chart = line_chart([ideal, *lines], marks, "mean predicted", "mean given", "Mean given over mean predicted rating")
    errors = [(label, float(np.abs(points[:, 1] - points[:, 0]).mean())) for label, points in curves.items()]
    return Calibration(chart, errors)


def curve(folds: list[Fold], name: Name) -> np.ndarray | None:
    """float64 [at most TENTHS, 2]: mean predicted and mean given by tenth of the predictions, all seeds together."""
    there = [fold for fold in folds if name in fold.predicted]
    if not there:
        return None
    predicted = np.concatenate([fold.predicted[name] for fold in there]).astype(np.float64)
    given = np.concatenate([fold.ratings for fold in there]).astype(np.float64)
    parts = [part for part in np.array_split(np.argsort(predicted, kind="stable"), TENTHS) if len(part)]
    return np.array([(predicted[part].mean(), given[part].mean()) for part in parts])
