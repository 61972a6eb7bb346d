"""Whether differences matter: paired bootstrap over users on the same test ratings, corrected for many comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assets.reports.leaderboard import Board
from assets.reports.residuals import Fold, Name
from models.significance import Comparison, compare, holm, ratio_of, rmse_of, sums_by

Errors = Literal["squared", "wrong"]
LEVEL = 0.05
FEWEST, MOST, DRAWN = 1_000, 10_000, 50_000_000
"""Resamples: as many as draw so many users in all, within these bounds."""


@dataclass(frozen=True)
class Pair:
    """First model against second. result: the error of first minus second, RMSE or the share of likes told wrong; p:
    after Holm's correction."""

    first: str
    second: str
    result: Comparison
    p: float
    ratings: int
    users: int

    @property
    def resamples(self) -> int:
        """How often the users were redrawn."""
        return resamples(self.users)

    @property
    def significant(self) -> bool:
        """Whether the corrected p-value is below 5%."""
        return self.p < LEVEL

    @property
    def better(self) -> str:
        """The one with the lower error."""
        return self.first if self.result.difference <= 0 else self.second

    @property
    def gap(self) -> float:
        """How far the worse one is behind."""
        return abs(self.result.difference)


def pairs_of(board: Board, folds: list[Fold]) -> list[Pair]:
    """The best model against every other one, and each model's variants against its first one."""
    names = [(row.model, row.variant) for row in board.rows]
    return compared(folds, [(names[0], other) for other in names[1:]] + _variants(names))


def compared(folds: list[Fold], wanted: list[tuple[Name, Name]], errors: Errors = "squared") -> list[Pair]:
    """These comparisons, corrected for their number; those without test ratings in common are left out.

    errors: `squared` compares RMSE, `wrong` the share of likes told wrong, which is one less the accuracy.
    """
    done = [(pair, made) for pair in wanted if (made := _compare(folds, *pair, errors)) is not None]
    corrected = holm(np.array([result.p_value for _, (result, _, _) in done]))
    return [
        Pair(" ".join(first).strip(), " ".join(second).strip(), result, float(p), ratings, users)
        for ((first, second), (result, ratings, users)), p in zip(done, corrected, strict=True)
    ]


def _variants(names: list[Name]) -> list[tuple[Name, Name]]:
    """cro against sin: what the picture brings. Pairs that the best model is in are there already."""
    both = [("poster-transformer", "cro"), ("poster-transformer", "sin")]
    return [(both[0], both[1])] if set(both) <= set(names) and names[0] not in both else []


def _compare(folds: list[Fold], first: Name, second: Name, errors: Errors) -> tuple[Comparison, int, int] | None:
    # Users are drawn, with all their ratings of all seeds: a user's errors are alike, and under some protocols every
    # seed has the same test ratings, so that drawing rows would count the same evidence several times.
    shared = [fold for fold in folds if {first, second} <= getattr(fold, errors).keys()]
    if not shared:
        return None
    users = np.concatenate([fold.users for fold in shared])
    statistics = []
    for name in (first, second):
        sums, counts = sums_by(users, np.concatenate([getattr(fold, errors)[name] for fold in shared]))
        statistics.append((rmse_of if errors == "squared" else ratio_of)(sums, counts))
    return compare(*statistics, len(counts), resamples=resamples(len(counts))), len(users), len(counts)


def resamples(users: int) -> int:
    """How often to redraw so many users."""
    # With 1,000 the least p is .002, which Holm's correction for 25 models lifts to .05: nothing could be significant.
    return min(MOST, max(FEWEST, DRAWN // max(users, 1)))


def between(pairs: list[Pair], first: str, second: str) -> Pair | None:
    """The comparison of two models, in whichever order it was made."""
    return next((pair for pair in pairs if {pair.first, pair.second} == {first, second}), None)
