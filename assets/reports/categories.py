"""One category per item, by which a reader can judge an embedding space: few enough to be told apart by colour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

NAMED = 7
"""Categories with a colour of their own; the style sheet's eighth, grey, is for all others."""
NONE = -1
"""The code of an item that is in none of them."""
MOST_SHARE = 0.5
"""A category of more than this share of the items tells too few of them apart."""
LEAST_SHARE = 0.01
"""Of the items: a category that is the main one of fewer has no colour."""


@dataclass(frozen=True)
class MainCategories:
    """names: most frequent first. codes: int [items], the place of each item's own in names, or NONE."""

    names: list[str]
    codes: np.ndarray

    def of(self, row: int) -> str:
        """The category of an item, '' where it has none of them."""
        return self.names[self.codes[row]] if self.codes[row] != NONE else ""

    def counts(self) -> list[int]:
        """Items of each category."""
        return np.bincount(self.codes[self.codes != NONE], minlength=len(self.names)).tolist()


def main_categories(items: pd.DataFrame) -> MainCategories:
    """Each item's rarest category among the NAMED most frequent ones: of Comedy and Children's, Children's.

    items: with a column `categories` of lists of names or None; without the column no item has one.
    """
    listed = [list(names) if names is not None else [] for names in items.get("categories", [None] * len(items))]
    counts = Counter(name for names in listed for name in set(names))
    telling = sorted((-count, name) for name, count in counts.items() if count <= MOST_SHARE * len(listed))
    names = [name for _, name in telling]
    while True:
        found = _assigned(listed, names[:NAMED])
        # Japanese places may all be sushi bars: the more frequent name then stands for next to none, and the next
        # frequent one takes its place.
        few = [
            name for name, count in zip(found.names, found.counts(), strict=True) if count < LEAST_SHARE * len(listed)
        ]
        if not few:
            return found
        names.remove(few[0])


def _assigned(listed: list[list[str]], kept: list[str]) -> MainCategories:
    """kept: most frequent first."""
    place = {name: code for code, name in enumerate(kept)}
    codes = [max((place[name] for name in names if name in place), default=NONE) for names in listed]
    return MainCategories(kept, np.array(codes, dtype=np.int64))
