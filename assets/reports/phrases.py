"""What others wrote of a recommended item that is nearest to what the person wrote of liked ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.home import Home
from assets.lake import attached
from assets.reports.material import short
from assets.warehouse import frame, sql

LONGEST = 160
"""Characters of a sentence that are shown."""
REVIEWS = 30
"""Reviews of an item that are looked at."""
LEAST = 0.05
"""Cosine below which a sentence has nothing to do with the person's own words."""
SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Phrase:
    """A sentence of an item's review, and the words that it shares with the person's own reviews."""

    text: str
    shared: list[str]


def reviews_of(home: Home, name: str, users: list[str], items: list[str]) -> pd.DataFrame:
    """user_id, item_id, text: what these people wrote, and what was written of these items."""
    with attached(home, name) as connection:
        return frame(connection, sql("reports/reviews"), {"users": users, "items": items})


def phrases(reviews: pd.DataFrame, user_id: str, liked: list[str], items: list[str]) -> dict[str, Phrase]:
    """Item -> its telling sentence, for those of the items that have one. liked: items that the user liked."""
    own = " ".join(reviews[(reviews.user_id == user_id) & reviews.item_id.isin(liked)].text)
    theirs = reviews[reviews.item_id.isin(items) & (reviews.user_id != user_id)]
    sentences = [
        (item, sentence.strip())
        for item, texts in theirs.groupby("item_id").text
        for text in texts.head(REVIEWS)
        for sentence in SENTENCE.split(text) if 15 <= len(sentence.strip()) <= 4 * LONGEST
    ]  # fmt: skip
    if not own.strip() or not sentences:
        return {}
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        matrix = vectorizer.fit_transform([own, *(sentence for _, sentence in sentences)])
    except ValueError:  # nothing but stop words
        return {}
    nearness = (matrix[1:] @ matrix[0].T).toarray().ravel()
    names, found = vectorizer.get_feature_names_out(), {}
    for place in np.argsort(-nearness, kind="stable"):
        item, sentence = sentences[place]
        if item not in found and nearness[place] >= LEAST:
            weights = matrix[place + 1].multiply(matrix[0]).tocoo()
            strongest = weights.col[np.argsort(-weights.data, kind="stable")[:3]]
            found[item] = Phrase(short(sentence, LONGEST), [names[column] for column in strongest])
    return found
