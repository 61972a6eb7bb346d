"""Mistake 9 in what sentiment models read: the same words in train and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assets.home import Home
from assets.manifests import Manifests
from assets.validation.facts import Check
from assets.validation.outcomes import EXAMPLES, Outcome

if TYPE_CHECKING:
    import pandas as pd

SAME = Check(
    "no_text_in_train_and_test", "No review of the test stands word for word among those of train (mistake 9)."
)
NEAR = Check("few_near_duplicates", "Hardly a review of the test has a near-duplicate in train, half of all runs of "
             "five words shared (MinHash; mistake 9).", blocking=False)  # fmt: skip
CHECKS = (SAME, NEAR)
MOST = 0.01
"""Share of test reviews with a near-duplicate in train."""


def basis(home: Home, _asset: str, name: str) -> str:
    """The version of what is looked at."""
    return Manifests(home.path).require("review_sentiment", name).data_version


def find(home: Home, _asset: str, name: str) -> list[Outcome]:
    """The outcomes of CHECKS."""
    import pandas as pd

    from assets.sentiment.reviews import written_reviews

    scored = pd.read_parquet(home.review_sentiment(name), columns=["review_id", "fold"])
    if scored.empty:
        return [Outcome(check.name, True, "no sentiment model has been trained") for check in CHECKS]
    return examined(written_reviews(home, name).merge(scored, on="review_id"))


def examined(reviews: pd.DataFrame) -> list[Outcome]:
    """The outcomes for reviews with review_id, text and fold (train, valid, test)."""
    from models.sentiment.near_duplicates import groups_of
    from models.sentiment.words import words

    train, test = (reviews[reviews.fold == fold].reset_index(drop=True) for fold in ("train", "test"))
    said = [frame.text.map(lambda text: " ".join(words(text))) for frame in (train, test)]
    first = dict(zip(reversed(said[0].tolist()), reversed(train.review_id.tolist()), strict=True))
    same = [{"test": test.review_id[row], "train": first[text], "text": test.text[row][:100]}
            for row, text in enumerate(said[1]) if text in first]  # fmt: skip
    groups = groups_of([*train.text, *test.text])
    near = np.isin(groups[len(train) :], groups[: len(train)])
    share = float(near.mean()) if len(near) else 0.0
    told = f"{len(same)} of {len(test):,} test reviews stand in train word for word"
    return [
        Outcome(SAME.name, not same, told, len(test), len(same), examples=same[:EXAMPLES]),
        Outcome(NEAR.name, share <= MOST, f"{share:.2%} of the test reviews have a near-duplicate in train", len(test),
                int(near.sum()), observed=share, examples=test.text[near].str[:100].tolist()[:EXAMPLES]),
    ]  # fmt: skip
