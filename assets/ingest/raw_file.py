"""What a raw file is, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEYS = {
    **{"people": "user_id", "products": "item_id", "ratings": "review_id"},
    "pictures": "concat_ws(' ', item_id, image_id)",
    **{"texts": "concat_ws(' ', item_id, attributes, text)", "checkins": "item_id"},
    **{"genome_scores": "concat_ws(' ', item_id, tag_id)", "genome_tags": "tag_id"},
    "official_tests": "concat_ws(' ', user_id, item_id)",
}
"""Staging table -> what no two of a file's rows have in common."""
PAIR = "concat_ws(' ', user_id, item_id)"


@dataclass(frozen=True)
class Reference:
    """Columns that must occur together in another staging table; `missing` begins the reason where they do not."""

    columns: tuple[str, ...]
    table: str
    missing: str


@dataclass(frozen=True)
class RawFile:
    """One raw file and how it is read.

    path: below the raw root. parse: the query `sql/staging/<parse>.sql` over `lines(line, raw)`, giving line, raw, the
    staging table's columns by name, and `reason` (why the record is rejected, or NULL). reader: lines of text, objects
    of JSON, or records of CSV. key: an expression over the columns, KEYS where it is ''; equal keys are duplicates,
    NULL never is. variables: what the query reads with getvariable().
    """

    path: Path
    table: str
    parse: str
    reader: str = "lines"
    encoding: str = "utf-8"
    skip: int = 0
    variables: tuple[tuple[str, Any], ...] = ()
    references: tuple[Reference, ...] = ()
    key: str = ""


def either(root: Path, names: Sequence[Path]) -> Path | None:
    """The first of the files that is there below `root`, plain or gzipped."""
    candidates = (path for name in names for path in (name, name.with_name(name.name + ".gz")))
    return next((path for path in candidates if (root / path).exists()), None)
