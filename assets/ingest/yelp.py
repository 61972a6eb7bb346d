"""Yelp's academic dataset, now and before 2016: businesses, users, reviews, tips, check-ins and photos."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.raw_file import RawFile, Reference, either

PARTS = {"business": "products", "user": "people", "review": "ratings", "tip": "texts", "checkin": "checkins"}
LISTED = Reference(("item_id",), "products", "business: not in the business file")


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The files that are there, businesses first. Raises FileNotFoundError where neither businesses nor reviews are."""
    folder = Path(dataset.folder)
    found = {part: either(root, [folder / f"yelp_academic_dataset_{part}.json"]) for part in PARTS}
    if not found["review"] and not found["business"]:
        raise FileNotFoundError(
            f"{dataset.title}: {folder}/yelp_academic_dataset_review.json (or .gz) not found below {root}. "
            f"{dataset.how_to_get}"
        )
    files = [RawFile(path, PARTS[p], f"yelp/{p}", reader="objects") for p, path in found.items() if path]
    photos = either(root, [folder / "photos.json"])
    if photos:
        files.append(RawFile(photos, "pictures", "yelp/photos", reader="objects", references=(LISTED,)))
    return files
