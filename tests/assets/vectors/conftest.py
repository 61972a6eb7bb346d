from __future__ import annotations

import pytest

from tests.assets.vectors.imitation import Library


@pytest.fixture
def library(tmp_path) -> Library:
    """An empty library."""
    return Library(tmp_path / "home")
