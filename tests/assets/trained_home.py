"""A small home made by the real steps, from raw files to a snapshot: two groups of users and items."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from assets.catalog import by_query, filled
from assets.cells import Cell
from assets.datasets import dataset
from assets.embeddings import ITEM_TEXTS, PICTURES, PROFILES, REVIEWS, choice, embedded
from assets.evaluation import metrics
from assets.files import digest
from assets.hashing import Hashes
from assets.home import Home
from assets.ingest.assets import _listed, fingerprint, stage
from assets.manifests import Manifests
from assets.matrices import load_catalog
from assets.recommendations import recommendations
from assets.recommenders import Workshop
from assets.serving import publish
from assets.splits import CODE_VERSION as FOLDS_VERSION
from assets.splits import _write as write_fold
from assets.steps import Output, remember
from models.registry import recommender

NAME, PROTOCOL = "ml-100k", "alexander2024"
USERS, ITEMS = 40, 30
CONTENT = (
    ("text_embeddings", "text", ITEM_TEXTS),
    ("image_embeddings", "image", PICTURES),
    ("user_embeddings", "text", PROFILES),
    ("review_embeddings", "text", REVIEWS),
)
MODELS = ("global-mean", "bias", "popularity", "item-cf")


def silent(_line: str) -> None:
    """Nobody listens."""


class TrainedHome:
    """`run()` makes everything that is not there or has changed, as `trifuse run` does, in one go."""

    def __init__(self, root: Path) -> None:
        encoders = {"text_encoder": "tfidf-svd", "image_encoder": "color-gradient-histogram"}
        self.home = Home(root=str(root / "home"), raw=str(root / "raw"), device="cpu", threads=1, **encoders)
        self.about, self.manifests = dataset(NAME), Manifests(self.home.path)
        self.run_id, self.settings = "run-1", {}
        self._raw(root / "raw" / "ml-100k")

    def _raw(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        random = np.random.default_rng(0)
        rows, self.unrated = [], []
        for user in range(1, USERS + 1):
            for item in range(1, ITEMS + 1):
                rating = np.clip((5 if user % 2 == item % 2 else 2) + random.integers(-1, 2), 1, 5)
                row = f"{user}\t{item}\t{rating}\t{880000000 + user * item}"
                (rows if random.random() < 0.6 else self.unrated).append(row)
        (folder / "u1.test").write_text("\n".join(rows[::5]) + "\n")
        self.ratings = folder / "u.data"
        self.ratings.write_text("\n".join(rows) + "\n")
        (folder / "u.user").write_text("".join(f"{u}|30|M|artist|12345\n" for u in range(1, USERS + 1)))
        genres = "|".join(["0"] * 19)
        items = (f"{i}|Film {i} (1995)|01-Jan-1995|||{genres}\n" for i in range(1, ITEMS + 1))
        (folder / "u.item").write_text("".join(items), encoding="latin-1")

    def rate_one_more(self) -> None:
        """One more line of the ratings file."""
        with self.ratings.open("a") as file:
            file.write(self.unrated.pop() + "\n")

    def step(
        self, asset: str, upstream: tuple[str, ...], compute: Callable, config: Any = None, code: str = "1"
    ) -> None:
        """One asset of the dataset, as its body does it."""
        of = dict.fromkeys(upstream, NAME)
        remember(self.manifests, asset, NAME, code, self.run_id, of, config, compute, silent)

    def run(self, run_id: str, models: tuple[str, ...] = MODELS) -> TrainedHome:
        """Materialize all steps up to the metrics. settings: model -> fields of its configuration to change."""
        self.run_id = run_id
        self._data()
        for name in models:
            model = recommender(name)
            workshop = Workshop(self.home, self.about, model, model.Config(**self.settings.get(name, {})))
            workshop.train(Cell(NAME, name, PROTOCOL, 0, model.variants[0]), run_id, silent)
        for asset in (recommendations, metrics):
            dg.materialize([asset], partition_key=NAME, resources={"home": self.home})
        return self

    def _data(self) -> None:
        root = self.home.raw_root(self.about)
        with Hashes(self.home.hashes) as hashes:
            found = fingerprint(self.about, root, hashes)
        self.step("raw_files", (), lambda say: _listed(self.about, root, found), found)
        self.step("staged_records", ("raw_files",), lambda say: stage(self.home, self.about, say))
        for table, of in (("interactions", ()), ("users", ("interactions",)), ("items", ("interactions",))):
            self.step(table, ("staged_records", *of),
                      lambda say, table=table: filled(self.home, NAME, table, by_query(table), say))  # fmt: skip
        for asset, kind, sources in CONTENT:
            of_items = "items" if kind == "image" or sources is ITEM_TEXTS else "users"
            self.step(
                asset,
                (of_items,),
                lambda say, kind=kind, sources=sources: embedded(
                    self.home, NAME, choice(self.home, kind), sources, sources in (ITEM_TEXTS, PICTURES), say
                ),
            )
        self.step("folds", ("interactions", "users", "items"), self._folds)

    def _folds(self, say: Callable[[str], None]) -> Output:
        write_fold(self.home, NAME, load_catalog(self.home, NAME), PROTOCOL, 0, say)
        basis = self.manifests.require("interactions", NAME).data_version
        return Output(digest(basis, FOLDS_VERSION), 1, [self.home.fold(NAME, PROTOCOL, 0)])

    def publish(self) -> Path:
        """The snapshot of what there is now."""
        self.home.serving.unlink(missing_ok=True)
        publish(self.home, [NAME], self.home.serving, silent)
        return self.home.serving
