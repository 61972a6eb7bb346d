"""Jobs, to be found by name: a refresh for each dataset, and what people do by hand. The rest follows by policy."""

from __future__ import annotations

import dagster as dg

from assets.datasets import datasets
from orchestration.groups import of_groups, refreshed

BY_HAND = {
    "train_recommender": (
        dg.AssetSelection.assets("recommender"),
        "Trains one model on one dataset: choose both as the partition. Its parameters, as the learning rate, stand in "
        "the launchpad; what is unchanged is not trained again. Then run `measure_and_publish`.",
    ),
    "train_sentiment_model": (
        dg.AssetSelection.assets("sentiment_model"),
        "Trains one sentiment model on the reviews of one dataset: choose both as the partition.",
    ),
    "run_study": (
        dg.AssetSelection.assets("study"),
        "Trains the models of a dataset with one thing changed: a modality removed, the learning rate, the amount of "
        "data. Choose dataset and study as the partition. It takes long.",
    ),
    "measure_and_publish": (
        dg.AssetSelection.assets("recommendations") | of_groups("evaluation", "reports", "serving"),
        "Lists, metrics and reports of a dataset from the models as they are, then the snapshot that people query.",
    ),
}
"""Name -> what it materializes, and what the UI says of it."""


def refresh_name(dataset: str) -> str:
    """The job of a dataset."""
    return "refresh_" + dataset.replace("-", "_")


def refresh_jobs() -> list:
    """A job for every registered dataset. Its runs carry the dataset as partition."""
    return [
        dg.define_asset_job(
            refresh_name(name),
            selection=refreshed(),
            description=f"{about.title}: raw files, staging, catalog, folds, embeddings and the snapshot. "
            f"In the launchpad, choose the partition {name}.",
            tags={"trifuse/dataset": name},
        )
        for name, about in datasets().items()
    ]


def jobs_by_hand() -> list:
    """The jobs that people start: training, studies, publishing."""
    return [
        dg.define_asset_job(name, selection=selection, description=about)
        for name, (selection, about) in BY_HAND.items()
    ]
