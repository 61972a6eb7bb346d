"""Lines of progress for something that arrives byte by byte."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """Tells, at most every few seconds, how much of a file is there, how fast it comes and how long it will take."""

    def __init__(self, name: str, done: int, total: int | None, say: Callable[[str], None]) -> None:
        """done, total: bytes; total is None where nobody knows."""
        self.name, self.done, self.total, self.say = name, done, total, say
        self.started = self.told = time.monotonic()
        self.before = done

    def add(self, count: int) -> None:
        """So many bytes have come."""
        self.done += count
        if time.monotonic() - self.told >= EVERY:
            self.told = time.monotonic()
            self.say(self.line())

    def line(self) -> str:
        """E.g. "ml-32m.zip: 42% of 238.9 MB, 3.1 MB/s, 0:44 left"."""
        rate = (self.done - self.before) / max(time.monotonic() - self.started, 1e-9)
        speed = f"{rate / 1e6:.1f} MB/s"
        if not self.total:
            return f"{self.name}: {self.done / 1e6:.1f} MB, {speed}"
        left = f", {duration((self.total - self.done) / rate)} left" if rate else ""
        return f"{self.name}: {100 * self.done // self.total}% of {self.total / 1e6:.1f} MB, {speed}{left}"


def duration(seconds: float) -> str:
    """Seconds as 0:07 or 1:02:03."""
    minutes, second = divmod(round(max(seconds, 0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
