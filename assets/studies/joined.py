"""Two datasets in one space of users and items, so that any model can be trained on both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from assets.matrices import Catalog, Data, item_fields, user_fields
from models.data import Features, Interactions


def joined(ours: Data, theirs: Data) -> Data:
    """Our users, items and rows first, so that our indices stay as they are, then theirs.

    An item of the same title and year is the same item, where both are known and name one item in each dataset.
    Structured fields are coded over both, so that a code means the same; vectors stand below one another, which takes
    encoders that are the same (`assets.studies.cross.obstacle`). What one of them lacks is zeros there.
    """
    place, new = matched(ours.catalog.items, theirs.catalog.items)
    users = pd.concat([ours.catalog.users, theirs.catalog.users], ignore_index=True)
    items = pd.concat([ours.catalog.items, theirs.catalog.items[new]], ignore_index=True)
    offset = len(ours.catalog.users)
    rows = _appended(ours.catalog.interactions, theirs.catalog.interactions, offset, place)
    official = np.append(ours.catalog.official_test, np.zeros(len(theirs.catalog.interactions), bool))
    features = Features(
        len(users), len(items), ours.features.rating_values,
        user_fields=user_fields(users), item_fields=item_fields(items),
        item_vectors=_below(ours.features.item_vectors, theirs.features.item_vectors, len(ours.catalog.items), new),
        user_vectors=_below(
            ours.features.user_vectors, theirs.features.user_vectors, offset, np.ones(len(users) - offset, bool)
        ),
    )  # fmt: skip
    lengths = len(ours.catalog.interactions), len(theirs.catalog.interactions)
    return Data(Catalog(users, items, rows, official), features, _stacked(ours.reviews, theirs.reviews, *lengths))


def matched(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """int32 [their items]: where each stands among all items; bool [their items]: which ones we do not have."""
    mine, other = (pd.Series(np.arange(len(keys)), keys) for keys in (_keys(ours), _keys(theirs)))
    mine, other = (series[~series.index.duplicated(keep=False) & series.index.notna()] for series in (mine, other))
    place = np.full(len(theirs), -1, np.int32)
    shared = other.index.intersection(mine.index)
    place[other[shared]] = mine[shared]
    new = place < 0
    place[new] = len(ours) + np.arange(new.sum())
    return place, new


def _keys(items: pd.DataFrame) -> pd.Index:
    """Title and year of each item, NaN where either is unknown."""
    titles = items.title.astype("string").str.casefold().str.split().str.join(" ")
    keys = titles.astype("string") + " " + pd.to_numeric(items.year).astype("Int64").astype("string")
    return pd.Index(keys.astype(object).where(keys.notna(), np.nan))


def _appended(ours: Interactions, theirs: Interactions, offset: int, place: np.ndarray) -> Interactions:
    theirs = replace(theirs, users=theirs.users + np.int32(offset), items=place[theirs.items])
    names = ("users", "items", "ratings", "timestamps")
    return Interactions(*(np.concatenate([getattr(ours, name), getattr(theirs, name)]) for name in names))


def _below(
    ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], n: int, new: np.ndarray
) -> dict[str, np.ndarray]:
    """The vectors of n owners and then of those owners that are new."""
    return {
        name: _stacked(ours.get(name), theirs[name][new] if name in theirs else None, n, int(new.sum()))
        for name in dict.fromkeys((*ours, *theirs))
    }


def _stacked(ours: np.ndarray | None, theirs: np.ndarray | None, n_ours: int, n_theirs: int) -> np.ndarray | None:
    """float32 [n_ours + n_theirs, d], zeros for what is None; None where both are."""
    there = [part for part in (ours, theirs) if part is not None]
    if not there:
        return None
    ours, theirs = (
        np.zeros((n, there[0].shape[1]), np.float32) if part is None else part
        for part, n in ((ours, n_ours), (theirs, n_theirs))
    )
    return np.concatenate([ours, theirs]).astype(np.float32, copy=False)
