"""The table `metric_slices` as a reader looks at it: by how well users and items are known, and beyond accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from assets.reports.heat import HeatMap
from assets.reports.leaderboard import Board, Row, or_none, shown
from assets.slices import ALL
from models.slices import PARTITIONS
from models.splits import Measure

BEYOND = {
    "coverage": ("Coverage", 3), "gini": ("Gini", 3), "popularity": ("Popularity", 1), "novelty": ("Novelty, bits", 2),
    "diversity": ("Diversity", 3), "genre_divergence": ("Genre divergence, bits", 3),
    "calibration_error": ("Calibration error, stars", 3),
}  # fmt: skip
"""Metrics of lists beside their hits: how a column is called, and its decimals."""


@dataclass(frozen=True)
class Sliced:
    """One metric by slice, of all models. larger: what a stronger shade means. over: what the counts count."""

    name: str
    map: HeatMap
    larger: str
    over: str


@dataclass(frozen=True)
class Beyond:
    """heads: (name, decimals) of each column. rows: (row of the board, a value for each head). left_out: test users
    without a like, and all test users, of the first seed."""

    k: int
    heads: list[tuple[str, int]]
    rows: list[tuple[Row, list[float | None]]]
    left_out: tuple[int, int]


def sliced(board: Board, slices: pd.DataFrame, rates: bool) -> list[Sliced]:
    """NDCG and recall of lists, and RMSE where the protocol rates: a list does not mind an error in stars."""
    part = slices[(slices.protocol == board.protocol.name) & (slices.slice != ALL)]
    found = []
    for (metric, k), rows in part.groupby(["metric", part.k.fillna(0)]):
        if metric == "rmse" and not rates:
            continue
        larger, over = ("the error", "test ratings") if metric == "rmse" else ("the share found", "lists")
        if (heat := _map(board, rows)) is not None:
            found.append(Sliced(shown(Measure(metric, int(k) or None)), heat, larger, over))
    return found


def _map(board: Board, rows: pd.DataFrame) -> HeatMap | None:
    """Means over seeds. A slice that is the whole fold, or nothing of it, says no more than the leaderboard."""
    of_slice = rows.groupby(["model", "variant", "slice"])
    values, counts = of_slice.value.mean(), of_slice.n.sum()
    known = [row for row in board.rows if (row.model, row.variant) in values.index.droplevel("slice")]
    if not known:
        return None
    sizes = counts[known[0].model, known[0].variant].to_dict()
    there = [[name for name in names if sizes.get(name)] for names in PARTITIONS]
    heads = [name for names in there if len(names) > 1 for name in names]
    lines = [(row.label, [or_none(values.get((row.model, row.variant, name))) for name in heads]) for row in known]
    return HeatMap("Model", heads, lines, [int(sizes[name]) for name in heads]) if heads else None


def beyond(board: Board, slices: pd.DataFrame) -> Beyond | None:
    """None where the protocol makes no lists."""
    part = slices[(slices.protocol == board.protocol.name) & (slices.slice == ALL)]
    if part.k.isna().all():
        return None
    means = part.groupby(["model", "variant", "metric"]).value.mean()
    heads = [name for name in BEYOND if name in set(part.metric)]
    rows = [(row, [or_none(means.get((row.model, row.variant, name))) for name in heads]) for row in board.rows]
    left = part[part.metric == "users_left_out"].sort_values("seed").iloc[0]
    return Beyond(int(part.k.max()), [BEYOND[name] for name in heads], rows, (int(left.value), int(left.n)))
