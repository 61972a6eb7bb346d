"""The papers' tables, rebuilt line by line: what they print beside what was measured here."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import pandas as pd

from assets.reports.leaderboard import of_measure, shown
from assets.reports.material import Material
from assets.reports.published import Line, Table, tables_for
from assets.sentiment.tables import MEASURED, empty
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

    @property
    def printed(self) -> list[bool]:
        """Of each metric whether the paper prints it at all."""
        return [any(not isnan(line.values[place]) for line, *_ in self.lines) for place in range(len(self.heads))]

    @property
    def reasons(self) -> list[tuple[str, list[str]]]:
        """Why ours differ, each reason with the labels of its lines."""
        lines: dict[str, list[str]] = {}
        for line, *_ in self.lines:
            lines.setdefault(line.note, []).append(line.label)
        return [(note, labels) for note, labels in lines.items() if note]


def papers_of(material: Material) -> list[Rebuilt]:
    """Every table of which at least one line was measured here."""
    rebuilt = [_rebuilt(material, table) for table in tables_for(material.about)]
    return [one for one in rebuilt if any(number.ours is not None for *_, numbers in one.lines for number in numbers)]


def _rebuilt(material: Material, table: Table) -> Rebuilt:
    cutoff = {measure.metric: measure.k for measure in PROTOCOLS[table.protocol].metrics}
    measures = [Measure(metric, cutoff.get(metric)) for metric in table.metrics]
    part = material.metrics[material.metrics.protocol == table.protocol]
    part = pd.concat([part, _readers(material)], ignore_index=True)
    lines = []
    for line in table.rows:
        ours, cells = _counterpart(material, part, line)
        numbers = [
            Number(value, *(_mean(of_measure(cells, measure)[column]) for column in ("value", "ci_low", "ci_high")))
            for value, measure in zip(line.values, measures, strict=True)
        ]
        lines.append((line, ours, numbers))
    return Rebuilt(table, [_head(measure) for measure in measures], lines)


def _readers(material: Material) -> pd.DataFrame:
    """Rows as of `metrics` for the sentiment models, which read the very review whose stars they tell."""
    path = material.home.sentiment_metrics(material.about.name)
    rows = pd.read_parquet(path) if path.exists() else empty(MEASURED)
    rows = rows[(rows["head"] == "binary") & (rows.fold == "test")]
    return rows[["model", "metric", "value"]].assign(variant="", k=None, ci_low=float("nan"), ci_high=float("nan"))


def _counterpart(material: Material, part: pd.DataFrame, line: Line) -> tuple[str, pd.DataFrame]:
    """The name and rows of our variant with the line's own settings where it was trained, else of the nearest."""
    of_model = part[part.model == line.model]
    if line.needs == "image" and not (material.images.status == "found").any():
        return "the data has no pictures", of_model[:0]
    there = set(of_model.variant)
    variant = line.setting if line.setting in there and line.setting else line.variant
    return f"{line.model} {variant}".strip(), of_model[of_model.variant == variant]


def _head(measure: Measure) -> str:
    plain = measure.metric.removeprefix("train_")
    return ("Train " if plain != measure.metric else "") + shown(Measure(plain, measure.k))


def _mean(values: pd.Series) -> float | None:
    return None if values.isna().all() else float(values.mean())
