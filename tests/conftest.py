"""Fixtures that every test may ask for. Tests that need real data or weights skip where those are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The tests' matrices are tiny: a second thread waits more than it works. Read by numpy and torch when they load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent.parent


def _folder(variable: str, beside: str) -> Path:
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / beside)
    if not folder.is_dir():
        pytest.skip(f"{variable} is not set, and ../shared/{beside} is not there: this test needs real files")
    return folder.resolve()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)


@pytest.fixture
def raw_data() -> Path:
    """Real raw files, laid out as TRIFUSE_RAW asks."""
    return _folder("TRIFUSE_RAW", "data")


@pytest.fixture
def weights() -> Path:
    """Real encoder weights, as TRIFUSE_WEIGHTS."""
    return _folder("TRIFUSE_WEIGHTS", "weights")
