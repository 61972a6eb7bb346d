"""Whether differences matter: paired bootstrap over users on the same test ratings, corrected for many comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from assets.judging import by_user, judgement
from assets.manifests import Manifests
from assets.reports.leaderboard import Board
from assets.reports.material import Material
from assets.reports.residuals import Fold, Name
from models.significance import Comparison, compare, holm, ratio_of, rmse_of, sums_by
from models.splits import Measure

Errors = Literal["squared", "wrong"]
ERROR = Measure("rmse")
LEVEL = 0.05
FEWEST, MOST, DRAWN = 1_000, 10_000, 50_000_000
"""Resamples: as many as draw so many users in all, within these bounds."""


@dataclass(frozen=True)
class Pair:
    """First model against second. result: first minus second; p: after Holm's correction.

    metric: of which; ratings: test ratings, of a ranking the lists. lower_is_better: as of errors, RMSE or the share of
    likes told wrong.
    """

    first: str
    second: str
    result: Comparison
    p: float
    ratings: int
    users: int
    metric: Measure = ERROR
    lower_is_better: bool = True

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
        """The one with the better value."""
        return self.first if (self.result.difference <= 0) == self.lower_is_better else self.second

    @property
    def gap(self) -> float:
        """How far the worse one is behind."""
        return abs(self.result.difference)


def pairs_of(board: Board, folds: list[Fold]) -> list[Pair]:
    """The best model against every other one, and each model's variants against its first one."""
    names = [(row.model, row.variant) for row in board.rows]
    return compared(folds, [(names[0], other) for other in names[1:]] + _variants(names))


def ranked_pairs(board: Board, material: Material) -> list[Pair]:
    """The best ranking against every other one, by the board's first metric of each user; none where it has none."""
    names = [(row.model, row.variant) for row in board.rows]
    values = {name: _of_users(material, board, name) for name in names}
    done = []
    for other in names[1:]:
        both = pd.concat([values[names[0]], values[other]], axis=1, join="inner").dropna()
        if len(both):
            # A user's lists of all seeds are drawn together, as they are alike.
            first, second = (sums_by(both.index.get_level_values("user"), both.iloc[:, at].to_numpy()) for at in (0, 1))
            units = len(first[0])
            result = compare(ratio_of(*first), ratio_of(*second), units, resamples=resamples(units))
            done.append((other, result, len(both), units))
    corrected = holm(np.array([result.p_value for _, result, _, _ in done]))
    best = " ".join(names[0]).strip()
    return [
        Pair(best, " ".join(other).strip(), result, float(p), lists, users, board.primary, board.lower_is_better)
        for (other, result, lists, users), p in zip(done, corrected, strict=True)
    ]


def _of_users(material: Material, board: Board, name: Name) -> pd.Series:
    """The board's first metric by (seed, user)."""
    manifests, none = Manifests(material.home.path), pd.DataFrame({"seed": [], "user": [], board.primary.metric: []})
    found = [none.set_index(["seed", "user"])[board.primary.metric]]
    for cell in material.records:
        if (cell.model, cell.variant, cell.protocol) == (*name, board.protocol.name):
            version = manifests.require("recommender", cell.partition).data_version
            path = by_user(judgement(material.home, cell, version))
            if path.exists() and board.primary.metric in (table := pd.read_parquet(path)):
                found.append(table.assign(seed=cell.seed).set_index(["seed", "user"])[board.primary.metric])
    return pd.concat(found[1:] or found)


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
