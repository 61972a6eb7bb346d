"""The leaderboard of a protocol: means over seeds, best first, with what was published under the same protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assets.reports.published import Published
from models.splits import LOWER_IS_BETTER, PROTOCOLS, Measure, Protocol

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Row:
    """One model's variant under one protocol; values are means over seeds, None where there is none.

    values: in the order of the protocol's metrics. n: test ratings or users per seed. trials: settings that were
    compared on validation, per seed. published: rows of papers.
    """

    model: str
    variant: str
    value: float
    sd: float | None
    low: float | None
    high: float | None
    values: list[float | None]
    train_rmse: float | None
    valid_rmse: float | None
    seeds: list[int]
    n: int | None
    fit_seconds: float
    peak_memory_mb: float
    trials: int
    published: list[Published] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The model with its variant."""
        return f"{self.model} {self.variant}".strip()


@dataclass
class Board:
    """A protocol's rows, best first, and the published rows that have no counterpart here."""

    protocol: Protocol
    rows: list[Row]
    published_only: list[Published]

    @property
    def primary(self) -> Measure:
        """The metric that rows are ordered by: the protocol's first."""
        return self.protocol.metrics[0]

    @property
    def lower_is_better(self) -> bool:
        """Whether the best row has the lowest value."""
        return self.primary.metric in LOWER_IS_BETTER

    @property
    def papers(self) -> list[Published]:
        """Every published row under this protocol: those of our models in their order, then the others."""
        return [paper for row in self.rows for paper in row.published] + self.published_only

    @property
    def best(self) -> Row:
        """The first row."""
        return self.rows[0]

    @property
    def budgets(self) -> list[tuple[int, list[str]]]:
        """(trials, models) from the largest budget on, where budgets differ more than twofold; else nothing."""
        by_trials: dict[int, list[str]] = {}
        for row in sorted(self.rows, key=lambda row: -row.trials):
            by_trials.setdefault(row.trials, []).append(row.label)
        return list(by_trials.items()) if max(by_trials) > 2 * min(by_trials) else []


def shown(measure: Measure) -> str:
    """A metric as people write it: RMSE, NDCG@20."""
    name = measure.metric if measure.metric in ("accuracy", "precision", "recall", "coverage", "hit") else ""
    name = name.capitalize() or ("Gini" if measure.metric == "gini" else measure.metric.upper())
    return name + (f"@{measure.k}" if measure.k else "")


def board(metrics: pd.DataFrame, protocol: str, published: list[Published]) -> Board | None:
    """The leaderboard of one protocol; None where its first metric was not measured for any model."""
    about = PROTOCOLS[protocol]
    part = metrics[metrics.protocol == protocol]
    found = [row_of(*name, cells, about) for name, cells in part.groupby(["model", "variant"])]
    rows = [row for row in found if row is not None]
    if not rows:
        return None
    here = [p for p in published if p.protocol == protocol and p.metric == about.metrics[0].metric]
    for row in rows:
        row.published = [p for p in here if (p.model, p.variant) == (row.model, row.variant)]
    mapped = {id(p) for row in rows for p in row.published}
    sign = 1 if about.metrics[0].metric in LOWER_IS_BETTER else -1
    rows.sort(key=lambda row: (sign * row.value, row.label))
    return Board(about, rows, [p for p in here if id(p) not in mapped])


def row_of(model: str, variant: str, cells: pd.DataFrame, about: Protocol) -> Row | None:
    """The means over seeds of one model's variant; None where the protocol's first metric was not measured."""
    main = of_measure(cells, about.metrics[0])
    if main.empty or main.value.isna().all():
        return None
    return Row(
        model, variant, float(main.value.mean()), or_none(main.value.std()),
        or_none(main.ci_low.mean()), or_none(main.ci_high.mean()),
        [or_none(of_measure(cells, measure).value.mean()) for measure in about.metrics],
        *(or_none(of_measure(cells, Measure(f"{fold}_rmse")).value.mean()) for fold in ("train", "valid")),
        sorted(int(seed) for seed in main.seed), None if main.n.isna().all() else round(float(main.n.mean())),
        float(main.fit_seconds.mean()), float(main.peak_memory_mb.max()),
        int(main.trials.max()),
    )  # fmt: skip


def of_measure(cells: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The rows of one metric at its cutoff."""
    same_k = cells.k.isna() if measure.k is None else (cells.k == measure.k).fillna(False)
    return cells[(cells.metric == measure.metric) & same_k.astype(bool)]


def or_none(value: float | None) -> float | None:
    """The number; None where a table has none."""
    import pandas as pd

    return None if pd.isna(value) else float(value)
