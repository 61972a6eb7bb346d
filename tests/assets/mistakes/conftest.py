"""A small shop with folds of several protocols; tests spoil copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets import splits
from assets.cells import Cell
from assets.datasets import dataset
from assets.evaluation import current_cells
from assets.files import digest
from assets.home import Home
from assets.judging import Judge
from assets.manifests import Manifest, Manifests
from assets.matrices import load_catalog
from assets.recommenders import Workshop
from models.registry import recommender
from tests.assets.finished_shop import NAME, Shop

PROTOCOLS = ("xia2024", "global-time", "cold-item")


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Home:
    """Users, items, ratings of two tastes, and what the real split makes of them under three protocols."""
    home = Shop(tmp_path_factory.mktemp("shop"), items=30, categories=[[f"g{i % 3}"] for i in range(30)]).home
    rows = pd.read_parquet(home.table(NAME, "interactions"))
    rows["ts"] = np.random.default_rng(0).permutation(rows.ts)  # everybody rates all the time
    rows.to_parquet(home.table(NAME, "interactions"))
    items = pd.read_parquet(home.table(NAME, "items")).assign(price=np.nan, year=pd.array([None] * 30, "Int32"))
    items.to_parquet(home.table(NAME, "items"))
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


MODELS = ("global-mean", "popularity", "bias")


def measured(home: Home) -> None:
    """Judge all that was trained, and write the tables as the asset `metrics` does."""
    judge = Judge(home, NAME)
    for table, rows in judge.tables(current_cells(home, NAME), "run", lambda line: None).items():
        rows.to_parquet(home.lake / NAME / f"{table}.parquet", index=False)


def trained(home: Home, name: str, protocol: str, workshop: type[Workshop] = Workshop) -> None:
    """Train a model as the asset `recommender` does."""
    model = recommender(name)
    cell = Cell(NAME, name, protocol, 0, model.variants[0])
    workshop(home, dataset(NAME), model, model.Config()).train(cell, "run", lambda line: None)


@pytest.fixture(scope="session")
def finished(shop, tmp_path_factory) -> Home:
    """The shop with three models, trained and measured under every protocol."""
    root = tmp_path_factory.mktemp("finished") / "home"
    shutil.copytree(shop.path, root)
    home = Home(root=str(root), threads=1)
    for protocol in PROTOCOLS:
        for name in MODELS:
            trained(home, name, protocol)
    measured(home)
    return home


@pytest.fixture
def honest(finished, tmp_path) -> Home:
    """A copy of the finished shop."""
    shutil.copytree(finished.path, tmp_path / "honest")
    return Home(root=str(tmp_path / "honest"), threads=1)
