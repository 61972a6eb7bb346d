"""The tables that sentiment leaves: their columns, and the contradictions among the reviews."""

from __future__ import annotations

import pandas as pd

SURE = 0.9
"""Probability from which words are taken to say one thing clearly."""
PRAISE, BLAME = "few stars, kind words", "many stars, harsh words"


def _empty(**columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


NO_ROWS = _empty(
    dataset="string", review_id="string", model="string", probability="float64", label="string", fold="string"
)
NO_METRICS = _empty(
    dataset="string", model="string", head="string", fold="string", metric="string", value="float64", n="int64",
    fit_seconds="float64", parameters="int64",
)  # fmt: skip


def contradictions(reviews: pd.DataFrame, rows: pd.DataFrame, rating_values: tuple[float, ...]) -> pd.DataFrame:
    """Reviews whose words are clearly of the other kind than their stars.

    reviews: review_id, item_id, text, rating. rows: what was said of them, dataset, review_id, probability, fold.
    """
    middle = (rating_values[0] + rating_values[-1]) / 2
    both = rows.merge(reviews, on="review_id", how="inner")
    harsh = (both.rating > middle) & (both.probability <= 1 - SURE)
    kind = (both.rating < middle) & (both.probability >= SURE)
    both["kind"] = pd.Series(PRAISE, both.index, dtype="string").mask(harsh, BLAME)
    columns = ["dataset", "review_id", "item_id", "kind", "rating", "probability", "fold", "text"]
    return both.loc[harsh | kind, columns].reset_index(drop=True)
