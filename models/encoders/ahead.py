"""Working ahead: threads prepare what is asked for next, in order, and never more than a few pieces early."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def ahead(
    pool: Executor, work: Callable[[Job], Result], jobs: Iterable[Job], limit: int
) -> Iterator[tuple[Job, Result]]:
    """(job, work(job)) in the order of `jobs`, of which at most `limit` are begun or done before they are taken.

    `jobs` is read by the caller's thread, only as far as needed. What `work` raises is raised where its result would
    have stood; then, and when the caller stops early, jobs not yet begun are cancelled.
    """
    waiting: deque[tuple[Job, Future[Result]]] = deque()
    try:
        for job in jobs:
            waiting.append((job, pool.submit(work, job)))
            if len(waiting) >= limit:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    finally:
        for _, future in waiting:
            future.cancel()


def _first(waiting: deque[tuple[Job, Future[Result]]]) -> tuple[Job, Result]:
    job, future = waiting.popleft()
    return job, future.result()
