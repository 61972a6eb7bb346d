"""Damaged files are found and named, and what they were made of is made anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from assets.damage import damaged, repair
from assets.files import write_json
from assets.home import Home
from assets.manifests import CURRENT, Manifest, Manifests
from assets.warehouse import opens


def spoil(path: Path, at: float) -> None:
    """Another disk's bytes in the middle of a file."""
    content = bytearray(path.read_bytes())
    begin = int(len(content) * at)
    content[begin : begin + 400] = b"\xa7" * 400
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.fixture
def home(tmp_path) -> Home:
    """A home with one file of every kind."""
    home = Home(root=str(tmp_path))
    home.lake.mkdir()
    home.artifacts.mkdir()
    (tmp_path / "dagster").mkdir()
    words = pd.DataFrame({"x": [f"{n:040}" for n in range(9999)]})
    words.to_parquet(home.lake / "a.parquet", compression="zstd")  # as all of ours are
    np.save(home.lake / "a.npy", np.zeros((100, 8)))
    write_json(home.lake / "a.json", {"key": "value"})
    save_file({"w": np.ones(1000, np.float32)}, home.artifacts / "a.safetensors")
    (tmp_path / "dagster" / ".db").touch()  # Dagster leaves such a one; it is nobody's
    for path in (home.lake / "a.sqlite", tmp_path / "dagster" / "runs.db"):
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (x TEXT)")
            connection.executemany("INSERT INTO t VALUES (?)", [(f"{n:040}",) for n in range(9999)])
        connection.close()
    with duckdb.connect(str(home.serving)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, hash(i)::VARCHAR AS x FROM range(100000) AS r(i)")
    return home


def names(home: Home, whole: bool) -> set[str]:
    return {damage.path.name for damage in damaged(home, whole)}


def test_what_is_whole_is_not_damaged(home):
    assert names(home, whole=True) == set()


@pytest.mark.parametrize(
    "name", ["lake/a.parquet", "lake/a.npy", "lake/a.json", "artifacts/a.safetensors", "serving.duckdb"]
)
def test_what_was_cut_off_is_found_without_reading_it_whole(home, name):
    cut(home.path / name)
    assert names(home, whole=False) == {Path(name).name}


@pytest.mark.parametrize("name", ["lake/a.parquet", "lake/a.sqlite", "serving.duckdb", "dagster/runs.db"])
def test_a_bad_spot_in_the_middle_is_found_by_reading_the_whole(home, name):
    spoil(home.path / name, 0.45)
    assert names(home, whole=True) == {Path(name).name}


def test_a_duckdb_file_that_somebody_writes_is_not_damaged(home):
    with duckdb.connect(str(home.serving)):
        pass
    assert opens(home.serving)
    cut(home.serving)
    assert not opens(home.serving) and not opens(home.path / "none.duckdb")


def test_repair_removes_and_forgets_what_stood_on_it_and_nothing_else(home):
    manifests = Manifests(home.path)
    cell = Manifest("recommender", "shop|svd|xia2024|0|", "r", "1", "f", "v", {}, {"lake/a.parquet": 1})
    whole = Manifest("recommender", "shop|svd", "r", "1", "f", "v", {"recommender@shop|svd|xia2024|0|": "v"})
    other = Manifest("items", "shop", "r", "1", "f", "v", {}, {"lake/a.npy": 1})
    reader = Manifest(
        "report", "shop", "r", "1", "f", "v", {"recommender@shop|svd|xia2024|0|": "v"}, {"lake/a.json": 1}
    )
    for manifest in (cell, whole, other, reader):
        manifests.save(manifest)
    cut(home.lake / "a.parquet")
    spoil(home.path / "dagster" / "runs.db", 0.45)
    repair(home, list(damaged(home, whole=True)))
    assert not (home.lake / "a.parquet").exists() and (home.lake / "a.npy").exists()
    assert {m.asset for m in manifests.all_current()} == {"items", "report"}, "a model is whole with all its cells only"
    assert (home.path / "dagster" / "runs.db.damaged").exists(), "history is kept"
    assert names(home, whole=True) == set()


def test_a_damaged_manifest_counts_as_not_made(home):
    manifests = Manifests(home.path)
    made = Manifest("items", "shop", "r", "1", "f", "v", {})
    manifests.save(made)
    place = manifests.folder / "items" / "shop" / CURRENT
    for broken in ("", '{"asset": "items', '{"asset": "items"}'):
        place.write_text(broken)
        with pytest.warns(UserWarning, match="is damaged"):
            assert manifests.current("items", "shop") is None
    assert manifests.history() == [made]
