"""A dataset's written reviews as a task for sentiment models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.datasets import Dataset
from assets.home import Home
from assets.lake import attached
from assets.sentiment.corpus import labels_of
from assets.sentiment.further_texts import TAGS
from assets.sentiment.workshop import FOLDS, Task, Tools, Workshop
from assets.warehouse import frame, sql
from models.sentiment.near_duplicates import groups_of
from models.sentiment.splits import SPLITS, split


def written_reviews(home: Home, name: str) -> pd.DataFrame:
    """review_id, item_id, text, rating and `linked` of every rated text of a dataset: its written reviews in order of
    review_id, then its further texts. linked: texts of one value stay together; the item, and nothing for tags, since
    the same few words stand on so many films that all would hang together."""
    with attached(home, name) as connection:
        reviews = frame(connection, sql("sentiment/reviews"))
    path = home.further_texts(name)
    further = pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=[*reviews, "source"])
    linked = [*reviews.item_id, *further.item_id.astype(object).mask(further.source == TAGS, None)]
    return pd.concat([reviews, further[list(reviews)]], ignore_index=True).assign(linked=linked)


def folds_of(reviews: pd.DataFrame, shares: str, seed: int) -> np.ndarray:
    """int8 [n]: the fold of each review. Near-duplicates and the reviews of an item stay together."""
    groups = groups_of(reviews.text.tolist(), reviews.linked.tolist())
    return split(groups, reviews.rating.to_numpy(np.float64), SPLITS[shares], seed)


def task_of(about: Dataset, reviews: pd.DataFrame, head: str, shares: str, seed: int) -> Task:
    """What is to be learned of a dataset's reviews. Raises ValueError where they are too few."""
    fold = folds_of(reviews, shares, seed)
    if (sizes := np.bincount(fold, minlength=3)).min() == 0:
        raise ValueError(f"{about.name}: {len(reviews)} reviews are too few to train, choose and test: {sizes}")
    highest = int(about.rating_values[-1])
    labels = labels_of(reviews.rating.to_numpy(np.float64), highest, head)
    return Task.of(reviews.text.tolist(), labels, fold, 2 if head == "binary" else 5)


def workshop_of(home: Home, name: str, head: str, seed: int) -> Workshop:
    """Where a dataset's sentiment models are."""
    from pathlib import Path

    from models.encoders.loading import locate

    weights = locate("text", home.text_encoder, Path(home.weights) if home.weights else None)[0]
    tools = Tools(home.device, home.threads, weights, None, seed)
    return Workshop(home.artifacts / "sentiment" / name / head, tools)


def fold_names(fold: np.ndarray) -> np.ndarray:
    """train, valid or test of each review."""
    names = {code: name for name, code in FOLDS.items()}
    return np.array([names[code] for code in fold], dtype=object)
