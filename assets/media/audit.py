"""The `media` table: every media file that a dataset is said to have, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from assets.datasets import Dataset
from assets.home import Home
from assets.inspections import Inspections
from assets.media.fetching import Fetched, Fetching
from assets.media.listing import FOUND, REFUSED, Listed, listed
from assets.steps import Say
from models.encoders import decoding
from models.encoders.decoding import MediaReport
from models.encoders.media import LIMITS

COLUMNS = {
    **dict.fromkeys(("dataset", "item_id", "media_id", "kind", "source", "url", "path", "sha256"), "string"),
    "seconds": "Float64", "bytes": "Int64", "status": "string", "reason": "string", "fetched_at": "datetime64[us]",
}  # fmt: skip
KINDS = ("video", "audio")
AT_ONCE = 50
"""Files between two lines of progress."""


@dataclass(frozen=True)
class Placed:
    """A listed file, and where it is: below the landing folder if it was fetched, else below the raw root."""

    listed: Listed
    path: str | None
    status: str
    reason: str
    at: Any = None


def audited(home: Home, about: Dataset, items: set[str], fetching: Fetching, say: Say) -> pd.DataFrame:
    """One row per media file and what it holds (a film with sound has two: kind video and kind audio), COLUMNS.

    items: the ids of the dataset's items; files of others are refused. A file that cannot be used has one row, without
    kind, with its status (missing, refused, corrupt, too large) and reason. path: below home.landing where the file
    was fetched (fetched_at), else below the raw root.
    """
    root = home.raw_root(about)
    found = [_placed(one, fetching, say) for one in listed(about, root, items)]
    rows = [row for part in _inspected(home, root, found, say) for row in part]
    table = pd.DataFrame([{"dataset": about.name} | row for row in rows], columns=list(COLUMNS))
    return table.astype(COLUMNS)


def _placed(one: Listed, fetching: Fetching, say: Say) -> Placed:
    if one.status != FOUND or one.url is None:
        return Placed(one, one.path, one.status, one.reason)
    got: Fetched = fetching.get(one.url, say)
    return Placed(one, got.path, got.status, got.reason, got.at)


def _inspected(home: Home, root: Path, found: list[Placed], say: Say) -> Iterator[list[dict[str, Any]]]:
    """The rows of each file. Remembered one by one: a run that is killed goes on where it was."""
    if not found:
        return
    with (
        closing(Inspections(home.lake, decoding, MediaReport, LIMITS.bytes)) as inspections,
        ThreadPoolExecutor(home.threads) as pool,
    ):

        def rows(one: Placed) -> list[dict[str, Any]]:
            below = root if one.at is None else home.landing
            return list(_rows(one, _report(one, below, inspections)))

        for number, part in enumerate(pool.map(rows, found), 1):
            yield part
            if number % AT_ONCE == 0 or number == len(found):
                say(f"inspected {number:,} of {len(found):,} media files")


def _report(one: Placed, below: Path, inspections: Inspections) -> MediaReport:
    if one.status != FOUND or one.path is None:
        return MediaReport(one.status, one.reason)
    file = below / one.path
    try:
        inside = file.resolve().is_relative_to(below.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a loop of links
        return MediaReport(REFUSED, "not a path that a file can have")
    return inspections.report(file) if inside else MediaReport(REFUSED, "path leaves the raw folder")


def _rows(one: Placed, report: MediaReport) -> Iterator[dict[str, Any]]:
    about = {name: getattr(one.listed, name) for name in ("item_id", "media_id", "source", "url")}
    about |= {name: getattr(report, name) for name in ("sha256", "seconds", "bytes", "status")}
    about |= {"path": one.path, "fetched_at": one.at, "reason": report.reason or None}
    for kind in [kind for kind in KINDS if getattr(report, kind)] or [None]:
        yield about | {"kind": kind}


def coverage(table: pd.DataFrame, items: int) -> dict[str, Any]:
    """Facts for metadata: how many items have sound and video, hours of play, how many rows have each status."""
    found = table[table.status == FOUND]
    of_kind = {f"items_with_{kind}": int(found[found.kind == kind].item_id.nunique()) for kind in KINDS}
    hours = float(found.drop_duplicates("sha256").seconds.sum()) / 3600
    return of_kind | {"items": items, "hours": hours, "status": table.status.value_counts().to_dict()}
