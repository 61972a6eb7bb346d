"""`trifuse doctor` finds and names what is wrong with a home, and puts right what it can."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterRunStatus
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.test_utils import create_run_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from assets.manifests import Manifest, Manifests
from assets.processes import this_process
from orchestration import faults
from orchestration.cli import invoke
from orchestration.condition import examine_home
from orchestration.instance import OWNER_TAG, open_instance, ui_lock
from orchestration.settings import Settings

CODE = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="orchestration.definitions"))


@pytest.fixture
def settings(tmp_path, tmp_path_factory, monkeypatch) -> Settings:
    # What other processes of this machine left is not ours to count.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    return Settings(home=tmp_path)


def wrong(settings: Settings, repair: bool = False) -> list[str]:
    return [found.what for found in examine_home(settings, repair) if not found.ok]


def test_a_sound_home_has_nothing_wrong(settings):
    with open_instance(settings):
        pass
    assert wrong(settings) == []


def test_killed_runs_held_slots_and_temporary_files_are_named_and_put_right(settings):
    machine = this_process().split("-")[0]
    with open_instance(settings) as instance:
        tags = {OWNER_TAG: f"{machine}-1-0"}
        run = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED, tags=tags)
        ended = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.SUCCESS)
        instance.event_log_storage.initialize_concurrency_limit_to_default("gpu")
        assert instance.event_log_storage.claim_concurrency_slot("gpu", ended.run_id, "step").is_claimed
    (settings.home / f".a.parquet.{machine}-1-0.abc.part").write_text("half")
    said = " / ".join(wrong(settings))
    assert run.run_id in said and f"held by run {ended.run_id}" in said and "1 temporary" in said
    assert len(wrong(settings, repair=True)) == 3
    assert wrong(settings) == []


def test_a_clock_that_was_ahead_is_named_and_the_schedule_runs_again(settings):
    later = time.time() + 86_400
    data = ScheduleInstigatorData("0 3 * * *", later)
    with open_instance(settings) as instance:
        origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(CODE, "repository"), "nightly_refresh")
        state = InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, data)
        instance.add_instigator_state(state)
        about = (state.instigator_origin_id, state.name, InstigatorType.SCHEDULE, TickStatus.SUCCESS, later)
        instance.create_tick(TickData(*about, run_ids=[], selector_id=state.selector_id))
    assert any("nothing is started by nightly_refresh until" in what for what in wrong(settings))
    wrong(settings, repair=True)
    assert wrong(settings) == []
    with open_instance(settings) as instance:
        assert not instance.get_ticks(state.instigator_origin_id, state.selector_id)
        assert instance.all_instigator_state()[0].instigator_data.start_timestamp <= time.time()


def test_results_of_the_future_are_named_but_do_no_harm(settings):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    Manifests(settings.home).save(Manifest("items", "shop", "r", "1", "f", "v", {}, created_at=tomorrow))
    said = [found for found in examine_home(settings, False) if "dated in the future" in found.what]
    assert len(said) == 1 and said[0].ok and tomorrow in said[0].what


def test_a_full_disk_and_a_folder_of_somebody_else_are_named_before_anything_is_begun(settings, monkeypatch, capsys):
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _path: usage(9, 9, 2**20))
        assert "is full: 1 MB are free" in wrong(settings)[0]
        assert invoke(["run", "sample-shop"]) == 1
        assert "Make room" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert "cannot be written by this user" in wrong(settings)[0]
    assert invoke(["run", "sample-shop"]) == 1
    assert "chown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "way"),
    [
        ("OSError: [Errno 28] No space left on device", "Make room"),
        ("[Errno 27] File too large", "ulimit"),
        ("[Errno 13] Permission denied: 'x'", "right to write"),
        ('Failed to read file "a.parquet": ZSTD Decompression failure', "doctor --repair"),
        ("Parquet magic bytes not found in footer", "doctor --repair"),
        ('Could not read enough bytes from file "serving.duckdb"', "doctor --repair"),
        ("(sqlite3.DatabaseError) database disk image is malformed", "doctor --repair"),
    ],
)
def test_failures_of_the_machine_say_the_way_out(settings, message, way):
    assert way in faults.way_out(message)


def test_other_failures_speak_for_themselves(settings):
    assert faults.way_out("there is no model 'x'") == ""


def test_a_second_ui_on_one_home_is_refused(settings):
    with open_instance(settings), ui_lock(settings) as lock:
        lock.write("http://127.0.0.1:3000, process 1")
        lock.flush()
        there = os.environ | {"TRIFUSE_HOME": str(settings.home)}
        command = [sys.executable, "-m", "orchestration.ui"]
        done = subprocess.run(command, env=there, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1 and "a UI runs on" in done.stderr and "process 1" in done.stderr
        assert any("daemon are running: http" in found.what for found in examine_home(settings, False))
