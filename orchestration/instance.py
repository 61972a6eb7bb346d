"""The Dagster instance below TRIFUSE_HOME: made on first use, and tidied after killed runs."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import dagster as dg
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from assets.files import write_text
from assets.leftovers import sweep
from assets.processes import is_dead
from orchestration.faults import Unusable, check_usable
from orchestration.history import wait_for_checkpoints_only
from orchestration.settings import Settings

OWNER_TAG = "trifuse/process"
"""On runs of the command line: `assets.processes.this_process`."""
POSTGRES = "TRIFUSE_POSTGRES_URL"
"""postgresql+psycopg2://user:password@host/database; a secret, so no Settings hold it and Dagster reads it itself."""
SCHEME = "postgresql+psycopg2://"
UNDER_WAY = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]


def prepare(settings: Settings) -> Path:
    """Make $TRIFUSE_HOME/dagster with its dagster.yaml, and point DAGSTER_HOME at it. Raises Unusable.

    Where TRIFUSE_POSTGRES_URL is set, its history is kept there; the address itself is written nowhere.
    """
    check_usable(settings)
    folder, here = settings.dagster_home, Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        shutil.copy(here / "dagster.yaml", config)
    if address := os.environ.get(POSTGRES):
        _check_postgres(address)
        if "\nstorage:" not in config.read_text():
            write_text(config, config.read_text() + (here / "postgres.yaml").read_text())
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def _check_postgres(address: str) -> None:
    if find_spec("dagster_postgres") is None:
        raise Unusable(f"{POSTGRES} is set, but dagster-postgres is not installed: pip install 'trifuse[postgres]'")
    if not address.startswith(SCHEME):  # SQLAlchemy 2.1 would take another driver, which Dagster's SQL is not for
        raise Unusable(f"{POSTGRES} has to begin with {SCHEME}, then user:password@host/database")


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance, after closing the runs of processes that were killed, and removing the files they were writing."""
    prepare(settings)
    wait_for_checkpoints_only()
    sweep(settings.home, pictures=False)
    instance = dg.DagsterInstance.get()
    close_dead_runs(instance)
    with suppress(BlockingIOError), ui_lock(settings):
        close_orphans(instance)
    return instance


@contextmanager
def ui_lock(settings: Settings) -> Iterator[IO[str]]:
    """Hold what the UI with its daemon holds while it runs. Raises BlockingIOError where it does."""
    with open(settings.dagster_home / ".ui.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock


def close_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs whose process is gone as failed, and give back the pool slots that they hold or wait for.

    Without a daemon nobody else does, and the next run would wait for ever.
    """
    for run in dead_runs(instance):
        _close(instance, run)


def dead_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs of command lines that were killed."""
    runs = instance.get_runs(RunsFilter(statuses=UNDER_WAY))
    return [run for run in runs if OWNER_TAG in run.tags and is_dead(run.tags[OWNER_TAG])]


def close_orphans(instance: dg.DagsterInstance) -> None:
    """Do the same with those of the UI; to be called while neither it nor its daemon is running.

    Dagster's own monitoring leaves them alone: its launcher of local processes cannot tell whether one is alive.
    """
    for run in orphans(instance):
        _close(instance, run)


def orphans(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs that the UI or its daemon launched, and whose worker is gone."""
    runs = instance.get_runs(RunsFilter(statuses=UNDER_WAY))
    workers = [(run, _worker(instance, run)) for run in runs if OWNER_TAG not in run.tags]
    return [run for run, worker in workers if worker and not _is_dagster(worker)]


def _close(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    instance.report_run_failed(run, "the process that ran this was killed; the same command finishes it")
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _worker(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int | None:
    """The process that a run was started in, None where it has not said so yet."""
    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        if pid := entry.get_dagster_event().engine_event_data.metadata.get("pid"):
            return int(pid.text)
    return None


def _is_dagster(pid: int) -> bool:
    """Whether that process lives, and its number has not gone to some other program."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"dagster" in command or b"multiprocessing" in command
