"""Whether a predicted rating means what it says: what was really given where so much was predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.reports.charts import Chart, Series, line_chart
from assets.reports.leaderboard import Board
from assets.reports.residuals import Fold, Name
from models.calibration import calibration_curve, calibration_error

MOST_LINES = 5


@dataclass(frozen=True)
class Calibration:
    """chart: mean given over mean predicted, a dot a tenth of the predictions. errors: (model, in stars)."""

    chart: Chart
    errors: list[tuple[str, float]]


def calibration_of(board: Board, folds: list[Fold], rating_values: tuple[float, ...]) -> Calibration | None:
    """None where no model of the board has predictions."""
    there = {row.label: told for row in board.rows if (told := pooled(folds, (row.model, row.variant))) is not None}
    if not there:
        return None
    ideal = Series("as predicted", [(v, v) for v in (rating_values[0], rating_values[-1])], 7, dashed=True)
    lines = [
        Series(label, list(zip(*calibration_curve(*told)[:2], strict=True)), slot)
        for slot, (label, told) in enumerate(list(there.items())[:MOST_LINES])
    ]
    marks = [(float(value), f"{value:g}") for value in rating_values]
    chart = line_chart([ideal, *lines], marks, "mean predicted", "mean given", "Mean given over mean predicted rating")
    return Calibration(chart, [(label, calibration_error(*told)) for label, told in there.items()])


def pooled(folds: list[Fold], name: Name) -> tuple[np.ndarray, np.ndarray] | None:
    """float64 [n] each: what was given and what a model predicted, all seeds together; None where it has none."""
    there = [fold for fold in folds if name in fold.predicted]
    if not there:
        return None
    given = np.concatenate([fold.ratings for fold in there]).astype(np.float64)
    return given, np.concatenate([fold.predicted[name] for fold in there]).astype(np.float64)
