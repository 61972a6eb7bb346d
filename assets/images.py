"""Finds the pictures of a dataset, listed or fetched, and inspects every one before anything trusts it."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.datasets import Dataset
from assets.home import Home
from assets.ingest import amazon
from assets.inspections import Inspections
from assets.steps import Say
from assets.warehouse import frame, sql
from models.encoders import pictures as picture_files
from models.encoders.pictures import MAX_BYTES, PictureReport

COLUMNS = {
    "dataset": "string", "item_id": "string", "image_id": "string", "source": "string", "url": "string",
    "path": "string", "sha256": "string", "width": "Int32", "height": "Int32", "bytes": "Int64", "status": "string",
    "reason": "string", "fetched_at": "datetime64[us]",
}  # fmt: skip
INSPECTED = ["sha256", "width", "height", "bytes", "status", "reason", "pixels"]
"""Columns that an inspection fills; `pixels`, by which equal pictures are known, is left out of the table."""
AT_ONCE = 1000
"""Pictures between two lines of progress."""
MOST_ITEMS = 20
"""Items that may share one picture; one that stands for more is a placeholder.

Sizes and editions of a product share theirs: of 16,042 real garments at most 11 do, the next most 7.
"""


def inspected_pictures(
    connection: duckdb.DuckDBPyConnection, home: Home, about: Dataset, say: Say, fetched: Path | None = None
) -> pd.DataFrame:
    """One row per picture with what became of it; columns as in the `images` table. See `files_of` for `path`.

    fetched: a Parquet file of the crawler's outcomes, in these columns but `dataset`; what it found is inspected too.
    Raises ValueError where `fetched` lacks a column.
    """
    tables = [_listed(connection, home, about), *([_fetched(fetched)] if fetched else [])]
    pictures = pd.concat([table.assign(dataset=about.name)[list(COLUMNS)].astype(COLUMNS) for table in tables])
    pictures = pictures.sort_values(["item_id", "image_id", "source"], kind="stable", ignore_index=True)
    claimed = pictures.status == "found"
    facts = _inspect(pictures[claimed], home, about, say)
    pictures = pd.concat([pictures[~claimed], pictures[claimed].drop(columns=INSPECTED, errors="ignore").join(facts)])
    return _without_repeated(pictures.sort_index())[list(COLUMNS)].astype(COLUMNS)


def files_of(home: Home, about: Dataset, images: pd.DataFrame) -> list[Path]:
    """The files of rows of `images`: what was fetched lies below home.landing, the rest below the raw root."""
    root = home.raw_root(about)  # which looks for files, so once
    fetched = images.fetched_at.notna()
    return [(home.landing if far else root) / path for path, far in zip(images.path, fetched, strict=True)]


def coverage(pictures: pd.DataFrame, items: int) -> dict[str, Any]:
    """Facts for metadata. items: how many the dataset has. share: of the items, None where there are none.

    reasons: how many rows have each kind of reason. picture_bytes: of the distinct pictures that are usable.
    """
    found = pictures[pictures.status == "found"]
    distinct, covered = found.drop_duplicates("sha256"), int(found.item_id.nunique())
    return {
        "items_with_picture": covered,
        "share_with_picture": covered / items if items else None,
        "distinct_pictures": len(distinct),
        "picture_bytes": int(distinct.bytes.sum()),
        "status": pictures.status.value_counts().to_dict(),
        "reasons": pictures.reason.dropna().map(_kind).value_counts().to_dict(),
    }


def _kind(reason: str) -> str:
    """A reason without its particulars: numbers, and for all but placeholders what follows the colon."""
    reason = reason if reason.startswith("placeholder") else reason.partition(":")[0]
    return re.sub(r"\d[\d,.]*", "N", reason)


def _listed(connection: duckdb.DuckDBPyConnection, home: Home, about: Dataset) -> pd.DataFrame:
    """What the source lists, or has in its folder: claimed to be found, with nothing known of it yet."""
    listed = frame(connection, sql("catalog/pictures"))
    folder = amazon.picture_folder(about)
    if about.source == "amazon" and (home.raw_root(about) / folder).is_dir():
        files = [Path(file.name) for file in os.scandir(home.raw_root(about) / folder) if file.is_file()]
        rows = [
            {"item_id": file.stem, "image_id": file.stem, "source": "disk", "path": (folder / file).as_posix()}
            for file in files
            if not file.name.startswith(".")  # what a killed writer left
        ]
        listed = pd.concat([listed, pd.DataFrame(rows, columns=list(listed))])
    # Nothing was fetched: a picture on disk has no time of its own that would be the same on another machine.
    return listed.reindex(columns=list(COLUMNS)).assign(status="found")


def _fetched(path: Path) -> pd.DataFrame:
    """The crawler's outcomes; times become UTC without a zone, as everywhere in the catalog."""
    fetched = pd.read_parquet(path)
    missing = [column for column in COLUMNS if column not in fetched and column != "dataset"]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}. Delete it and fetch the pictures again.")
    return fetched.assign(fetched_at=pd.to_datetime(fetched.fetched_at, utc=True).dt.tz_localize(None))


def _inspect(pictures: pd.DataFrame, home: Home, about: Dataset, say: Say) -> pd.DataFrame:
    """The columns INSPECTED of every picture. Remembered one by one: a run that is killed goes on where it was."""
    parts, started = [pd.DataFrame(columns=INSPECTED)], time.monotonic()
    with (
        closing(Inspections(home.lake, picture_files, PictureReport, MAX_BYTES)) as inspections,
        ThreadPoolExecutor(home.threads) as pool,
    ):
        root, files = home.raw_root(about), files_of(home, about, pictures)
        inspect = partial(_report, inspections, root, home.landing)
        for start in range(0, len(pictures), AT_ONCE):
            part = pictures[start : start + AT_ONCE]
            reports = list(pool.map(inspect, files[start : start + AT_ONCE], part.fetched_at.notna()))
            rows = [vars(report) | {"reason": report.reason or None} for report in reports]
            parts.append(pd.DataFrame(rows, index=part.index)[INSPECTED])
            say(_progress(start + len(part), len(pictures), time.monotonic() - started))
    return pd.concat(parts)


def _report(inspections: Inspections, root: Path, landing: Path, file: Path, fetched: bool) -> PictureReport:
    if os.path.isfile(file) and not file.resolve().is_relative_to((landing if fetched else root).resolve()):
        return PictureReport("refused", "path leaves the raw folder")
    return inspections.report(file)


def _progress(done: int, total: int, seconds: float) -> str:
    left = seconds / done * (total - done)
    wait = f"{left / 60:.0f} min" if left > 90 else f"{left:.0f} s"
    return f"inspected {done:,} of {total:,} pictures, {done / max(seconds, 1e-3):,.0f} a second, {wait} left"


def _without_repeated(pictures: pd.DataFrame) -> pd.DataFrame:
    """A found picture that stands for more than MOST_ITEMS items is refused."""
    found = pictures[pictures.status == "found"]
    items = found.groupby("pixels").item_id.transform("nunique")
    many = items[items > MOST_ITEMS]
    pictures.loc[many.index, "status"] = "refused"
    pictures.loc[many.index, "reason"] = [f"placeholder: the same picture stands for {n:,} items" for n in many]
    return pictures
