"""A server that does as it is told, and settings under which a test may ask it quickly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assets.posters.settings import CrawlSettings, HostLimit
from tests.faulty_server import FaultyServer, faulty_server


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A fresh server."""
    with faulty_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[FaultyServer]:
    """Another host."""
    with faulty_server() as running:
        yield running


@pytest.fixture
def quick(server, other) -> CrawlSettings:
    """Settings that allow both servers and wait for next to nothing."""
    return CrawlSettings(
        limit_per_host=HostLimit(concurrency=4, rate=1000),
        tries=3,
        backoff_seconds=0.01,
        connect_seconds=2,
        read_seconds=1,
        max_bytes=100_000,
        allow_hosts={server.netloc, other.netloc},
    )
