"""The Dagster instance below TRIFUSE_HOME: made on first use, and tidied after killed runs."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from pathlib import Path

import dagster as dg
import sqlalchemy
from dagster import DagsterRunStatus, RunsFilter

from orchestration.settings import Settings

OWNER_TAG = "trifuse/process"


def prepare(settings: Settings) -> Path:
    """Make $TRIFUSE_HOME/dagster with its dagster.yaml, and point DAGSTER_HOME at it."""
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        shutil.copy(Path(__file__).with_name("dagster.yaml"), folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance, after closing the runs of command-line processes that were killed."""
    prepare(settings)
    instance = dg.DagsterInstance.get()
    close_dead_runs(instance)
    return instance


def write_behind() -> None:
    """From now on this process does not wait for the disk with every event that the instance stores.

    Dagster opens, commits and closes a database for each of them: thousands of waits a dataset, a third of the time of
    one that trains for seconds. What a killed process stored is kept all the same; a power cut may cost the history.
    """
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", no_waiting)


def no_waiting(connection: object, _record: object) -> None:
    """Tell a new connection that SQLite is not to wait for the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def close_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs whose process is gone as failed, and give back the pool slots that they hold or wait for.

    Without a daemon nobody else does, and the next run would wait for ever.
    """
    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.STARTING])):
        if OWNER_TAG in run.tags and _is_dead(run.tags[OWNER_TAG]):
            instance.report_run_failed(run, "the process that ran this was killed; the same command finishes it")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def owner() -> str:
    """Names this process in a run's tags: host, process id, and the time the process started."""
    return f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def _is_dead(tag: str) -> bool:
    host, pid, started = tag.split(" ")
    return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot, '' where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
