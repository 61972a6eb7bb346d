"""One small shop for all tests that change a copy of it."""

from __future__ import annotations

import os
import shutil

import pytest

from orchestration import plan
from tests.orchestration import small_shop


@pytest.fixture(scope="session")
def _shop(tmp_path_factory) -> small_shop.Place:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
        return small_shop.trained(tmp_path_factory.mktemp("trained") / "home")


@pytest.fixture
def place(_shop, tmp_path, monkeypatch) -> small_shop.Place:
    """A copy of the trained shop, watched."""
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    monkeypatch.setattr(plan, "_show_checks", lambda *of: None)
    shutil.copytree(_shop.home.path, tmp_path / "home")
    copied = small_shop.Place(tmp_path / "home")
    copied.watch()
    return copied
