"""Two tiny finished datasets, and a model that remembers what it was given."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.datasets import dataset
from assets.home import Home
from assets.inputs import EMBEDDINGS, TABLES
from assets.manifests import Manifest, Manifests
from assets.recommenders import Workshop
from models.recommender import FitReport, ModelConfig, Recommender

OURS, THEIRS = "ml-100k", "ml-1m"
FOLD = np.array([0] * 10 + [1] * 2 + [2] * 4, np.int8)
"""Of our 16 ratings (4 users, 4 items): ten train, two validate, four test."""


def two_shops(root: Path) -> Home:
    """ml-100k with 4 users and 4 items, ml-1m with 2 users and 3 items, of which one is a film of ml-100k."""
    home = Home(root=str(root), threads=1)
    _shop(home, OURS, ["A (1990)", "B (1990)", "C (1991)", None], [1990, 1990, 1991, None], 4, [1, 2, 3, 4, 5])
    _shop(home, THEIRS, ["c  (1991)", "A (1990)", "D (1992)"], [1991, 1991, 1992], 2, [5, 1])
    path = home.fold(OURS, "xia2024", 0)
    path.parent.mkdir(parents=True)
    table = pa.table({"fold": FOLD}).replace_schema_metadata({"interactions": "v"})
    pq.write_table(table, path)
    _made(home, "folds", OURS, {})
    return home


def _shop(home: Home, name: str, titles: list, years: list, n_users: int, ratings: list[int]) -> None:
    users, items = [f"u{u}" for u in range(n_users)], [f"i{i}" for i in range(len(titles))]
    gender = {"u0": '{"gender": "M"}'}
    attributes = [gender.get(user, '{"gender": "F"}') for user in users]
    _table(home, name, "users", {"user_id": users, "attributes": attributes})
    about = {"categories": [["drama"]] * len(items), "brand": None, "price": None, "has_image": True}
    _table(home, name, "items", {"item_id": items, "title": titles, "year": pd.array(years, "Int32")} | about)
    user, item = np.divmod(np.arange(n_users * len(items)), len(items))
    rows = {"user_id": np.array(users)[user], "item_id": np.array(items)[item], "ts": pd.NaT, "official_test": False}
    _table(home, name, "interactions", rows | {"rating": np.resize(np.array(ratings, float), len(user))})
    for field in ("title", "image"):
        path = home.matrix(name, field)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.full((len(items), 2), 1 + len(items), np.float32) + np.arange(len(items))[:, None])
        encoded(home, name, field, "one encoder", len(items))
    encoded(home, name, "introduction", "", 0)
    for asset in (*TABLES, *EMBEDDINGS):
        _made(home, asset, name, {f"items@{name}": "v"} if asset.endswith("embeddings") else {})


def encoded(home: Home, name: str, field: str, encoder: str, n: int = 1) -> None:
    """Pretend that this encoder made the vectors of a field."""
    pd.DataFrame({"encoder": [encoder] * n}).to_parquet(home.embedding(name, field))


def _table(home: Home, name: str, table: str, columns: dict) -> None:
    frame = pd.DataFrame(columns)
    if "ts" in frame:
        frame["ts"] = frame.ts.astype("datetime64[us]")
    path = home.table(name, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)


def _made(home: Home, asset: str, name: str, upstream: dict[str, str]) -> None:
    Manifests(home.path).save(Manifest(asset, name, "run", "1", f"{asset} {name}", "v", upstream))


class SpyConfig(ModelConfig):
    """One number, to be changed."""

    answer: float = 3.0


class Spy(Recommender):
    """Predicts one number for everything."""

    name: ClassVar[str] = "svd"
    variants: ClassVar[tuple[str, ...]] = ("",)
    uses_content: ClassVar[bool] = True
    Config = SpyConfig
    given: ClassVar[list] = []

    def fit(self, train, valid, features, *, device="cpu", progress=None, checkpoint=None):
        self.given.append((train, valid, features))
        self._n = features.n_items
        return FitReport()

    def predict(self, users, items, timestamps=None):
        return np.full(len(users), self.config.answer, np.float32)

    @property
    def n_items(self):
        return self._n

    def state(self):
        return {"n": np.array([self._n])}

    def restore(self, state):
        self._n = int(state["n"][0])


def workshop(home: Home) -> Workshop:
    """One that trains spies on our dataset; `Spy.given` is empty again."""
    Spy.given.clear()
    return Workshop(home, dataset(OURS), Spy, SpyConfig())
