"""LensKit; nothing here needs Trifuse, since it runs in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender_peers.data import LENGTH, WIDTH, Data, Result, Way, lists_by, of_fold, top_of


def lenskit_lists(data: Data, _threads: int) -> Callable[[], Result]:
    """`batch.recommend` of its top-n pipeline, which leaves out what was rated in training."""
    from lenskit import batch
    from lenskit.als import ImplicitMFScorer
    from lenskit.pipeline import topn_pipeline

    pipeline = topn_pipeline(ImplicitMFScorer(embedding_size=WIDTH, epochs=1, user_embeddings="prefer"), n=LENGTH)
    pipeline.train(lenskit_set(data, data["fold"] >= 0))
    scorer = pipeline.component("scorer")
    scorer.user_embeddings = data["user_factors"][scorer.users.ids()]
    scorer.item_embeddings = data["item_factors"][scorer.items.ids()]

    def call(users: np.ndarray) -> np.ndarray:
        found = {key.user_id: items.ids() for key, items in batch.recommend(pipeline, list(users), n=LENGTH, n_jobs=1)}
        return np.array([found[user] for user in users])

    return lists_by(call, data, 50)


def lenskit_ratings(make: Callable[[], Any]) -> Way:
    """A scorer of LensKit in its prediction pipeline, with its own fallback to biases."""

    def prepare(data: Data, _threads: int) -> Callable[[], Result]:
        from lenskit import batch
        from lenskit.data import ItemListCollection
        from lenskit.pipeline import predict_pipeline
        from pandas import DataFrame

        train, (users, items, _) = lenskit_set(data, data["fold"] == 0), of_fold(data, 2)
        pipeline = predict_pipeline(make())

        def run() -> Result:
            pipeline.train(train)

            def predictions() -> np.ndarray:
                wanted = DataFrame({"user_id": users, "item_id": items})
                given = ItemListCollection.from_df(wanted, ["user_id"])
                found = batch.predict(pipeline, given, n_jobs=1).to_df()
                return wanted.merge(found, on=["user_id", "item_id"], how="left")["score"].to_numpy(np.float32)

            return predictions

        return run

    return prepare


def biased_mf() -> Any:
    """Alternating least squares; the regularisation is the best of seven on the 5% that ours stops by."""
    from lenskit.als import BiasedMFScorer

    return BiasedMFScorer(embedding_size=WIDTH, epochs=15, regularization=0.07)


def item_knn() -> Any:
    """All similar items saved and the best twenty used: the best of six on the same 5%."""
    from lenskit.knn import ItemKNNScorer

    return ItemKNNScorer(max_nbrs=20)


def lenskit_als(data: Data, _threads: int) -> Callable[[], Result]:
    """Its implicit ALS: it solves exactly where implicit takes three steps of conjugate gradients. The weight is added
    to 1 there."""
    from lenskit.als import ImplicitMFScorer
    from lenskit.training import TrainingOptions

    train = lenskit_set(data, (data["fold"] == 0) & (data["ratings"] >= 4))
    model = ImplicitMFScorer(embedding_size=WIDTH, epochs=15, weight=3, regularization=30)

    def run() -> Result:
        model.train(train, TrainingOptions())
        users, items = np.zeros_like(data["user_factors"]), np.zeros_like(data["item_factors"])
        users[model.users.ids()], items[model.items.ids()] = model.user_embeddings, model.item_embeddings
        return lambda: top_of(data, users, items)

    return run


def lenskit_set(data: Data, rows: np.ndarray) -> Any:
    """A Dataset of LensKit."""
    from lenskit.data import from_interactions_df
    from pandas import DataFrame

    names = {"user_id": "users", "item_id": "items", "rating": "ratings"}
    return from_interactions_df(DataFrame({theirs: data[ours][rows] for theirs, ours in names.items()}))
