"""Which module reads which source, and which raw files a dataset has."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest import amazon, movielens, yelp
from assets.ingest.loading import RawFile

SOURCES = {"movielens": movielens, "amazon": amazon, "yelp": yelp}


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The dataset's files below `root`, in loading order. Raises FileNotFoundError saying how to get a missing one."""
    return SOURCES[dataset.source].raw_files(dataset, root)


def picture_folders(dataset: Dataset, root: Path) -> list[Path]:
    """Folders below `root` that hold the dataset's pictures, those that exist."""
    folders = {
        "movielens": Path("movielens/posters"),
        "amazon": amazon.picture_folder(dataset),
        "yelp": Path(dataset.folder) / "photos",
    }
    return [folder for folder in (folders[dataset.source],) if (root / folder).is_dir()]
