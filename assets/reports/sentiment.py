"""What the reviews say: how well their stars are told from their words, and where the two contradict each other."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from assets.reports.material import Material, short

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
    of the table `contradictions`."""

    heads: list[HeadTable]
    champion: str
    scored: int
    counts: dict[str, int]
    examples: list[dict[str, object]]


def sentiment_of(material: Material) -> Sentiment | None:
    """None where no sentiment model was trained."""
    home, name = material.home, material.about.name
    if not home.sentiment_metrics(name).exists():
        return None
    metrics = pd.read_parquet(home.sentiment_metrics(name))
    scored = pd.read_parquet(home.review_sentiment(name), columns=["model"])
    if metrics.empty:
        return None
    found = pd.read_parquet(home.contradictions(name))
    starkest = found.assign(by=(found.probability - 0.5).abs()).nlargest(EXAMPLES, "by", keep="first")
    examples = starkest.assign(text=starkest.text.map(lambda text: short(text, LONGEST))).to_dict("records")
    counts = found.kind.value_counts().sort_index().to_dict()
    heads = [_table(head, of_head) for head, of_head in metrics[metrics.fold == "test"].groupby("head", sort=True)]
    return Sentiment(heads, scored.model.iloc[0], len(scored), counts, examples)


def _table(head: str, rows: pd.DataFrame) -> HeadTable:
    wide = rows.pivot(index="model", columns="metric", values="value")
    wide["seconds"] = rows.groupby("model").fit_seconds.first()
    lines = wide.sort_values("accuracy", ascending=False, kind="stable").reset_index().to_dict("records")
    majority = float(wide.accuracy["majority"]) if "majority" in wide.index else None
    return HeadTable(head, int(rows.n.iloc[0]), majority, lines)
