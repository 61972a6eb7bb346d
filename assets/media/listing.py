"""Which media files a dataset has: those in its folder `media/`, and those that `media.csv` lists.

Both lie in the dataset's folder below the raw root. In `media/` a file is named by its item, or lies in a folder that
is: `media/17.mp4`, `media/17/trailer.webm`. `media.csv` has the columns item_id and file (beside it), or url, or both
columns with one of them filled. Datasets that share a folder (Amazon's categories) have `media/<category>/` and
`media_<category>.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assets.datasets import Dataset
from assets.files import digest
from assets.hashing import files_below

FOUND, REFUSED = "found", "refused"


@dataclass(frozen=True)
class Listed:
    """A media file that an item is said to have. path: below the raw root; url: to be fetched from; one of both.

    source: "folder", "list" or "url". status: "refused", with the reason, where a line of the list cannot be used.
    """

    item_id: str | None
    media_id: str
    source: str
    path: str | None = None
    url: str | None = None
    status: str = FOUND
    reason: str = ""


def media_folder(about: Dataset) -> Path:
    """Where a dataset's media files lie, below the raw root."""
    return Path(about.folder) / "media" / about.category


def media_list(about: Dataset) -> Path:
    """Where a dataset's list of media files lies, below the raw root."""
    return Path(about.folder) / (f"media_{about.category}.csv" if about.category else "media.csv")


def listed(about: Dataset, root: Path, items: set[str]) -> list[Listed]:
    """All media files of a dataset, each once per item, in order of item and file. items: the ids that there are."""
    found = [*_in_folder(about, root), *_in_list(about, root)]
    once = {(one.item_id, one.path or one.url or one.media_id): one for one in reversed(found)}
    return sorted((_known(one, items) for one in once.values()), key=lambda one: (one.item_id or "", one.media_id))


def _known(one: Listed, items: set[str]) -> Listed:
    if one.status == REFUSED or one.item_id in items:
        return one
    return replace(one, status=REFUSED, reason="item: not in the catalog")


def _in_folder(about: Dataset, root: Path) -> Iterator[Listed]:
    folder = media_folder(about)
    if not (root / folder).is_dir():
        return
    for file in files_below(root / folder):
        inside = file.relative_to(root / folder)
        if not file.name.startswith("."):  # what a killed writer left
            item = inside.parts[0] if len(inside.parts) > 1 else inside.stem
            yield Listed(item, inside.as_posix(), "folder", path=(folder / inside).as_posix())


def _in_list(about: Dataset, root: Path) -> Iterator[Listed]:
    place = media_list(about)
    if not (root / place).is_file():
        return
    with (root / place).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        try:
            if not {"item_id"} < set(rows.fieldnames or ()) & {"item_id", "file", "url"}:
                yield _refused(place, 1, "the columns item_id and file, or item_id and url, are not there")
                return
            for row in rows:
                yield _of_line(place, rows.line_num, row)
        except csv.Error as error:
            yield _refused(place, rows.line_num + 1, f"{error}; what follows was not read")


def _of_line(place: Path, line: int, row: dict[str, str | None]) -> Listed:
    item, file, url = ((row.get(name) or "").strip() for name in ("item_id", "file", "url"))
    if not item:
        return _refused(place, line, "no item_id")
    if bool(file) == bool(url):
        return _refused(place, line, "one of file and url is needed", item)
    if url:
        return Listed(item, f"url-{digest(url)[:12]}", "url", url=url)
    return Listed(item, file, "list", path=(place.parent / file).as_posix())


def _refused(place: Path, line: int, reason: str, item: str | None = None) -> Listed:
    return Listed(item, f"line-{line}", "list", status=REFUSED, reason=f"{place.name}, line {line}: {reason}")
