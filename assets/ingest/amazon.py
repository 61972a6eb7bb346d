"""Amazon reviews and product metadata as McAuley's lab ships them: the releases of 2014, 2018 and 2023."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.raw_file import RawFile, either

LAYOUTS = {
    "2014": (("reviews_{}_5.json", "reviews_{}.json"), "meta_{}.json", "reviews_2018", "meta_2018"),
    "2018": (("{}_5.json", "{}.json"), "meta_{}.json", "reviews_2018", "meta_2018"),
    "2023": (("{}.jsonl",), "meta_{}.jsonl", "reviews_2023", "meta_2023"),
}
"""Layout -> names of the review file (the first that is there is taken), name of the metadata, queries for both."""


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """Metadata (where it is), then reviews. Raises FileNotFoundError for missing reviews."""
    folder = Path(dataset.folder)
    reviews_names, meta_name, parse_reviews, parse_meta = LAYOUTS[dataset.layout]
    reviews = either(root, [folder / name.format(dataset.category) for name in reviews_names])
    if reviews is None:
        names = " or ".join(name.format(dataset.category) for name in reviews_names)
        raise FileNotFoundError(
            f"{dataset.title}: {folder}/{names} (or .gz) not found below {root}. {dataset.how_to_get}"
        )
    meta = either(root, [folder / meta_name.format(dataset.category)])
    described = [RawFile(meta, "products", f"amazon/{parse_meta}", reader="objects")] if meta else []
    return [*described, RawFile(reviews, "ratings", f"amazon/{parse_reviews}", reader="objects")]


def picture_folder(dataset: Dataset) -> Path:
    """Where product pictures lie, below the raw root: one file per item, named by its id."""
    return Path(dataset.folder) / "images" / dataset.category
