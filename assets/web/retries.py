"""When a request is worth another try, and how long to wait before it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that pass by themselves."""


class PermanentFailure(Exception):
    """A failure that another try would not change; str(error) is one readable clause."""


class TemporaryFailure(Exception):
    """A failure that may pass; str(error) is one readable clause. after: seconds that the server asked to wait."""

    def __init__(self, what: str, after: float = 0.0) -> None:
        super().__init__(what)
        self.after = after


@dataclass(frozen=True)
class Patience:
    """How long to wait between tries, in seconds."""

    first: float = 1.0
    """After the first failure; it doubles with each further one, less up to a half at random."""
    longest: float = 60.0
    """What the doubling ends at."""
    longest_asked: float = 600.0
    """The longest Retry-After that is waited for."""

    def seconds(self, failures: int, asked: float = 0.0) -> float:
        """The wait after so many failures in a row (at least 1), never less than the server asked for."""
        backoff = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return max(asked, backoff * random.uniform(0.5, 1.0))


def retry_after(headers: httpx.Headers) -> float:
    """Seconds that a response asks to wait: Retry-After as a number or an HTTP date (RFC 9110, 10.2.3); else 0."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:12])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
