"""The tables that sentiment leaves: their columns, and the contradictions among the reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.9
"""Probability from which words are taken to say one thing clearly."""
PRAISE, BLAME = "few stars, kind words", "many stars, harsh words"
UNLIKE = "kind words, another picture"
FAR = 0.05
"""Share of other items' pictures up to which words and picture are far apart: 95 of 100 suit the words better."""
TOLD = 0.6
"""Mean fit from which words are taken to tell anything of pictures; 0.5 is chance."""


SCORED = {
    "dataset": "string", "review_id": "string", "model": "string", "probability": "float64", "label": "string",
    "fold": "string",
}  # fmt: skip
MEASURED = {
    "dataset": "string", "model": "string", "head": "string", "fold": "string", "metric": "string",
    "value": "float64", "n": "int64", "fit_seconds": "float64", "parameters": "int64",
}  # fmt: skip
CONTRADICTIONS = {
    "dataset": "string", "review_id": "string", "item_id": "string", "kind": "string", "rating": "float64",
    "probability": "float64", "fit": "float64", "fold": "string", "text": "string",
}  # fmt: skip
"""The columns of the three tables, and their types."""


def empty(columns: dict[str, str]) -> pd.DataFrame:
    """A table of these columns without rows."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def middle_of(rating_values: tuple[float, ...]) -> float:
    """The rating between praise and blame."""
    return (rating_values[0] + rating_values[-1]) / 2


def against_stars(both: pd.DataFrame, rating_values: tuple[float, ...]) -> pd.DataFrame:
    """Reviews whose words are clearly of the other kind than their stars.

    both: the reviews with what was said of them: dataset, review_id, item_id, text, rating, probability, fold.
    """
    import pandas as pd

    middle = middle_of(rating_values)
    harsh = (both.rating > middle) & (both.probability <= 1 - SURE)
    kind = (both.rating < middle) & (both.probability >= SURE)
    named = both.assign(kind=pd.Series(PRAISE, both.index, dtype="string").mask(harsh, BLAME), fit=float("nan"))
    return named.loc[harsh | kind, list(CONTRADICTIONS)]


def against_pictures(both: pd.DataFrame, fit: pd.Series, rating_values: tuple[float, ...]) -> pd.DataFrame:
    """Praise that suits the picture of its item less than nearly all other pictures, one review an item: the worst.

    fit: by review_id, see `picture_fit`. Nothing where its mean is near chance, as words tell nothing of pictures then.
    """
    if not len(fit) or fit.mean() < TOLD:
        return empty(CONTRADICTIONS)
    praised = both[(both.probability >= SURE) & (both.rating > middle_of(rating_values))]
    named = praised.assign(kind=UNLIKE, fit=praised.review_id.map(fit)).query("fit <= @FAR")
    return named.sort_values(["fit", "review_id"]).drop_duplicates("item_id")[list(CONTRADICTIONS)]
