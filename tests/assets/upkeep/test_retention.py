"""What nothing refers to any more is deleted, and told; what is in use or young stays."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import closing

import dagster as dg
import pytest
import sqlalchemy

from assets.cells import Cell
from assets.champions.versions import place
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.posters.state import State
from assets.posters.store import FOLDER, PictureStore
from assets.posters.wanted import Outcome
from assets.recommenders import code_version, recommender_class
from assets.upkeep.assets import RetentionConfig, retention
from assets.upkeep.runs import delete_runs, old_runs
from assets.upkeep.stale import free, stale, sums

NAME, OLD = "sample-shop", 100


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    temporary = tmp_path / "temporary"  # what other processes of this machine left is not ours to count
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return Home(root=str(tmp_path / "home"))


def age(path, days: float) -> None:
    os.utime(path, (time.time() - days * 86_400,) * 2)


def trained(home: Home, model: str, made_of: str) -> Cell:
    """A trained cell, from that version of the folds."""
    cell = Cell(NAME, model, "xia2024", 0, "")
    folder = cell.folder(home)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"x" * 1000)
    age(folder, OLD)
    version = code_version(recommender_class(model))
    upstream = {f"folds@{NAME}": made_of}
    Manifests(home.path).save(Manifest("recommender", cell.partition, "r", version, "f", "v", upstream))
    return cell


def test_models_of_old_data_go_and_those_of_todays_stay(home):
    Manifests(home.path).save(Manifest("folds", NAME, "r", "1", "f", "today", {}))
    today, old = trained(home, "bias", "today"), trained(home, "svd", "yesterday")
    found = list(stale(home, keep_days=30))
    assert [one.path for one in found] == [old.folder(home)]
    assert sums(found) == {"models of old data or code": (1, 1000)}
    free(found)
    assert today.folder(home).exists() and not old.folder(home).exists()


def test_young_things_stay_and_broken_off_trainings_go_when_they_are_old(home):
    for name, days in (("young", 1), ("old", OLD)):
        folder = home.artifacts / "checkpoints" / name
        folder.mkdir(parents=True)
        age(folder, days)
    assert [one.path.name for one in stale(home, keep_days=30)] == ["old"]


def test_pictures_that_no_outcome_names_go(home):
    store = PictureStore(home.landing / FOLDER)
    paths = [store.put(content, "JPEG")[1] for content in (b"shown", b"not shown")]
    with closing(State(home.landing / FOLDER / f"{NAME}.sqlite")) as state:
        relative = paths[0].relative_to(store.folder).as_posix()
        state.record(Outcome(item_id="1", provider="url", url="http://x", status="found", path=relative))
    for path in paths:
        age(path, OLD)
    assert [one.path for one in stale(home, keep_days=30)] == [paths[1]]


@dg.asset
def thing() -> None: ...


def test_old_runs_go_but_never_an_assets_latest(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        runs = [dg.materialize([thing], instance=instance).run_id for _ in range(3)]
        assert old_runs(instance, set(), keep_days=1) == []
        old = old_runs(instance, set(), keep_days=-1)
        assert set(old) == set(runs[:2])
        delete_runs(instance, old)
        assert [run.run_id for run in instance.get_runs()] == [runs[2]]
        assert instance.get_latest_materialization_event(thing.key).run_id == runs[2]


@dg.asset_check(asset=thing)
def sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


def test_of_a_deleted_run_nothing_is_left(tmp_path):
    def kept(instance, run: str) -> list[str]:
        with instance.event_log_storage.index_connection() as connection:
            checked = connection.execute(sqlalchemy.text("SELECT run_id FROM asset_check_executions")).fetchall()
        return [str(path) for path in tmp_path.rglob(f"{run}*")] + [one for (one,) in checked if one == run]

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        old, latest = (dg.materialize([thing, sound], instance=instance).run_id for _ in range(2))
        assert len(kept(instance, old)) > 2, "its events, what it printed, its check"
        delete_runs(instance, [old])
        assert kept(instance, old) == [] and len(kept(instance, latest)) > 2


def test_the_asset_says_what_it_freed_and_a_dry_run_deletes_nothing(home):
    folder = home.artifacts / "checkpoints" / "broken"
    folder.mkdir(parents=True)
    (folder / "epoch.safetensors").write_bytes(b"x" * 5000)
    age(folder, OLD)
    for dry_run, left in ((True, True), (False, False)):
        config = dg.RunConfig({"retention": RetentionConfig(dry_run=dry_run)})
        result = dg.materialize([retention], resources={"home": home}, run_config=config)
        metadata = result.asset_materializations_for_node("retention")[0].metadata
        assert "| trainings broken off | 1 | 0.0 |" in metadata["freed"].value
        assert metadata["bytes_freed"].value == 5000 and folder.exists() is left


def test_records_that_led_to_nothing_go_and_the_chain_of_what_there_is_stays(home):
    manifests = Manifests(home.path)
    for day in ("monday", "tuesday"):
        manifests.save(Manifest("folds", NAME, "r", "1", f"f-{day}", day, {}))
        manifests.save(Manifest("metrics", NAME, "r", "1", f"f-{day}", f"of {day}", {f"folds@{NAME}": day}))
    manifests.save(Manifest("folds", NAME, "r", "1", "f-wednesday", "wednesday", {}))  # nothing was made of it yet
    for path in (home.path / "lake").rglob("*.json"):
        age(path, OLD)
    free(list(stale(home, keep_days=30)))
    assert {(m.asset, m.data_version) for m in manifests.history()} == {
        ("folds", "wednesday"), ("folds", "tuesday"), ("metrics", "of tuesday"),
    }  # fmt: skip
    assert manifests.made("folds", NAME, "tuesday") and manifests.made("folds", NAME, "monday") is None


def test_the_record_of_a_model_that_is_kept_for_a_rollback_stays(home):
    manifests, cell = Manifests(home.path), trained(home, "bias", "today").partition
    for version in ("kept", "gone", "latest"):
        manifests.save(Manifest("recommender", cell, "r", "1", f"f-{version}", version, {}))
    place(home, cell, "kept").mkdir(parents=True)
    for path in (home.path / "lake").rglob("*.json"):
        age(path, OLD)
    free(list(stale(home, keep_days=30)))
    assert {m.data_version for m in manifests.history()} == {"kept", "latest"}
