"""How tastes move over time: what users' profiles by period say together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.reports.charts import Chart, Series, line_chart
from assets.reports.material import Material

LABELS = 8
"""Periods named below a chart, at most."""


@dataclass(frozen=True)
class Moved:
    """How far tastes of one modality moved: mean of similarity by chance less similarity, with its 95% interval over
    users."""

    modality: str
    similarity: float
    by_chance: float
    moved: float
    low: float
    high: float
    users: int

    @property
    def told(self) -> bool:
        """Whether it is more than chance gives."""
        return self.low > 0


@dataclass(frozen=True)
class Tastes:
    """users: who are told of. periods: rows of period, users, interactions, mean_rating, mean_sentiment."""

    unit: str
    users: int
    periods: list[dict[str, object]]
    has_sentiment: bool
    moved: list[Moved]
    likeness: Chart | None
    mood: Chart


def tastes_of(material: Material) -> Tastes | None:
    """None where nobody has two periods."""
    path = material.home.profiles_over_time(material.about.name)
    rows = pd.read_parquet(path) if path.exists() else pd.DataFrame()
    if rows.empty:
        return None
    rows["period"] = _named(rows.period, unit := rows.unit.iloc[0])
    once = rows.drop_duplicates(["user_id", "period"])
    periods = once.groupby("period", sort=True).agg(
        users=("user_id", "nunique"), interactions=("interactions", "sum"), mean_rating=("mean_rating", "mean"),
        mean_sentiment=("mean_sentiment", "mean"),
    ).reset_index()  # fmt: skip
    moved = [_moved(str(name), part) for name, part in rows.dropna(subset="similarity").groupby("modality")]
    written = bool(periods.mean_sentiment.notna().any())
    places = {name: place for place, name in enumerate(periods.period)}
    return Tastes(
        unit, rows.user_id.nunique(), periods.to_dict("records"), written, moved,
        _likeness(rows, places) if moved else None, _mood(periods, places, material, written),
    )  # fmt: skip


def _named(periods: pd.Series, unit: str) -> pd.Series:
    if unit == "quarter":
        return periods.dt.year.astype(str) + " Q" + periods.dt.quarter.astype(str)
    return periods.dt.strftime({"year": "%Y", "month": "%Y-%m"}.get(unit, "%Y-%m-%d"))


def _moved(modality: str, rows: pd.DataFrame) -> Moved:
    from models.significance import bootstrap, mean_of

    of_user = rows.assign(moved=rows.similarity_by_chance - rows.similarity).groupby("user_id").moved.mean()
    interval = bootstrap(mean_of(of_user.to_numpy()), len(of_user))
    means = rows[["similarity", "similarity_by_chance"]].mean()
    return Moved(modality, *means, interval.value, interval.low, interval.high, len(of_user))


def _likeness(rows: pd.DataFrame, places: dict[str, int]) -> Chart:
    """Similarity to the period before, and dashed what chance gives, of each modality."""
    series = []
    for slot, (modality, part) in enumerate(rows.dropna(subset="similarity").groupby("modality")):
        means = part.groupby("period")[["similarity", "similarity_by_chance"]].mean()
        for column, dashed in (("similarity", False), ("similarity_by_chance", True)):
            points = [(places[period], value) for period, value in means[column].items()]
            series.append(Series(f"{modality}{', by chance' if dashed else ''}", points, slot, dashed))
    name = "cosine to the period before"
    return line_chart(series, _ticks(places), "period", name, "Likeness of tastes to the period before, by modality")


def _mood(periods: pd.DataFrame, places: dict[str, int], material: Material, written: bool) -> Chart:
    """Mean rating, and sentiment where reviews were scored, both as a share of their scale."""
    low, high = material.about.rating_values[0], material.about.rating_values[-1]
    lines = {"ratings": (periods.mean_rating - low) / (high - low)}
    lines |= {"sentiment of the words": periods.mean_sentiment} if written else {}
    series = [
        Series(name, [(p, None if np.isnan(v) else v) for p, v in zip(places.values(), values, strict=True)], slot)
        for slot, (name, values) in enumerate(lines.items())
    ]
    return line_chart(series, _ticks(places), "period", "share of the scale", "Mean rating and sentiment by period")


def _ticks(places: dict[str, int]) -> list[tuple[float, str]]:
    step = -(-len(places) // LABELS)
    return [(place, name) for name, place in places.items() if place % step == 0]
