"""How far a long encoding is: how many a second, and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from assets.steps import Say

EVERY_SECONDS = 5.0


class Meter:
    """Counts what is done. Work is weighed by size (characters, bytes), since long contents come first."""

    def __init__(self, shards: list[tuple[int, int]], say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        """shards: (rows, summed size) of each, in the order in which they are done."""
        self._shards, self._say, self._clock = shards, say, clock
        self.total = sum(rows for rows, _ in shards)
        self._work = sum(size for _, size in shards)
        self.done = 0
        self.start()

    def start(self) -> None:
        """Now the work begins: what was before, loading weights for example, does not count."""
        self._started = self._last = self._clock()

    def advance(self, more: int) -> None:
        """So many more are done."""
        self.done += more
        now = self._clock()
        if now - self._last >= EVERY_SECONDS or self.done == self.total:
            self._last = now
            self._say(self.line())

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._started

    @property
    def rate(self) -> float | None:
        """Items a second; None before anything is done."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    def line(self) -> str:
        """For a person."""
        share = self._share()
        left = f", {duration(self.seconds / share * (1 - share))} left" if 0 < share < 1 else ""
        rate = f", {self.rate:,.{0 if self.rate >= 10 else 1}f} a second" if self.rate else ""
        return f"encoded {self.done:,} of {self.total:,}{rate}{left}"

    def _share(self) -> float:
        """Of the work, by size; a shard's own is taken to be even."""
        done, size = self.done, 0.0
        for rows, weight in self._shards:
            size += weight * min(done, rows) / rows
            done -= min(done, rows)
        return size / self._work if self._work else 1.0


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
