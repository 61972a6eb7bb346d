"""From the catalog's Parquet to what models are given: interactions and features in index space."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assets.datasets import Dataset
from assets.home import Home
from assets.manifests import Manifests
from assets.vectors.matrix import item_vectors, owner_vectors
from models.data import Features, Field, Interactions

if TYPE_CHECKING:
    import pandas as pd

AGE_BANDS = (18, 25, 35, 45, 50, 56)
"""Lower bounds of MovieLens 1M's age groups; years of other datasets are put into the same groups."""
ZIP_PREFIX = 3
"""Digits of a ZIP code that are kept: the region, as full codes are nearly one per user."""
PRICE_BANDS = 10
"""Prices become deciles of the dataset."""
YEARS = 5
"""Years of release become periods of this length, from FIRST_YEAR on; what is older is in the first."""
FIRST_YEAR = 1920
RAREST_BRAND = 2
"""A brand with fewer items than this tells nothing that the item's own id does not."""


@dataclass(frozen=True)
class Catalog:
    """The rows of one dataset; a user's or item's index is its row."""

    users: pd.DataFrame
    items: pd.DataFrame
    interactions: Interactions
    official_test: np.ndarray


def load_catalog(home: Home, name: str) -> Catalog:
    """Users, items and interactions of a dataset. Interactions keep the catalog's order: by user, then item."""
    import pandas as pd

    users = pd.read_parquet(home.table(name, "users"))
    items = pd.read_parquet(home.table(name, "items"))
    rows = pd.read_parquet(home.table(name, "interactions"))
    seconds = rows.ts.astype("datetime64[s]").astype("int64").where(rows.ts.notna(), -1)
    interactions = Interactions(
        pd.Index(users.user_id).get_indexer(rows.user_id).astype(np.int32),
        pd.Index(items.item_id).get_indexer(rows.item_id).astype(np.int32),
        rows.rating.to_numpy(np.float32),
        seconds.to_numpy(np.int64),
    )
    return Catalog(users, items, interactions, rows.official_test.to_numpy(bool))


class Data(NamedTuple):
    """What a model is trained on, before it is split: reviews float32 [interactions, d], None where there are none."""

    catalog: Catalog
    features: Features
    reviews: np.ndarray | None


def load_data(home: Home, about: Dataset, content: bool) -> Data:
    """Catalog and features of a dataset; with `content`, the vectors of items, users' profiles and all reviews."""
    catalog = load_catalog(home, about.name)
    reviews = owner_vectors(home, about.name, "review") if content else None
    return Data(catalog, load_features(home, about, catalog, content), reviews)


CLIP_FIELDS = ("audio", "video")
"""Fields that most datasets lack, so that they have no matrix there."""
CONTENT_FIELDS = ("image", "title", "introduction", *CLIP_FIELDS)
"""Fields of items that have vectors."""


def load_features(home: Home, about: Dataset, catalog: Catalog, content: bool = True) -> Features:
    """Structured features of all users and items; with `content`, the vectors of items and of users' profiles as well.

    Raises LookupError where the vectors are laid out for other items than there are now.
    """
    items, users = {}, {}
    if content:
        _require_current(home, about.name)
        filled = [field for field in CONTENT_FIELDS if _filled(home, about.name, field)]
        items = {field: item_vectors(home, about.name, field) for field in filled}
        if (profiles := owner_vectors(home, about.name, "profile")) is not None:
            users = {"profile": profiles}
    return Features(
        len(catalog.users), len(catalog.items), about.rating_values,
        user_fields=user_fields(catalog.users), item_fields=item_fields(catalog.items),
        item_vectors=items, user_vectors=users,
    )  # fmt: skip


def with_train_reviews(features: Features, reviews: np.ndarray | None, train: np.ndarray) -> Features:
    """The features with what was written in the train rows. reviews: of all interactions; train: bool [n].

    Only train rows are handed on: the text of a tested rating would give the answer away.
    """
    return features if reviews is None else replace(features, reviews=reviews[train])


def _require_current(home: Home, name: str) -> None:
    """Rows of the vectors are rows of the items table, so both must be of one state."""
    manifests = Manifests(home.path)
    items = manifests.current("items", name)
    for asset in ("text_embeddings", "image_embeddings", "audio_embeddings", "video_embeddings"):
        made = manifests.current(asset, name)
        if items and made and made.upstream[f"items@{name}"] != items.data_version:
            raise LookupError(
                f"{asset} of {name} was made from other items than there are now: materialize it again, or use "
                f"`trifuse run {name}`."
            )


def _filled(home: Home, name: str, field: str) -> bool:
    """Whether any item has this content."""
    import pyarrow.parquet as pq

    references = home.embedding(name, field)
    return (references.exists() or field not in CLIP_FIELDS) and pq.read_metadata(references).num_rows > 0


def user_fields(users: pd.DataFrame) -> dict[str, Field]:
    """Age group, ZIP region, occupation and gender, those that the dataset has, in the order of xia2024's tokens."""
    import pandas as pd

    attributes = pd.DataFrame([json.loads(text) for text in users.attributes], index=users.index)
    made = {}
    if "age" in attributes:
        made["age"] = Field(_age_group(attributes.age), len(AGE_BANDS) + 2)
    for name in ("zip", "occupation", "gender"):
        if name in attributes:
            values = attributes[name].astype("string")
            made[name] = _coded(values.str.slice(0, ZIP_PREFIX) if name == "zip" else values)
    return made


def _age_group(ages: pd.Series) -> np.ndarray:
    import pandas as pd

    known = pd.to_numeric(ages, errors="coerce")
    return np.where(known.isna(), 0, 1 + np.digitize(known.fillna(0), AGE_BANDS)).astype(np.int32)


def item_fields(items: pd.DataFrame) -> dict[str, Field]:
    """Categories (called genre, as in xia2024), brand, price band and period, those that the dataset has."""
    import pandas as pd

    made = {}
    categories = items.categories.map(lambda names: list(names) if names is not None else [])
    names = sorted({name for row in categories for name in row})
    if names:
        made["genre"] = Field(_multi_hot(categories, names), len(names))
    if items.brand.notna().any():
        counts = items.brand.value_counts()
        made["brand"] = _coded(items.brand.where(items.brand.map(counts).fillna(0) >= RAREST_BRAND))
    if items.price.notna().any():
        bands = pd.qcut(items.price, PRICE_BANDS, labels=False, duplicates="drop")
        made["price"] = Field((bands.fillna(-1) + 1).to_numpy(np.int32), PRICE_BANDS + 1)
    if items.year.notna().any():
        periods = (items.year.clip(lower=FIRST_YEAR) - FIRST_YEAR) // YEARS + 1
        made["year"] = Field(periods.fillna(0).to_numpy(np.int32), int(periods.max()) + 1)
    return made


def _multi_hot(rows: pd.Series, names: list[str]) -> np.ndarray:
    place = {name: column for column, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), dtype=np.float32)
    for row, values in enumerate(rows):
        matrix[row, [place[value] for value in values]] = 1
    return matrix


def _coded(values: pd.Series) -> Field:
    """Codes from 1 in the values' sorted order; 0 where there is none."""
    import pandas as pd

    codes, names = pd.factorize(values, sort=True)
    return Field((codes + 1).astype(np.int32), len(names) + 1)
