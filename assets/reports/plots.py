"""Which plots a report has: intervals, learning curves, error by star and by popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assets.cells import Cell
from assets.reports.charts import Chart, Series, interval_chart, line_chart
from assets.reports.leaderboard import Board, Row, shown
from assets.reports.residuals import Fold, counts_by, rmse_by

MOST_LINES = 6
"""Models in one plot; the tables have them all."""
DECILES = tuple(range(1, 11))


@dataclass(frozen=True)
class Slices:
    """RMSE by slice: a plot and its table. heads: names of the slices; counts: test ratings in each."""

    chart: Chart
    heads: list[str]
    counts: list[int]
    rows: list[tuple[str, list[float | None]]]


def intervals(board: Board) -> Chart:
    """Values with their 95% intervals, published ones as diamonds beside ours."""
    # A published value far outside everything measured here would flatten the plot; the table has it.
    ours = [v for row in board.rows for v in (row.value, row.low, row.high) if v is not None]
    low, high = min(ours), max(ours)
    reach = 1.5 * max(high - low, 0.02 * abs(high))
    rows = [(row.label, row.value, row.low, row.high, _near(row, low - reach, high + reach)) for row in board.rows]
    return interval_chart(rows, shown(board.primary), f"{shown(board.primary)} and 95% interval of every model")


def _near(row: Row, low: float, high: float) -> float | None:
    return next((paper.value for paper in row.published if low < paper.value < high), None)


def learning_curves(board: Board, records: dict[Cell, dict[str, Any]]) -> list[tuple[str, int, Chart]]:
    """(model, restarts, plot) of each model that learns in epochs: its first seed under the board's protocol."""
    found = []
    for row in board.rows:
        key = row.model, row.variant, board.protocol.name
        cells = [cell for cell in records if (cell.model, cell.variant, cell.protocol) == key]
        curve = records[min(cells, key=lambda c: c.seed)]["curve"] if cells else []
        if any(_known(point, "valid_rmse") is not None for point in curve):
            found.append((row.label, len(_runs(curve)), _curve(row.label, curve)))
    return found


def _runs(curve: list[dict[str, float]]) -> list[list[dict[str, float]]]:
    """A curve by restart; one restart where the record does not tell them apart."""
    names = sorted({point.get("run", 0) for point in curve})
    return [[point for point in curve if point.get("run", 0) == name] for name in names]


def _curve(label: str, curve: list[dict[str, float]]) -> Chart:
    series = [
        Series(name, [(point["epoch"], _known(point, key)) for point in run], slot, dashed=key == "train_rmse")
        for run in _runs(curve)
        for slot, (name, key) in enumerate((("validation", "valid_rmse"), ("training", "train_rmse")))
    ]
    last = int(max(point["epoch"] for point in curve))
    step = max(1, -(-last // 10))
    places = [(float(epoch), str(epoch)) for epoch in range(1, last + 1, step)]
    alt = f"Learning curve of {label}: training and validation RMSE by epoch"
    chart = line_chart(series, places, "epoch", "RMSE", alt)
    return Chart(chart.svg, chart.legend[:2])


def _known(point: dict[str, float], key: str) -> float | None:
    value = point.get(key)
    return None if value is None or value != value else value


def by_star(board: Board, folds: list[Fold], rating_values: tuple[float, ...]) -> Slices:
    """RMSE by the true rating."""
    return _slices(board, folds, "ratings", rating_values, [f"{value:g}" for value in rating_values], "true rating")


def by_popularity(board: Board, folds: list[Fold]) -> Slices | None:
    """RMSE by decile of the items' number of training ratings; None where all are in one, as under cold-item."""
    if sum(count > 0 for count in counts_by(folds, "deciles", DECILES)) < 2:
        return None
    heads = [str(decile) for decile in DECILES]
    return _slices(board, folds, "deciles", DECILES, heads, "decile of items by training ratings (10: most rated)")


def _slices(board: Board, folds: list[Fold], key: str, values, heads: list[str], x_name: str) -> Slices:
    counts = counts_by(folds, key, values)
    kept = [i for i, count in enumerate(counts) if count]
    values, heads, counts = ([part[i] for i in kept] for part in (values, heads, counts))
    there = [row for row in board.rows if any((row.model, row.variant) in fold.squared for fold in folds)]
    rows = [(row.label, rmse_by(folds, (row.model, row.variant), key, values)) for row in there]
    lines = [
        Series(label, list(zip(values, errors, strict=True)), slot)
        for slot, (label, errors) in enumerate(rows[:MOST_LINES])
    ]
    marks = list(zip(values, heads, strict=True))
    chart = line_chart(lines, marks, x_name, "RMSE", f"RMSE by {x_name}")
    return Slices(chart, heads, counts, rows)
