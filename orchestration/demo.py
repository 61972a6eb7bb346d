"""`make demo`: the whole graph on the three embedded samples, then the leaderboards and where the reports are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from assets.datasets import datasets
from assets.limits import GPU
from orchestration.cli import invoke, leave, show_result
from orchestration.instance import open_instance
from orchestration.settings import Settings


def demo() -> None:
    """Materialize every embedded dataset, one more at a time than there are processors, and publish them at the end.

    Leaves with the status of the first dataset that fails; the same command goes on from there.
    """
    started, settings = time.monotonic(), Settings.from_environment()
    names, cpus = [about.name for about in datasets().values() if about.embedded], os.cpu_count() or 1
    # They take unequally long: with one more than there are processors none of these is idle in the end.
    at_once = min(len(names), cpus + 1)
    try:
        with side_by_side(settings, at_once), ThreadPoolExecutor(at_once) as pool:
            codes = list(pool.map(lambda name: _materialize(name, max(1, cpus // at_once)), names))
    except KeyboardInterrupt:  # the runs have had it as well, and said so
        leave(1)
    code = next(filter(None, codes), 0) or invoke(["run", names[-1], "--since", "serving"])
    if code:
        leave(code)
    for name in names[:-1]:
        show_result(settings, name)
    print(f"demo: done in {time.monotonic() - started:.0f} s. Next: make ui, or")
    print("""  .venv/bin/trifuse sql "from leaderboard('sample-movies', 'rmse')" """)
    leave(0)


@contextmanager
def side_by_side(settings: Settings, count: int) -> Iterator[None]:
    """Let so many steps compute at a time: the demo's device is the CPU, of which each is given a part."""
    with open_instance(settings) as instance:
        instance.event_log_storage.set_concurrency_slots(GPU, count)
        try:
            yield
        finally:
            instance.event_log_storage.delete_concurrency_limit(GPU)  # back to that of dagster.yaml


def _materialize(name: str, threads: int) -> int:
    """`materialize` in a process of its own; its exit status."""
    print(f"== {datasets()[name].title}: trifuse run {name}", flush=True)
    command = [sys.executable, "-m", "orchestration.demo", name]
    there = os.environ | {"TRIFUSE_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return subprocess.run(command, env=there, check=False).returncode


def materialize(name: str) -> None:
    """`trifuse run` of one dataset up to its champions; ends the process with its exit status."""
    leave(invoke(["run", name, "--until", "champions"]))


if __name__ == "__main__":
    materialize(sys.argv[1]) if sys.argv[1:] else demo()
