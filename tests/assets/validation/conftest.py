"""Small samples with all their checks green, and ways to spoil copies of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from assets import catalog, lake, splits
from assets.data_docs import data_docs
from assets.datasets import dataset
from assets.home import Home
from assets.ingest import assets as ingest
from assets.manifests import Manifest, Manifests
from assets.media import assets as media
from assets.posters import assets as posters
from assets.samples import generate
from assets.validation import CHECKS
from assets.validation.checks import CHECKED, outcomes
from assets.validation.tables import files_of
from assets.warehouse import export
from assets.web.resource import Web

ASSETS = [*dg.load_assets_from_modules([ingest, posters, catalog, media, splits]), data_docs]
DATA = dg.AssetSelection.groups("staging", "pictures", "catalog", "splits")


def _run(home: Home, selection: dg.AssetSelection = DATA, name: str = "sample-shop") -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*ASSETS, *CHECKS],
        partition_key=name,
        selection=selection,
        resources={"home": home, "web": Web()},
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


@pytest.fixture(scope="session")
def run() -> Callable[..., dg.ExecuteInProcessResult]:
    """Materializes in this process, checks included: run(home, selection, dataset)."""
    return _run


@pytest.fixture(scope="session")
def good(tmp_path_factory) -> Callable[[str], Home]:
    """A home with a small sample, up to the folds, and the verdicts on it."""

    @cache
    def made(name: str) -> Home:
        home = Home(root=str(tmp_path_factory.mktemp(name)))
        generate(name, home.raw_root(dataset(name)), scale=0.1)
        # The asset raw_files would generate the sample at full size.
        Manifests(home.path).save(Manifest("raw_files", name, "run", "1", "fingerprint", "small", {}))
        result = _run(home, name=name)
        evaluations = result.get_asset_check_evaluations()
        assert result.success
        assert not [e.check_name for e in evaluations if not e.passed]
        assert len(evaluations) == sum(len(list(definition.check_specs)) for definition in CHECKS)
        assert {e.partition for e in evaluations} == {name}
        assert not _red(home, name)
        return home

    return made


@pytest.fixture
def copy(good, tmp_path) -> Callable[[str], Home]:
    """A copy of a good sample, to spoil. Nothing is remembered of versions before, so that drift says nothing."""

    def copied(name: str) -> Home:
        shutil.copytree(good(name).path, tmp_path / name, ignore=shutil.ignore_patterns("*.jpg", "*.png"))
        shutil.rmtree(tmp_path / name / "lake" / name / "profiles")
        return Home(root=str(tmp_path / name))

    return copied


@pytest.fixture
def home(copy) -> Home:
    """A copy of the sample shop, to spoil."""
    return copy("sample-shop")


@pytest.fixture
def spoil(monkeypatch) -> Callable[..., None]:
    """Replaces a table by a query over it, `t`, whose rows have the number `n`.

    A table that is a view over staged files is replaced wherever it is attached, the others in their own Parquet.
    """
    spoilt: dict[tuple[str, str], dict[str, Path]] = {}
    attach, files = lake.attach, lake.files

    def attached(connection, home, name) -> None:
        attach(connection, home, name)
        for table, path in spoilt.get((home.root, name), {}).items():
            view = table if table == "reviews" else f"staging.{table}"
            connection.execute(f"CREATE OR REPLACE VIEW {view} AS FROM read_parquet('{path}')")

    def files_with_spoilt(home, name, table) -> list[Path]:
        replaced = spoilt.get((home.root, name), {}).get(table)
        return [replaced] if replaced else files(home, name, table)

    monkeypatch.setattr(lake, "attach", attached)
    monkeypatch.setattr(lake, "files", files_with_spoilt)

    def spoiled(home: Home, table: str, query: str, name: str = "sample-shop") -> None:
        path = files_of(home, name, table)[0]
        staged = table in lake.STAGED or table == "reviews"
        with lake.attached(home, name) as connection:
            source = f"read_parquet('{path}')" if not staged else table if table == "reviews" else f"staging.{table}"
            connection.execute(f"CREATE TABLE t AS SELECT row_number() OVER () AS n, * FROM {source}")
            connection.execute(f"CREATE TABLE spoilt AS SELECT * EXCLUDE n FROM ({query})")
            target = home.path / f"spoilt-{table}.parquet" if staged else path
            export(connection, "FROM spoilt", target)
        if staged:
            spoilt.setdefault((home.root, name), {})[table] = target

    return spoiled


def _red(home: Home, name: str = "sample-shop") -> set[str]:
    return {f"{asset}.{o.check}" for asset in CHECKED for o in outcomes(home, asset, name)[0] if not o.passed}


@pytest.fixture(scope="session")
def red() -> Callable[..., set[str]]:
    """The checks that do not pass, of all assets: red(home, dataset)."""
    return _red


@pytest.fixture(scope="session")
def assets() -> list:
    """The assets up to the folds, and the Data Docs."""
    return ASSETS
