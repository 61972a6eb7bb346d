"""Where the time of a run goes in which nothing has changed: of `trifuse run`, and of the refresh job with its steps.

    TRIFUSE_HOME=... python benchmarks/nightly/no_change.py sample-shop     # a home in which it has been run before

Wall seconds of a fresh process each. The command runs its steps itself; what each part of it takes is measured around
the functions of Dagster that do it. The job starts a process for each step, as the UI does, two at a time; there the
parts are sums over the steps, by the times of the events that they stored. Measure on an idle machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

MARK = "= "
"""Before what is printed of the split, among what the run prints."""
STARTED = ("STEP_WORKER_STARTING", "STEP_WORKER_STARTED", "STEP_START", "STEP_SUCCESS")


class Clock:
    """Seconds by part; while one part is within another, only the inner one's count."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._within, self._since = ["the rest of Dagster"], time.perf_counter()

    def _turn(self) -> None:
        now = time.perf_counter()
        self.spent[self._within[-1]] += now - self._since
        self._since = now

    def measured(self, part: str, function: Callable) -> Callable:
        """The function, its time counted as of this part."""

        def around(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._within.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._within.pop()

        return around

    def measure(self, part: str, owner: Any, *names: str) -> None:
        """Replace functions of a module or class by measured ones."""
        for name in names:
            setattr(owner, name, self.measured(part, getattr(owner, name)))


def command(dataset: str, spawned: float) -> None:
    """`trifuse run` in this process, which was spawned at this time of day."""
    clock = Clock()
    clock.spent["process start"] = time.time() - spawned
    clock.measured("definitions and other imports", _imports)()
    import sqlalchemy.engine
    from dagster._core.definitions.assets.job import asset_job
    from dagster._core.execution.plan import compute_generator
    from dagster._core.execution.plan.plan import ExecutionPlan
    from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

    from orchestration.cli import invoke

    # What is called least deep comes first: an inner function is replaced where the outer one looks for it.
    clock.measure("the steps' own work", compute_generator, "invoke_compute_fn")
    clock.measure("planning", asset_job, "build_asset_job")
    ExecutionPlan.build = staticmethod(clock.measured("planning", ExecutionPlan.build))
    clock.measure("event log and run storage", SqliteEventLogStorage, "store_event", "_initdb")
    clock.measure("event log and run storage", sqlalchemy.engine.Engine, "connect")
    clock.measure("event log and run storage", sqlalchemy.engine.Connection, "execute", "close", "commit")
    invoke(["run", dataset])
    clock._turn()
    _show(f"trifuse run {dataset}", clock.spent, time.time() - spawned)


def _imports() -> None:
    import orchestration.cli
    import orchestration.plan  # noqa: F401


def job(dataset: str, spawned: float) -> None:
    """The refresh job in this process, its steps in processes of their own."""
    import dagster as dg
    from dagster._core.definitions.reconstruct import ReconstructableRepository

    from orchestration.definitions import definitions  # noqa: F401
    from orchestration.instance import open_instance
    from orchestration.jobs import refresh_name
    from orchestration.settings import Settings

    code = ReconstructableRepository.for_module("orchestration.definitions", "definitions", str(Path.cwd()))
    spent = Counter({"process start, definitions": time.time() - spawned})
    with open_instance(Settings.from_environment()) as instance:
        began = time.time()
        tags = {"dagster/partition": dataset}
        done = dg.execute_job(code.get_reconstructable_job(refresh_name(dataset)), instance, tags=tags)
        steps: dict[str, dict[str, float]] = {}
        for entry in instance.all_logs(done.run_id):
            if entry.step_key and entry.is_dagster_event:
                steps.setdefault(entry.step_key, {}).setdefault(entry.dagster_event_type.value, entry.timestamp)
    times = [[step[name] for name in STARTED] for step in steps.values() if "STEP_SUCCESS" in step]
    for part, n in (("steps: process start", 0), ("steps: definitions, plan", 1), ("steps: from start to end", 2)):
        spent[part] = sum(at[n + 1] - at[n] for at in times)
    spent["run: before the first step"] = min(at[0] for at in times) - began
    _show(f"refresh job of {dataset}, {len(times)} steps", spent, time.time() - spawned)


def _show(title: str, spent: Counter[str], wall: float) -> None:
    print(f"{MARK}{title}: {wall:.1f} s")
    for part, seconds in spent.most_common():
        print(f"{MARK}  {seconds:6.1f} s  {part}", flush=True)


def main() -> None:
    """Both, each in a process of its own."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("dataset", nargs="?", default="sample-shop")
    asked.add_argument("--inside", choices=("command", "job"), help=argparse.SUPPRESS)
    asked.add_argument("--spawned", type=float, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.inside:
        {"command": command, "job": job}[options.inside](options.dataset, options.spawned)
        return
    for inside in ("command", "job"):
        again = [sys.executable, __file__, options.dataset, "--inside", inside, "--spawned", str(time.time())]
        done = subprocess.run(again, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        said = (line for line in done.stdout.splitlines() if line.startswith(MARK))
        print("\n".join(line.removeprefix(MARK) for line in said), flush=True)


if __name__ == "__main__":
    main()
