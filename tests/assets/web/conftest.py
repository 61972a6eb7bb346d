"""A server on this machine, and downloads from it that lose no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assets.ingest.download import Fetched, download
from assets.web.retries import Patience
from tests.faulty_server import FaultyServer, faulty_server


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A fresh server."""
    with faulty_server() as running:
        yield running


@pytest.fixture
def target(tmp_path) -> Path:
    """Where a download goes; its folder is not there yet."""
    return tmp_path / "landing" / "data.bin"


@pytest.fixture
def get(server, target) -> Callable[..., Fetched]:
    """get(url, **options): download to `target` without patience; the lines that were said are in get.lines."""

    def once(url: str, **options) -> Fetched:
        defaults = {"allow_hosts": frozenset({server.netloc}), "patience": Patience(first=0.001, longest=0.01)}
        return download(url, target, **(defaults | {"say": once.lines.append} | options))

    once.lines = []
    return once
