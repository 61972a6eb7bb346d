"""Where a dataset's raw files are: kept by the user, in archives that the user put there, or downloaded."""

from __future__ import annotations

import zipfile
from pathlib import Path

from assets.datasets import Dataset
from assets.home import Home
from assets.ingest import amazon, movielens, yelp
from assets.ingest.archives import unpack
from assets.ingest.raw_file import RawFile
from assets.media.listing import media_folder, media_list
from assets.steps import Say

SOURCES = {"movielens": movielens, "amazon": amazon, "yelp": yelp}


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The dataset's files below `root`, in loading order. Raises FileNotFoundError saying how to get a missing one."""
    return SOURCES[dataset.source].raw_files(dataset, root)


def holds(dataset: Dataset, root: Path) -> bool:
    """Whether all files that the dataset must have are below `root`."""
    try:
        return bool(raw_files(dataset, root))
    except FileNotFoundError:
        return False


def picture_folders(dataset: Dataset, root: Path) -> list[Path]:
    """Folders below `root` that hold the dataset's pictures, those that exist."""
    folders = {
        "movielens": Path("movielens/posters"),
        "amazon": amazon.picture_folder(dataset),
        "yelp": Path(dataset.folder) / "photos",
    }
    return [folder for folder in (folders[dataset.source],) if (root / folder).is_dir()]


def media_places(dataset: Dataset, root: Path) -> list[Path]:
    """The list and the folder of the dataset's media files below `root`, those that exist."""
    return [place for place in (media_list(dataset), media_folder(dataset)) if (root / place).exists()]


def provide(home: Home, about: Dataset, allow_hosts: frozenset[str], say: Say) -> Path:
    """The folder below which the raw files are, after all that is needed to have them there.

    Samples are generated. What is below TRIFUSE_RAW is used as it is; an archive there is unpacked into the landing
    folder; else the files are downloaded there, if the dataset's terms allow it. Raises FileNotFoundError that says
    how to get them, DownloadError or RefusedArchive.
    """
    if about.embedded:
        from assets.samples import generate

        generate(about.name, home.raw_root(about))
    root = home.raw_root(about)
    try:
        raw_files(about, root)
    except FileNotFoundError:
        if not _unpack_found(about, root, home.landing, say):
            if not about.downloads:
                raise
            fetch(about, home.landing, allow_hosts, say)
        raw_files(about, home.landing)
        return home.landing
    if root == home.landing and about.refresh_days is not None:
        fetch(about, home.landing, allow_hosts, say)
    return root


def _unpack_found(about: Dataset, root: Path, landing: Path, say: Say) -> bool:
    """Unpack the archives that the user put below `root`, where there are any."""
    archives = [root / name for name in about.archives if (root / name).is_file()]
    for archive in archives:
        _unpack(archive, landing / about.folder, about.folder, say)
    return bool(archives)


def fetch(about: Dataset, landing: Path, allow_hosts: frozenset[str], say: Say) -> None:
    """Download what the dataset is made of; what is there and whole is not asked for again."""
    from assets.ingest.download import download

    say(f"{about.title}: downloading from its source. Licence: {about.licence}. See {about.url}")
    for part in about.downloads:
        target = landing / part.file
        fetched = download(
            part.address, target, sha256=part.sha256, md5=part.md5, size=part.size, allow_hosts=allow_hosts, say=say
        )
        if part.unpack and not (fetched.unchanged and holds(about, landing)):
            _unpack(target, landing / about.folder, about.folder, say)


def _unpack(archive: Path, folder: Path, top: str, say: Say) -> None:
    """Unpack into the dataset's folder; GroupLens's zips hold a folder of that name, Yelp's tars do not."""
    strip = 0
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            strip = int(all(name.startswith(f"{Path(top).name}/") for name in zipped.namelist()))
    unpack(archive, folder, strip=strip, say=say)
