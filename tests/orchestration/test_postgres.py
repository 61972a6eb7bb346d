"""Dagster's history in a real PostgreSQL server, started from the system's own package; skips where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from assets.processes import this_process
from orchestration import instance as instances
from orchestration.faults import Unusable
from orchestration.instance import OWNER_TAG, POSTGRES, SCHEME, open_instance, prepare
from orchestration.settings import Settings


def _programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; Debian keeps it out of the PATH."""
    found = shutil.which("initdb") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    return Path(found).parent if found else None


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of a server of our own, on a Unix socket."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    pytest.importorskip("dagster_postgres", reason="pip install 'trifuse[postgres]'")
    folder = Path("/tmp") / f"trifuse-pg-{os.getpid()}"  # a socket's path may have 107 characters
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    # The server refuses to run as root.
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    data, run = folder / "data", [*user, str(programs / "pg_ctl"), "-D", str(folder / "data")]
    initdb = [*user, str(programs / "initdb"), "-D", str(data), "-U", "trifuse", "--auth=trust", "--no-sync"]
    try:
        subprocess.run(initdb, check=True, capture_output=True)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run([*run, "-w", "-l", str(folder / "log"), "-o", options, "start"], check=True, capture_output=True)
        yield f"{SCHEME}trifuse@/postgres?host={folder}"
    finally:
        subprocess.run([*run, "-m", "immediate", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return Settings(home=tmp_path)


@dg.asset(pool="gpu")
def thing() -> dg.MaterializeResult:
    return dg.MaterializeResult(data_version=dg.DataVersion("x"))


def test_runs_events_and_pools_are_kept_there_and_killed_runs_are_closed(server, settings, monkeypatch):
    monkeypatch.setenv(POSTGRES, server)
    with open_instance(settings) as instance:
        assert type(instance.run_storage).__name__ == "PostgresRunStorage"
        assert dg.materialize([thing], instance=instance).success
        machine = this_process().split("-")[0]
        tags = {OWNER_TAG: f"{machine}-1-0"}
        dead = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED, tags=tags)
        assert instance.event_log_storage.claim_concurrency_slot("gpu", dead.run_id, "step").is_claimed
    with open_instance(settings) as instance:
        assert instance.get_latest_materialization_event(thing.key)
        assert instance.get_run_by_id(dead.run_id).status == DagsterRunStatus.FAILURE
        assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 0
    written = (settings.dagster_home / "dagster.yaml").read_text()
    assert "env: TRIFUSE_POSTGRES_URL" in written and server not in written
    assert not (settings.dagster_home / "history").exists()


@pytest.mark.parametrize(
    ("installed", "scheme", "said"),
    [(None, SCHEME, r"trifuse\[postgres\]"), ("yes", "postgresql://", "has to begin with")],
)
def test_what_cannot_work_is_said_without_the_password(settings, monkeypatch, installed, scheme, said):
    monkeypatch.setenv(POSTGRES, f"{scheme}trifuse:secret@nowhere/x")
    monkeypatch.setattr(instances, "find_spec", lambda _name: installed)
    with pytest.raises(Unusable, match=said) as caught:
        prepare(settings)
    assert "secret" not in str(caught.value)
