"""What every user is recommended by every model, and why: from the headline protocol's first seed."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

from assets.cells import Cell
from assets.cluster import spread
from assets.datasets import dataset
from assets.evaluation import require_cells
from assets.files import atomic_file
from assets.home import Home
from assets.ingest.segments import quoted
from assets.inputs import EMBEDDINGS, REVIEWS, TABLES, embeddings
from assets.limits import GPU
from assets.manifests import Manifest, Manifests
from assets.matrices import Catalog, load_catalog, load_features
from assets.partitions import BY_DATASET, DATASET_OF_CELL
from assets.recommenders import recommender
from assets.sentiment.opinions import has_reviews, review_texts, train_opinions
from assets.splits import load_fold
from assets.steps import Output, Say, from_file, materialize, remember
from assets.studies.declared import study_of
from assets.subsets import lacking_of
from assets.warehouse import export, working
from models.registry import recommender as recommender_class

if TYPE_CHECKING:
    import pandas as pd

    from models.data import Features
    from models.scoring import Lists
    from models.sentiment.praise import Praise

CODE_VERSION = "2"
LIST_LENGTH = 20
TELL_EVERY = 5.0
"""Seconds between two lines of progress."""


@dg.asset(
    deps=[dg.AssetDep(recommender, partition_mapping=DATASET_OF_CELL), *TABLES, *EMBEDDINGS, REVIEWS],
    group_name="recommenders",
    partitions_def=BY_DATASET,
    kinds={"numpy", "parquet"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def recommendations(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The first 20 of the whole catalogue minus what a user rated, for every user and model, each with its reason."""
    name = context.partition_key
    cells = headline_cells(home, name)

    def compute(say: Say) -> Output:
        jobs = [{"trained": manifest, "run_id": context.run.run_id} for manifest in cells]
        files = spread(Shelf(home, name), Shelf.write, jobs, say)
        target = home.lake / name / "recommendations.parquet"
        with working(home.threads) as connection, atomic_file(target) as path:
            rows = export(connection, f"FROM read_parquet([{', '.join(map(quoted, files))}])", path)
        made = {f"recommender@{m.partition}": m.data_version for m in cells}
        return replace(from_file(target, rows), upstream=made)

    upstream = dict.fromkeys((*TABLES, *_content(home, name)), name)
    versions = [(m.partition, m.data_version) for m in cells]
    return materialize(context, home, upstream=upstream, config=versions, compute=compute)


def _content(home: Home, name: str) -> tuple[str, ...]:
    """The assets that reasons are found in."""
    return (*embeddings(home, name), *((REVIEWS,) if has_reviews(home, name) else ()))


def headline_cells(home: Home, name: str) -> list[Manifest]:
    """Per model the cell that recommends: first variant, the dataset's first protocol that was run, first seed.

    Raises LookupError where nothing has been trained.
    """
    about, best = dataset(name), {}
    for manifest in require_cells(home, name):
        cell = Cell.parse(manifest.partition)
        if study_of(cell.model, cell.variant):
            continue
        order = list(about.protocols).index(cell.protocol) if cell.protocol in about.protocols else len(about.protocols)
        rank = (order, cell.protocol, cell.seed, recommender_class(cell.model).variants.index(cell.variant))
        if cell.model not in best or rank < best[cell.model][0]:
            best[cell.model] = (rank, manifest)
    return [manifest for _, manifest in best.values()]


class Shelf:
    """Ranks the catalogue for every user of one dataset; a model that was ranked before is not ranked again."""

    def __init__(self, home: Home, name: str) -> None:
        self.home, self.name = home, name
        self._data: tuple[Catalog, Features] | None = None
        self._praise: dict[tuple[str, int], Praise] = {}

    def data(self) -> "tuple[Catalog, Features]":
        """The catalog with all content vectors."""
        if self._data is None:
            catalog = load_catalog(self.home, self.name)
            self._data = catalog, load_features(self.home, dataset(self.name), catalog)
        return self._data

    def praise(self, cell: Cell, say: Say) -> "Praise | None":
        """What items are praised for in the train reviews of the cell's fold; None where nobody wrote any."""
        from models.metrics import like_threshold, pairs
        from models.sentiment.praise import Praise
        from models.splits import TRAIN

        key = cell.protocol, cell.seed
        if key not in self._praise and has_reviews(self.home, self.name):
            catalog, features = self.data()
            fold = load_fold(self.home, self.name, *key) == TRAIN
            train, texts = catalog.interactions.take(fold), review_texts(self.home, self.name)[fold]
            at_least = like_threshold(features.rating_values)
            likes = pairs(train, len(catalog.users), len(catalog.items), at_least=at_least)
            opinions = train_opinions(self.home, self.name, texts, train, say)
            self._praise[key] = Praise(texts, train, opinions, likes, at_least)
        return self._praise.get(key)

    def write(self, trained: Manifest, run_id: str, say: Say):
        """The Parquet file of one model's lists."""
        cell = Cell.parse(trained.partition)
        target = cell.folder(self.home) / "recommendations.parquet"

        def compute(tell: Say) -> Output:
            with atomic_file(target) as path:
                rows = self._write_lists(cell, path, tell)
            return from_file(target, rows)

        upstream = {"recommender": cell.partition} | dict.fromkeys(_content(self.home, self.name), self.name)
        remember(Manifests(self.home.path), "lists", cell.partition, CODE_VERSION, run_id, upstream, [], compute, say)
        return target

    def _write_lists(self, cell: Cell, path: Path, say: Say) -> int:
        """Rank block by block, and write each block at once; the number of rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from models.metrics import like_threshold, pairs
        from models.scoring import recommend

        catalog, features = self.data()
        model = recommender_class(cell.model).load(cell.folder(self.home), self.home.device)
        users = np.arange(len(catalog.users), dtype=np.int32)
        seen = pairs(catalog.interactions, len(users), len(catalog.items))
        liked = pairs(catalog.interactions, *seen.shape, at_least=like_threshold(features.rating_values))
        reasons, rows, writer = Reasons(catalog, features, self.praise(cell, say)), 0, None
        lacking = lacking_of(model)
        started = told = time.monotonic()
        try:
            for lists in recommend(model, users, seen, LIST_LENGTH):
                table = pa.Table.from_pandas(
                    self._rows(cell, catalog, lists, reasons, liked, lacking), preserve_index=False
                )
                writer = writer or pq.ParquetWriter(path, table.schema)
                writer.write_table(table)
                rows += len(table)
                if time.monotonic() - told > TELL_EVERY:
                    told = time.monotonic()
                    say(f"{cell.dataset} {cell.model}: ranked for {lists.users[-1] + 1:,} of {len(users):,} users")
        finally:
            if writer is not None:
                writer.close()
        say(f"{cell.dataset} {cell.model}: {rows:,} recommendations in {time.monotonic() - started:.1f} s")
        return rows

    def _rows(
        self, cell: Cell, catalog: Catalog, lists: "Lists", reasons: "Reasons", liked, lacking: np.ndarray | None
    ) -> "pd.DataFrame":
        import pandas as pd

        user, place = np.nonzero(lists.items >= 0)
        items = lists.items[user, place]
        of_each = np.split(items, np.cumsum(np.bincount(user, minlength=len(lists.users)))[:-1])
        why = [reasons.of(some, liked[one].indices) for one, some in zip(lists.users, of_each, strict=True)]
        why = reasons.with_praise(np.concatenate([np.zeros(0, object), *why]), lists.users[user], items)
        return pd.DataFrame(
            {
                "dataset": cell.dataset,
                "model": cell.model,
                "user_id": catalog.users.user_id.to_numpy()[lists.users[user]],
                "rank": (place + 1).astype(np.int32),
                "item_id": catalog.items.item_id.to_numpy()[items],
                "score": lists.scores[user, place].astype(np.float64),
                "why": why,
                "missing": pd.array([None] * len(items) if lacking is None else lacking[items], dtype="string"),
            }
        )


class Reasons:
    """Why an item suits a user: the liked item whose content is nearest to it, and what those who share likes with the
    user praise it for (alexander2024, section 3.3.4)."""

    def __init__(self, catalog: Catalog, features: "Features", praise: "Praise | None" = None) -> None:
        self.praise = praise
        self.titles = catalog.items.title.fillna(catalog.items.item_id).to_numpy()
        self.fields = {name: _unit(matrix) for name, matrix in features.item_vectors.items()}

    def of(self, items: np.ndarray, liked: np.ndarray) -> list[str]:
        """One sentence per item; liked: indices of what the user liked."""
        if len(liked) == 0:
            return ["liked by people in general; nothing that you liked is known yet"] * len(items)
        if not self.fields:
            return ["people with ratings like yours liked it"] * len(items)
        near = np.stack([unit[items] @ unit[liked].T for unit in self.fields.values()])
        nearest = near.mean(axis=0).argmax(axis=1)
        names = list(self.fields)
        return [
            f"near {self.titles[liked[column]]}, which you liked, above all in {names[near[:, row, column].argmax()]}"
            for row, column in enumerate(nearest)
        ]

    def with_praise(self, why: np.ndarray, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """object [n]: the sentences of these pairs, each with a quotation where there is one."""
        if self.praise is None:
            return why
        quotes = self.praise.of(users, items)
        return np.where(quotes == "", why, why + "; liked for “" + quotes + "”, in reviews by people like you")


def _unit(matrix: np.ndarray) -> np.ndarray:
    centred = np.where(np.any(matrix != 0, axis=1, keepdims=True), matrix - matrix.mean(axis=0), 0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.maximum(lengths, 1e-12)
