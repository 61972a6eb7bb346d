"""A small shop with folds of several protocols; tests spoil copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets import splits
from assets.files import digest
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.matrices import load_catalog
from tests.assets.finished_shop import NAME, Shop

PROTOCOLS = ("xia2024", "global-time", "cold-item")


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Home:
    """Users, items, ratings of two tastes, and what the real split makes of them under three protocols."""
    home = Shop(tmp_path_factory.mktemp("shop"), items=30, categories=[[f"g{i % 3}"] for i in range(30)]).home
    rows = pd.read_parquet(home.table(NAME, "interactions"))
    rows["ts"] = np.random.default_rng(0).permutation(rows.ts)  # everybody rates all the time
    rows.to_parquet(home.table(NAME, "interactions"))
    Manifests(home.path).save(Manifest("users", NAME, "run", "1", "f", "v1", {}))
    Manifests(home.path).save(Manifest("items", NAME, "run", "1", "f", "v1", {}))
    catalog = load_catalog(home, NAME)
    for protocol in PROTOCOLS:
        splits._write(home, NAME, catalog, protocol, 0, lambda line: None)
    files = {str(home.fold(NAME, protocol, 0).relative_to(home.path)): 1 for protocol in PROTOCOLS}
    Manifests(home.path).save(Manifest("folds", NAME, "run", "1", "f", digest("folds"), {}, files))
    return home


@pytest.fixture
def home(shop, tmp_path) -> Home:
    """A copy of the shop."""
    shutil.copytree(shop.path, tmp_path / "home")
    return Home(root=str(Path(tmp_path) / "home"), threads=1)
