"""Dagster's history is written without waiting for the disk each time, and is whole all the same."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import sqlalchemy
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from orchestration import history
from orchestration.instance import open_instance
from orchestration.settings import Settings

KILLED = """
import os, signal
from dagster._core.test_utils import create_run_for_test
from orchestration.instance import open_instance
from orchestration.settings import Settings
with open_instance(Settings.from_environment()) as instance:
    run = create_run_for_test(instance, job_name="x")
    instance.report_engine_event("still here", run)
    print(run.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return Settings(home=tmp_path)


def test_every_database_keeps_a_log_and_waits_for_its_checkpoints_only(settings):
    with open_instance(settings) as instance, instance.event_log_storage.index_connection() as connection:
        asked = [
            connection.execute(sqlalchemy.text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        ]
    assert asked == ["wal", 1]


def test_the_log_is_not_moved_with_every_event(settings):
    with open_instance(settings) as instance:
        run = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED)
        instance.report_engine_event("a line", run)
        logs = [path.with_name(path.name + "-wal") for path in (settings.dagster_home / "history").rglob("*.db")]
        assert logs and all(path.stat().st_size for path in logs)


def test_as_few_databases_are_kept_open_in_a_process_of_many_runs(settings):
    with open_instance(settings) as instance:
        for _ in range(history.HELD + 3):
            instance.report_engine_event("a line", create_run_for_test(instance, job_name="x"))
        assert len(history._held) == history.HELD


def test_what_a_killed_process_stored_is_kept(tmp_path, settings):
    environment = os.environ | {"TRIFUSE_HOME": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run = killed.stdout.strip()
    with open_instance(settings) as instance:
        assert "still here" in [entry.message for entry in instance.all_logs(run)]
    with closing(sqlite3.connect(settings.dagster_home / "history" / "runs" / f"{run}.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
