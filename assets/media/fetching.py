"""Media files from the web: through the guarded download, with a bound on their size, each address asked once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.files import digest
from assets.ingest.download import DownloadError, download
from assets.steps import Say
from assets.web.expected import TooLarge
from assets.web.retries import PermanentFailure
from assets.web.rules import RefusedAddress, check_url

FOLDER = "media"
"""Below the landing folder: every fetched media file of every dataset, by its address."""
NOT_REACHED = "not reached"
"""Begins the reason of what is asked for again by the next run."""


@dataclass(frozen=True)
class Fetched:
    """What became of an address. path: below the landing folder, None where nothing came. at: UTC."""

    path: str | None
    status: str = "found"
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Fetching:
    """How addresses are asked. most: bytes of a file at most; allowed: private hosts that may be asked."""

    landing: Path
    allowed: frozenset[str]
    most: int
    tries: int = 3

    def get(self, url: str, say: Say) -> Fetched:
        """Fetch a file, or see that the copy that is there is still right. Never raises for what the web does."""
        path = place_of(url)
        target = self.landing / path
        try:
            check_url(url)
            download(url, target, most=self.most, allow_hosts=self.allowed, tries=self.tries, say=say)
        except (RefusedAddress, DownloadError) as error:
            cause = error if isinstance(error, RefusedAddress) else error.__cause__
            if isinstance(cause, RefusedAddress | PermanentFailure) or not target.exists():
                return _without(cause)  # else the copy of an earlier run stands for what cannot be reached now
        return Fetched(path, at=datetime.fromtimestamp(target.stat().st_mtime, UTC).replace(tzinfo=None))


def place_of(url: str) -> str:
    """Where the copy of an address lies, below the landing folder: named by the address, with a plain ending."""
    name, ending = digest(url)[:32], re.search(r"[^/]([.][A-Za-z0-9]{1,5})(?:[?#]|$)", url)
    return f"{FOLDER}/{name[:2]}/{name}{ending[1].lower() if ending else ''}"


def _without(cause: BaseException | None) -> Fetched:
    reason = " ".join(str(cause).split())
    if isinstance(cause, RefusedAddress):
        return Fetched(None, "refused", reason)
    if isinstance(cause, TooLarge):
        return Fetched(None, "too large", reason)
    if isinstance(cause, PermanentFailure):
        return Fetched(None, "missing", reason)
    return Fetched(None, "missing", f"{NOT_REACHED}: {reason}")
