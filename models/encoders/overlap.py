"""Preparing the next shard in a thread while this one is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Raw, Ready = TypeVar("Raw"), TypeVar("Ready")


def ahead(shards: Iterable[Raw], prepare: Callable[[Raw], Ready]) -> Iterator[Ready]:
    """prepare(shard) for one shard after the other; while the caller uses one, a thread prepares the next, no more.

    The shards themselves are pulled in the caller's own thread: a database cursor may stand behind them. Whether the
    caller ends, fails or goes away, the thread ends with the shard in its hands. An error in `prepare` is raised here.
    """
    coming: Future[Ready] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        for shard in shards:
            following = thread.submit(prepare, shard)
            if coming:
                yield coming.result()
            coming = following
        if coming:
            yield coming.result()
