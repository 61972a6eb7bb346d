"""What is asked of the providers, and what became of each question."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """An item that needs a picture, with all that a provider may know it by. Everything but the id is optional.

    title: as the data set writes it; imdb_id: "tt0114709" or its digits; urls: pictures to try in order;
    page: a web page about the item.
    """

    item_id: str
    title: str | None = None
    year: int | None = None
    imdb_id: str | None = None
    tmdb_id: int | str | None = None
    urls: tuple[str, ...] = ()
    page: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one question about one item; a row of the state.

    url: what was asked, free of secrets; image_url: where the picture is, if that became known.
    status: found, missing, refused, corrupt, too large or blocked. reason: one readable clause, "" if found.
    settled: whether it is never asked again; a `missing` that is not settled was "not reached: ...".
    path: the file below the picture store. fetched_at: UTC, ISO 8601. attempts: in how many runs it was asked.
    text: plot, overview or description that came along; match_score: 0 to 1, of a search by title.
    """

    item_id: str
    provider: str
    url: str
    image_url: str | None = None
    status: str = "found"
    reason: str = ""
    settled: bool = True
    sha256: str | None = None
    path: str | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: str = ""
    attempts: int = 0
    text: str | None = None
    text_kind: str | None = None
    match_score: float | None = None


def imdb_name(imdb_id: str | int | None) -> str | None:
    """An IMDb id as IMDb writes it, "tt0114709", from that or its digits; None for anything else."""
    found = re.fullmatch(r"(?:tt)?(\d{1,10})", str(imdb_id).strip()) if imdb_id is not None else None
    return f"tt{int(found[1]):07d}" if found else None
