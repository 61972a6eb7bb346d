"""Amazon Reviews 2023: reviews and metadata as JSON lines, product pictures that lie on disk."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.loading import RawFile


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """Metadata (where it is), then reviews. Raises FileNotFoundError for missing reviews."""
    folder = Path(dataset.folder)
    reviews = _plain_or_gzipped(root, folder / f"{dataset.category}.jsonl")
    if reviews is None:
        raise FileNotFoundError(
            f"{dataset.title}: {folder}/{dataset.category}.jsonl[.gz] not found below {root}. "
            f"Get it from {dataset.url}."
        )
    meta = _plain_or_gzipped(root, folder / f"meta_{dataset.category}.jsonl")
    described = [RawFile(meta, "products", "amazon/meta_2023")] if meta else []
    return [*described, RawFile(reviews, "ratings", "amazon/reviews_2023")]


def picture_folder(dataset: Dataset) -> Path:
    """Where product pictures lie, below the raw root: one file per item, named by its id."""
    return Path(dataset.folder) / "images" / dataset.category


def _plain_or_gzipped(root: Path, path: Path) -> Path | None:
    candidates = (path, path.with_name(path.name + ".gz"))
    return next((candidate for candidate in candidates if (root / candidate).exists()), None)
