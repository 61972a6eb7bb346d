"""Yelp academic dataset, current release: business, user, review, tip and photos, as JSON lines."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.loading import RawFile

PARTS = {"business": "products", "user": "people", "review": "ratings", "tip": "texts"}


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The files that are there, businesses first. Raises FileNotFoundError where reviews are missing."""
    folder = Path(dataset.folder)
    if not (root / folder / "yelp_academic_dataset_review.json").exists():
        raise FileNotFoundError(
            f"{dataset.title}: {folder}/yelp_academic_dataset_review.json not found below {root}. "
            f"Get the dataset from {dataset.url} and unpack it there."
        )
    files = [RawFile(folder / f"yelp_academic_dataset_{p}.json", table, f"yelp/{p}") for p, table in PARTS.items()]
    files.append(RawFile(folder / "photos.json", "pictures", "yelp/photos"))
    return [file for file in files if (root / file.path).exists()]
