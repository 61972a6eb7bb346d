"""One job per dataset: from its raw files to its vectors. The rest follows by policy."""

from __future__ import annotations

import dagster as dg

from assets.datasets import datasets

REFRESHED = ("raw", "staging", "pictures", "catalog", "splits", "validation", "embeddings")
"""Groups that a refresh materializes; those after them follow when something has changed."""


def refresh_name(dataset: str) -> str:
    """The job of a dataset."""
    return "refresh_" + dataset.replace("-", "_")


def refresh_jobs() -> list:
    """A job for every registered dataset. Its runs carry the dataset as partition."""
    return [
        dg.define_asset_job(
            refresh_name(name),
            selection=dg.AssetSelection.groups(*REFRESHED),
            description=f"{about.title}: raw files, staging, catalog, folds and embeddings.",
            tags={"trifuse/dataset": name},
        )
        for name, about in datasets().items()
    ]
