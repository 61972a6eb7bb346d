"""What each host is asked to bear: so many requests at once, so many per second, none while it wants a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from assets.posters.settings import CrawlSettings


class HostLeft(Exception):
    """A host that is not asked again in this run; str(error) says why."""


class Host:
    """One host's budget and health. Every request takes a `turn`, then tells `answered` or `failed`."""

    def __init__(self, name: str, settings: CrawlSettings) -> None:
        limit = settings.limit_of(name)
        self.name, self.interval, self.left = name, 1 / limit.rate, ""
        self._slots = asyncio.Semaphore(limit.concurrency)
        self._settings, self._failures = settings, 0
        self._next = self._pause_ends = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a free slot, the end of a pause and the next moment that the rate allows; hold the slot.

        Raises HostLeft.
        """
        async with self._slots:
            while (wait := max(self._next, self._pause_ends) - time.monotonic()) > 0 and not self.left:
                await asyncio.sleep(wait)
            if self.left:
                raise HostLeft(f"{self.name} is left for the next run: {self.left}")
            self._next = time.monotonic() + self.interval
            yield

    def pause(self, seconds: float) -> None:
        """Obey a Retry-After: nobody asks this host for so long. Longer than the settings allow: leave it."""
        if seconds > self._settings.longest_pause_seconds:
            self.leave(f"it asks for a pause of {seconds:.0f} s")
        else:
            self._pause_ends = max(self._pause_ends, time.monotonic() + seconds)

    def pausing(self) -> float:
        """Seconds until the pause ends, 0 if there is none."""
        return max(0.0, self._pause_ends - time.monotonic())

    def slow_down(self, interval: float) -> None:
        """Obey a crawl delay, in seconds between requests, up to the longest pause."""
        self.interval = max(self.interval, min(interval, self._settings.longest_pause_seconds))

    def answered(self) -> None:
        """It is alive."""
        self._failures = 0

    def failed(self, why: str) -> None:
        """It could not be reached or is broken; too often in a row, and it is left for the next run."""
        self._failures += 1
        if self._failures >= self._settings.failures_in_a_row:
            self.leave(f"{self._failures} failures in a row, last: {why}")

    def leave(self, why: str) -> None:
        """Ask it no more in this run."""
        self.left = self.left or why


class Hosts:
    """The hosts of one run, by host and port."""

    def __init__(self, settings: CrawlSettings) -> None:
        self._settings = settings
        self._hosts: dict[str, Host] = {}

    def of(self, url: str) -> Host:
        """The host of a checked URL."""
        name = httpx.URL(url).netloc.decode("ascii")
        if name not in self._hosts:
            self._hosts[name] = Host(name, self._settings)
        return self._hosts[name]

    def pausing(self) -> dict[str, float]:
        """Hosts that pause now, with the seconds that remain."""
        return {host.name: host.pausing() for host in self._hosts.values() if host.pausing() > 0}

    def left(self) -> dict[str, str]:
        """Hosts left for the next run, with the reason."""
        return {host.name: host.left for host in self._hosts.values() if host.left}
