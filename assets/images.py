"""Finds the pictures of a dataset and inspects every one before anything trusts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from assets.datasets import Dataset
from assets.ingest import amazon
from assets.steps import Say
from assets.warehouse import frame, sql

COLUMNS = {
    "dataset": "string", "item_id": "string", "image_id": "string", "source": "string", "url": "string",
    "path": "string", "sha256": "string", "width": "Int32", "height": "Int32", "bytes": "Int64", "status": "string",
    "reason": "string", "fetched_at": "datetime64[us]",
}  # fmt: skip
TELL_EVERY = 1000


def inspected(connection: duckdb.DuckDBPyConnection, about: Dataset, root: Path, say: Say) -> pd.DataFrame:
    """One row per listed picture with what became of it; columns as in the `images` table, `path` below `root`."""
    listed = list(_listed(connection, about, root))
    rows = []
    for done, picture in enumerate(listed, 1):
        rows.append({"dataset": about.name, **picture, **_inspect(root, picture["path"])})
        if done % TELL_EVERY == 0 or done == len(listed):
            say(f"inspected {done:,} of {len(listed):,} pictures")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _listed(connection: duckdb.DuckDBPyConnection, about: Dataset, root: Path) -> Iterator[dict[str, Any]]:
    for row in frame(connection, sql("catalog/pictures"), {"dataset": about.name}).itertuples():
        yield {"item_id": row.item_id, "image_id": row.image_id, "source": row.source, "url": None, "path": row.file}
    folder = amazon.picture_folder(about)
    if about.source == "amazon" and (root / folder).is_dir():
        for file in sorted((root / folder).iterdir()):
            path = (folder / file.name).as_posix()
            yield {"item_id": file.stem, "image_id": file.stem, "source": "disk", "url": None, "path": path}


def _inspect(root: Path, name: str) -> dict[str, Any]:
    from models.encoders.pictures import inspect

    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        return {"status": "refused", "reason": "path leaves the raw folder"}
    report = inspect(path)
    facts = {key: getattr(report, key) for key in ("sha256", "width", "height", "bytes", "status")}
    # Nothing was fetched: a picture on disk has no time of its own that would be the same on another machine.
    return facts | {"reason": report.reason or None, "fetched_at": None}
