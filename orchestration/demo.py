"""`make demo`: the whole graph on the three embedded samples, then the leaderboards and where the reports are."""

from __future__ import annotations

import time

from assets.datasets import datasets
from orchestration.cli import invoke, leave


def demo() -> None:
    """Run `trifuse run` for every embedded dataset in one process; stops at the first that fails."""
    started = time.monotonic()
    for name, about in datasets().items():
        if about.embedded:
            print(f"== {about.title}: trifuse run {name}", flush=True)
            if (code := invoke(["run", name])) != 0:
                leave(code)
    print(f"demo: done in {time.monotonic() - started:.0f} s. Next: make ui, or")
    print("""  .venv/bin/trifuse sql "from leaderboard('sample-movies', 'rmse')" """)
    leave(0)


if __name__ == "__main__":
    demo()
