"""What the reviews say: how well their stars are told from their words, and where the two contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.reports.material import Material, short
from assets.reports.posters import Thumbnails
from assets.reports.wall import Card
from assets.sentiment.tables import CONTRADICTIONS, UNLIKE, empty

EXAMPLES = 6
"""Contradictions that are shown, the starkest."""
LONGEST = 400
"""Characters of a review that are shown."""


@dataclass(frozen=True)
class HeadTable:
    """What is told apart, by how many test reviews, and a line per model: name, then values by metric."""

    head: str
    n: int
    majority: float | None
    lines: list[dict[str, float | str]]


@dataclass(frozen=True)
class Sentiment:
    """heads: a table each. champion: the model that scored the reviews. counts: contradictions by kind. examples: rows
    of the table `contradictions`. pictured: cards of those between words and picture."""

    heads: list[HeadTable]
    champion: str
    scored: int
    counts: dict[str, int]
    examples: list[dict[str, object]]
    pictured: list[Card]


def sentiment_of(material: Material, pictures: Thumbnails) -> Sentiment | None:
    """None where no sentiment model was trained."""
    home, name = material.home, material.about.name
    if not home.sentiment_metrics(name).exists():
        return None
    metrics = pd.read_parquet(home.sentiment_metrics(name))
    scored = pd.read_parquet(home.review_sentiment(name), columns=["model"])
    if metrics.empty:
        return None
    path = home.contradictions(name)
    found = pd.read_parquet(path) if path.exists() else empty(CONTRADICTIONS)
    found["text"] = [short(text, LONGEST) for text in found.text]
    of_stars, of_pictures = found[found.kind != UNLIKE], found[found.kind == UNLIKE]
    starkest = of_stars.assign(by=(of_stars.probability - 0.5).abs()).nlargest(EXAMPLES, "by", keep="first")
    counts = found.kind.value_counts().sort_index().to_dict()
    pictured = [_card(material, pictures, row) for row in of_pictures.nsmallest(EXAMPLES, "fit").itertuples()]
    heads = [_table(head, of_head) for head, of_head in metrics[metrics.fold == "test"].groupby("head", sort=True)]
    return Sentiment(heads, scored.model.iloc[0], len(scored), counts, starkest.to_dict("records"), pictured)


def _card(material: Material, pictures: Thumbnails, row: Any) -> Card:
    items = material.catalog.items
    title = items.title[items.item_id == row.item_id].fillna(row.item_id).iloc[0]
    return Card(row.item_id, title, pictures.of(row.item_id), f"suits {row.fit:.1%} of other pictures less", row.text)


def _table(head: str, rows: pd.DataFrame) -> HeadTable:
    wide = rows.pivot(index="model", columns="metric", values="value")
    wide["seconds"] = rows.groupby("model").fit_seconds.first()
    lines = wide.sort_values("accuracy", ascending=False, kind="stable").reset_index().to_dict("records")
    majority = float(wide.accuracy["majority"]) if "majority" in wide.index else None
    return HeadTable(head, int(rows.n.iloc[0]), majority, lines)
