"""From a file of reviews to what is to be learned: scale, labels, and an honest split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assets.sentiment.corpus import Corpus, labels_of, read_corpus, scale_of
from assets.sentiment.workshop import Task
from models.sentiment.near_duplicates import groups_of
from models.sentiment.splits import SPLITS, split

SHOWN = 5
"""Problems of a file that are told one by one."""


def told_corpus(source: Path, tell: Callable[[str], None]) -> Corpus:
    """All texts of a file, and its problems told: the first ones by line, all of them by number."""
    corpus = read_corpus(source)
    tell(f"{len(corpus):,} texts, {len(corpus.problems):,} problems")
    for line, reason in corpus.problems[:SHOWN]:
        tell(f"{source}, line {line}: {reason}")
    if len(corpus.problems) > SHOWN:
        kinds = Counter(reason.partition(":")[0] for _, reason in corpus.problems)
        tell("all problems: " + ", ".join(f"{count:,} of {kind}" for kind, count in kinds.most_common()))
    return corpus


def task_of(corpus: Corpus, scale: int | None, head: str, shares: str, seed: int, tell: Callable[[str], None]) -> Task:
    """The texts with a rating, labelled and split.

    scale: 5 or 10, None: found. head: binary or stars. shares: a key of `models.sentiment.splits.SPLITS`.
    Raises ValueError where there is nothing to learn from, or too little for three parts.
    """
    used = scale or scale_of(corpus.ratings)
    ratings = np.asarray(corpus.ratings, np.float64)
    rows = np.flatnonzero(~np.isnan(ratings))
    if len(rows) < len(corpus):
        tell(f"{len(corpus) - len(rows):,} texts have no rating and are left out")
    texts = [corpus.texts[row] for row in rows]
    groups = groups_of(texts, [corpus.items[row] for row in rows])
    fold = split(groups, np.asarray(corpus.ratings, np.float64)[rows], SPLITS[shares], seed)
    sizes = np.bincount(fold, minlength=3)
    tell(f"ratings of {used}; {sizes[0]:,} texts to train on, {sizes[1]:,} to choose by, {sizes[2]:,} to test on")
    if (sizes == 0).any():
        raise ValueError(f"{len(texts)} texts are too few to train on, choose by and test on: {sizes.tolist()}")
    return Task.of(texts, labels_of(ratings[rows], used, head), fold, 2 if head == "binary" else 5)
