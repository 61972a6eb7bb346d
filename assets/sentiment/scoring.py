"""Probabilities of every review of a file, and how right they are where it has ratings."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from assets.sentiment.corpus import Corpus, positive

if TYPE_CHECKING:
    from models.sentiment.classifier import SentimentModel

AT_ONCE = 2000
"""Texts between two lines of progress."""


def scored(model: SentimentModel, corpus: Corpus, tell: Callable[[str], None]) -> pd.DataFrame:
    """A row per line of the file, in its order: line, id, rating, probability, label, model, reason.

    probability: of a positive text, of four or five stars where there are stars. label: positive or negative, or the
    likeliest stars. reason: why a line could not be scored; it then has nothing else.
    """
    found = _probabilities(model, corpus.texts, tell)
    labels = np.array(["negative", "positive"] if model.classes == 2 else ["1", "2", "3", "4", "5"], dtype=object)
    rows = pd.DataFrame(
        {
            "line": np.asarray(corpus.lines, np.int64),
            "id": pd.array(corpus.ids, dtype="string"),
            "rating": np.asarray(corpus.ratings, np.float64),
            "probability": found[:, model.positive_from :].sum(1).astype(np.float64),
            "label": pd.array(labels[found.argmax(1)], dtype="string"),
            "model": model.name,
            "reason": pd.array([None] * len(corpus), dtype="string"),
        }
    )
    lost = corpus.lost()
    if not lost:
        return rows
    lines, reasons = zip(*lost, strict=True)
    unscored = pd.DataFrame({"line": np.asarray(lines, np.int64), "reason": pd.array(reasons, dtype="string")})
    return pd.concat([rows, unscored], ignore_index=True).sort_values("line", kind="stable", ignore_index=True)


def _probabilities(model: SentimentModel, texts: list[str], tell: Callable[[str], None]) -> np.ndarray:
    started, parts = time.monotonic(), []
    for start in range(0, len(texts), AT_ONCE):
        parts.append(model.probabilities(texts[start : start + AT_ONCE]))
        done = min(start + AT_ONCE, len(texts))
        rate = done / (time.monotonic() - started)
        tell(f"{done:,} of {len(texts):,} reviews, {rate:,.0f} a second, {(len(texts) - done) / rate:.0f} s left")
    return np.concatenate(parts)


def judged(rows: pd.DataFrame, scale: int) -> dict[str, float]:
    """Of the scored rows with a rating: n, accuracy, and auc (NaN where all are of one kind).

    scale: 5 or 10. A probability above one half counts as positive, and a rating above the middle.
    """
    from models.metrics import auc

    known = rows[rows.rating.notna() & rows.probability.notna()]
    likes, probability = positive(known.rating.to_numpy(), scale), known.probability.to_numpy()
    both = 0 < likes.sum() < len(likes)
    accuracy = float(((probability > 0.5) == likes).mean()) if len(likes) else float("nan")
    return {"n": len(likes), "accuracy": accuracy, "auc": auc(likes, probability) if both else float("nan")}
