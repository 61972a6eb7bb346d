"""From an address to a file in the store: asked conditionally, inspected, and asked again if it is damaged."""

from __future__ import annotations

import asyncio
from typing import Any

from assets.posters.fetching import Fetched, Fetcher
from assets.posters.store import PictureStore
from assets.posters.unavailable import Unavailable
from assets.posters.wanted import Outcome
from models.encoders.pictures import inspect

NO_PICTURE = dict.fromkeys(("sha256", "path", "width", "height", "bytes", "etag", "last_modified"))
"""The fields of an Outcome about the picture itself, where there is none."""
FOUND = {"status": "found", "reason": ""}
_NOT_PICTURES = ("text/", "application/json", "application/xhtml", "application/xml")


async def download(url: str, fetch: Fetcher, store: PictureStore, tries: int, before: Outcome | None) -> dict[str, Any]:
    """The fields of an Outcome that say what became of the picture at `url`, its file being stored already.

    before: what was found there earlier and is still stored; then the request is conditional, and "not modified"
    changes nothing. A damaged picture is asked again; it is settled by the same bytes twice, or after so many tries.
    Raises Unavailable.
    """
    damaged, facts = None, {}
    for _ in range(tries):
        fetched = await fetch.get(url, {"Accept": "image/*"} | _conditions(before))
        if fetched.not_modified:
            if before is None:
                raise Unavailable("corrupt", "HTTP 304 to a request without conditions")
            return FOUND | picture_facts(before)
        facts = await asyncio.to_thread(_keep, fetched, store)
        if facts["status"] != "corrupt" or facts["sha256"] == damaged:
            break
        damaged = facts["sha256"]
    if facts["status"] == "corrupt" and fetched.content_type.startswith(_NOT_PICTURES):
        facts |= {"status": "refused", "reason": f"{fetched.content_type}, {facts['reason']}"}
    return facts


def _conditions(before: Outcome | None) -> dict[str, str]:
    if before is None:
        return {}
    conditions = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
    return {name: value for name, value in conditions.items() if value and value.isascii()}


def picture_facts(outcome: Outcome) -> dict[str, Any]:
    """The fields of an outcome that are about the picture itself."""
    return {name: getattr(outcome, name) for name in NO_PICTURE}


def _keep(fetched: Fetched, store: PictureStore) -> dict[str, Any]:
    """Inspect an answer, and store it if it is a picture."""
    report = inspect(fetched.body)
    facts = NO_PICTURE | {
        name: getattr(report, name) for name in ("status", "reason", "sha256", "width", "height", "bytes")
    }
    if report.status == "found":
        _, path = store.put(fetched.body, report.format)
        facts |= {"path": path.relative_to(store.folder).as_posix(), "etag": fetched.headers.get("etag")}
        facts |= {"last_modified": fetched.headers.get("last-modified")}
    return facts
