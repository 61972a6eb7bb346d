"""What train reviews say, for recommenders: told once for each train fold, and kept."""

from __future__ import annotations

import hashlib

import numpy as np

from assets.files import atomic_file
from assets.home import Home
from assets.manifests import Manifests
from assets.steps import Say
from models.data import Interactions

VERSION = "1"
"""Raised whenever a change of code changes the opinions; the fingerprint of every training that is told them has it."""


def has_reviews(home: Home, name: str) -> bool:
    """Whether anybody wrote anything in a dataset, as far as it is known yet."""
    made = Manifests(home.path).current("reviews", name)
    return made is not None and bool(made.metadata.get("rows"))


def review_texts(home: Home, name: str) -> np.ndarray:
    """object [interactions]: title and text of what was written with each rating, None where nothing was."""
    import pandas as pd

    from assets.sentiment.reviews import written_reviews

    rows = pd.read_parquet(home.table(name, "interactions"))
    texts = np.full(len(rows), None, object)
    if has_reviews(home, name):
        reviews = written_reviews(home, name)
        known = dict(zip(reviews.review_id, reviews.text, strict=True))
        texts[:] = [known.get(review) for review in rows.review_id]
    return texts


def train_opinions(home: Home, name: str, texts: np.ndarray, train: Interactions, say: Say) -> np.ndarray:
    """float32 [len(train), 2]: `models.sentiment.out_of_fold.opinions` of the train rows.

    texts: object [len(train)], of the train rows alone; no other text or rating is seen here. What was told once of the
    same texts and ratings is read again: many models are trained on one fold.
    """
    from models.sentiment.out_of_fold import opinions

    path = home.opinions(name, _key(texts, train))
    if path.exists():
        return np.load(path)
    say(f"{name}: {np.count_nonzero(texts):,} train reviews are judged, each by who has read nothing of its kin")
    told = opinions(texts, train.ratings, train.users, train.items)
    with atomic_file(path) as part, part.open("wb") as file:
        np.save(file, told)
    return told


def _key(texts: np.ndarray, train: Interactions) -> str:
    """All that the opinions depend on, in short."""
    total = hashlib.sha256(f"{VERSION} {len(train)}".encode())
    for values in (train.users, train.items, train.ratings):
        total.update(np.ascontiguousarray(values).data)
    for text in texts:
        total.update(f"\0{text or ''}".encode())
    return total.hexdigest()[:32]
