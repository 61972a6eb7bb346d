"""Which texts go through the model together: batches of like length, within a budget of tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

SAMPLES = 3
"""Batches timed at every size; the fastest counts, since the first at a size also pays for memory and kernels."""
GAIN = 1.05
"""A doubled budget stays where it is at least this many times as fast."""
MEMORY_SHARE = 0.8
"""Of the free memory, at most this much is planned for: the cost of a token is an estimate."""


def bucket(length: int) -> int:
    """Tokens to which a text is padded on a GPU: multiples of 16 to 128, of 64 beyond, so that shapes repeat."""
    step = 16 if length <= 128 else 64
    return -(-length // step) * step


def batches(widths: Sequence[int], budget: Callable[[], int]) -> Iterator[list[int]]:
    """Row numbers, widest first (memory runs out at once or never), each batch within the budget when padded.

    widths: padded tokens of every row. budget: asked anew before every batch, since it may change on the way.
    """
    rows = sorted(range(len(widths)), key=lambda row: (-widths[row], row))
    start = 0
    while start < len(rows):
        count = max(1, budget() // widths[rows[start]])
        yield rows[start : start + count]
        start += count


class Budget:
    """How many padded tokens go through the model at once.

    With `most` it grows: it doubles as long as tokens a second still improve, then stays. Without, it stays as it is.
    Either way it is halved for good when memory runs out.
    """

    def __init__(
        self,
        tokens: int,
        most: int | None = None,
        wait: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """wait: returns when the device has done all it was given, without which a GPU's times mean nothing."""
        self.tokens, self.halvings, self.settled = tokens, 0, most is None
        self._most, self._wait, self._clock = most or tokens, wait, clock
        self._fastest, self._speeds = 0.0, []

    @contextmanager
    def measured(self, tokens: int) -> Iterator[None]:
        """Around a batch of so many padded tokens: times it while the budget still grows, else does nothing."""
        if self.settled or tokens < self.tokens // 2:  # a batch that is not full says nothing about the budget
            yield
            return
        self._wait()
        start = self._clock()
        yield
        self._wait()
        self._record(tokens / max(self._clock() - start, 1e-9))

    def _record(self, speed: float) -> None:
        self._speeds.append(speed)
        if len(self._speeds) < SAMPLES:
            return
        speed, self._speeds = max(self._speeds), []
        if speed < self._fastest * GAIN:
            self.tokens, self.settled = self.tokens // 2, True
        elif 2 * self.tokens > self._most:
            self.settled = True
        else:
            self.tokens, self._fastest = 2 * self.tokens, speed

    def fit(self, bytes_per_token: float, free_bytes: int) -> None:
        """Never grow past what the free memory holds, at the measured cost of a token."""
        self._most = min(self._most, int(MEMORY_SHARE * free_bytes / max(bytes_per_token, 1e-9)))

    def halve(self) -> None:
        """Memory ran out: half of it from now on, and no more growing."""
        self.tokens, self.settled, self.halvings = max(1, self.tokens // 2), True, self.halvings + 1
