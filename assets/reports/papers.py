"""The papers' tables, rebuilt line by line: what they print beside what was measured here."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from assets.reports.leaderboard import of_measure, shown
from assets.reports.material import Material
from assets.reports.published import Line, Table, tables_for
from models.splits import PROTOCOLS, Measure


@dataclass(frozen=True)
class Number:
    """A printed number beside ours: the mean over seeds, with the mean ends of its 95% intervals; None where there is
    none."""

    printed: float
    ours: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Rebuilt:
    """A paper's table. heads: names of its metrics. lines: (the paper's line, our counterpart, number by number)."""

    table: Table
    heads: list[str]
    lines: list[tuple[Line, str, list[Number]]]


def papers_of(material: Material) -> list[Rebuilt]:
    """Every table of which at least one line was measured here."""
    rebuilt = [_rebuilt(material.metrics, table) for table in tables_for(material.about)]
    return [one for one in rebuilt if any(number.ours is not None for *_, numbers in one.lines for number in numbers)]


def _rebuilt(metrics: pd.DataFrame, table: Table) -> Rebuilt:
    cutoff = {measure.metric: measure.k for measure in PROTOCOLS[table.protocol].metrics}
    measures = [Measure(metric, cutoff.get(metric)) for metric in table.metrics]
    part = metrics[metrics.protocol == table.protocol]
    lines = []
    for line in table.rows:
        variant, cells = _counterpart(part, line)
        numbers = [
            Number(value, *(_mean(of_measure(cells, measure)[column]) for column in ("value", "ci_low", "ci_high")))
            for value, measure in zip(line.values, measures, strict=True)
        ]
        lines.append((line, f"{line.model} {variant}".strip(), numbers))
    return Rebuilt(table, [_head(measure) for measure in measures], lines)


def _counterpart(part: pd.DataFrame, line: Line) -> tuple[str, pd.DataFrame]:
    """Our variant with the line's own settings where it was trained, else the nearest."""
    of_model = part[part.model == line.model]
    there = set(of_model.variant)
    variant = line.setting if line.setting in there and line.setting else line.variant
    return variant, of_model[of_model.variant == variant]


def _head(measure: Measure) -> str:
    plain = measure.metric.removeprefix("train_")
    return ("Train " if plain != measure.metric else "") + shown(Measure(plain, measure.k))


def _mean(values: pd.Series) -> float | None:
    return None if values.isna().all() else float(values.mean())
