"""The wall: what a few users rated best, and what two models recommend to them, side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.matrices import Catalog
from assets.reports.leaderboard import Board
from assets.reports.material import NAME_LENGTH, Material, short
from assets.reports.posters import Thumbnails
from models.registry import RECOMMENDERS

PEOPLE = 4
LIKED, RECOMMENDED = 6, 8
"""Items shown of what a person rated best, and of each list."""
TELLING = ("age", "gender", "occupation")
"""Attributes that are shown; the ZIP code is not, as with the others it may name a person."""


@dataclass(frozen=True)
class Card:
    """One item. picture: data URI or None; line: its rating or score; shared: whether both lists have it."""

    item_id: str
    title: str
    picture: str | None
    line: str
    why: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Person:
    """One user. lists: (model, cards) for each model shown."""

    user_id: str
    about: str
    liked: list[Card]
    lists: list[tuple[str, list[Card]]]


def two_models(board: Board | None, recommendations: pd.DataFrame) -> list[str]:
    """The best model that fuses content and the best baseline, by validation error; else the two best there are."""
    there = list(dict.fromkeys(recommendations.model))
    error = {}
    for row in board.rows if board else []:
        if row.model in there and row.valid_rmse is not None:
            error[row.model] = min(row.valid_rmse, error.get(row.model, np.inf))
    ordered = sorted(there, key=lambda model: (error.get(model, np.inf), model))
    fused = [model for model in ordered if RECOMMENDERS.get(model, "").startswith("models.fusion")]
    plain = [model for model in ordered if model not in fused]
    return fused[:1] + plain[:1] if fused and plain else ordered[:2]


def wall(material: Material, pictures: Thumbnails, models: list[str]) -> list[Person]:
    """A few users from the quiet to the busy, each with what they liked and the lists of these models."""
    catalog, recommendations = material.catalog, material.recommendations
    titles = dict(zip(catalog.items.item_id, catalog.items.title.fillna(catalog.items.item_id), strict=True))
    shown = recommendations[recommendations.model.isin(models) & (recommendations["rank"] <= RECOMMENDED)]
    people = _chosen(catalog, shown)
    shown = shown[shown.user_id.isin(catalog.users.user_id.iloc[people])]
    return [_person(catalog, shown, pictures, titles, models, user) for user in people]


def _chosen(catalog: Catalog, lists: pd.DataFrame) -> list[int]:
    """Indices of users at even steps of activity, among those who rated enough to show."""
    counts = np.bincount(catalog.interactions.users, minlength=len(catalog.users))
    listed = catalog.users.user_id.isin(lists.user_id).to_numpy()
    able = np.flatnonzero(listed & (counts >= min(LIKED, counts[listed].max(initial=0))))
    able = able[np.argsort(counts[able], kind="stable")]
    places = np.linspace(0.1, 0.95, PEOPLE) * (len(able) - 1)
    return [int(able[place]) for place in dict.fromkeys(np.round(places).astype(int))] if len(able) else []


def _person(
    catalog: Catalog, lists: pd.DataFrame, pictures: Thumbnails, titles: dict, models: list[str], user: int
) -> Person:
    user_id = catalog.users.user_id.iloc[user]
    mine = lists[lists.user_id == user_id].sort_values("rank")
    by_model = {model: mine[mine.model == model] for model in models}
    shared = set.intersection(*(set(rows.item_id) for rows in by_model.values())) if len(models) > 1 else set()
    liked = _liked(catalog, pictures, titles, user)
    cards = [
        (model, [_recommended(row, pictures, titles, shared) for row in rows.itertuples()])
        for model, rows in by_model.items()
    ]
    return Person(user_id, _about(catalog.users.iloc[user]), liked, cards)


def _recommended(row, pictures: Thumbnails, titles: dict, shared: set) -> Card:
    title = titles.get(row.item_id, row.item_id)
    why = row.why if isinstance(row.why, str) else ""
    return Card(row.item_id, title, pictures.of(row.item_id), f"{row.score:.2f}", why, row.item_id in shared)


def _liked(catalog: Catalog, pictures: Thumbnails, titles: dict, user: int) -> list[Card]:
    rows = np.flatnonzero(catalog.interactions.users == user)
    items, ratings = catalog.interactions.items[rows], catalog.interactions.ratings[rows]
    # Among equals the better known: a reader recognises those.
    known = np.bincount(catalog.interactions.items, minlength=len(catalog.items))[items]
    best = np.lexsort((items, -known, -ratings))[:LIKED]
    ids = catalog.items.item_id.to_numpy()[items[best]]
    return [Card(i, titles[i], pictures.of(i), f"{r:g} stars") for i, r in zip(ids, ratings[best], strict=True)]


def _about(user: pd.Series) -> str:
    attributes = json.loads(user.attributes) if isinstance(user.attributes, str) else {}
    known = [
        f"{name} {short(str(attributes[name]), NAME_LENGTH)}"
        for name in TELLING
        if attributes.get(name) not in (None, "")
    ]
    return ", ".join([f"{int(user.interactions):,} ratings", *known])
