"""How far a crawl is: counted as it goes, told every few seconds, summed up at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from assets.web.progress import duration

Say = Callable[[str], None]
"""Takes one readable line of progress."""


@dataclass
class Summary:
    """What one run did. Items: wanted = done, once it ends without a limit; asked: those that needed a question.

    found: items that have a picture, from this run or before; outcomes: questions answered in this run, by status;
    unreached: those of them to ask again; requests: sent in all, robots.txt and retries included.
    """

    wanted: int
    done: int = 0
    asked: int = 0
    found: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    unreached: int = 0
    not_modified: int = 0
    requests: int = 0
    seconds: float = 0.0
    hosts_left: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {status}" for status, count in sorted(self.outcomes.items())) or "nothing to ask"
        left = "".join(f"; {host} was left: {why}" for host, why in self.hosts_left.items())
        return (
            f"{self.found:,} of {self.wanted:,} items have a picture; this run: {counts}, "
            f"{self.unreached:,} not reached, {self.requests:,} requests, {self.seconds:.0f} s{left}"
        )


def line(summary: Summary, started: float, pausing: dict[str, float]) -> str:
    """One line of progress. started: as time.monotonic() had it; pausing: hosts and seconds."""
    seconds = max(time.monotonic() - started, 0.001)
    remaining = (summary.wanted - summary.done) * seconds / max(summary.asked, 1)
    pauses = "".join(f"; {host} pauses {wait:.0f} s" for host, wait in pausing.items())
    return (
        f"posters: {summary.done:,} of {summary.wanted:,} items, {summary.found:,} with a picture, "
        f"{summary.outcomes['found'] / seconds:.1f} pictures/s, about {duration(remaining)} left{pauses}"
    )
