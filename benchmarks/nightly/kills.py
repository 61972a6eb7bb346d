"""Kill -9 at random moments, then compare the final tables with those of a run that nobody disturbed.

    python benchmarks/nightly/kills.py --kills 100                # of `trifuse run`
    python benchmarks/nightly/kills.py --kills 20 --ui            # of steps, run workers, the daemon, or all of the UI

Each round starts from an empty home and is given the same command, or the same refresh job, again after every kill,
until it comes to its end. Then the tables are compared, and what is left behind is looked for: temporary files, runs
that count as running, pool slots. Exit status 1 where anything differs or is left.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.nightly.ui_process import Ui, family
from orchestration.condition import examine_home
from orchestration.settings import Settings

TABLES = ("items", "users", "interactions", "reviews", "images", "rejects", "predictions", "recommendations")
TABLES += ("review_sentiment", "contradictions", "item_vectors")
FIXED = {
    "TRIFUSE_TEXT_ENCODER": "tfidf-svd",
    "TRIFUSE_IMAGE_ENCODER": "color-gradient-histogram",
    "TRIFUSE_DEVICE": "cpu",
    # One thread: sums in another order would make the last digits differ between the runs that are compared.
    "TRIFUSE_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def main() -> None:
    """Kill as often as asked for, and say what came of it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--seed", type=int, default=0, help="of the moments")
    asked.add_argument("--most", type=float, default=25, help="seconds until a kill, at most")
    asked.add_argument("--dataset", default="sample-shop")
    asked.add_argument("--models", default="bias,svd,majority")
    asked.add_argument("--ui", action="store_true", help="kill what the UI and its daemon start, and these")
    asked.add_argument("--work", default=None, help="the folder to work in; a fast one makes for more kills")
    options = asked.parse_args()
    os.environ.update(FIXED)
    os.environ.pop("TRIFUSE_RAW", None)
    with tempfile.TemporaryDirectory(prefix="kills-", dir=options.work) as folder:
        sys.exit(Killer(options, Path(folder)).all())


class Killer:
    """Homes that are worked in, and how often who was killed in them."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.rng, self.killed, self.wrong = random.Random(options.seed), Counter(), 0
        self.home, self.most = folder / "home", options.most

    def all(self) -> int:
        """Rounds until there were as many kills as asked for; 1 if anything went wrong, else 0."""
        undisturbed = self.folder / "undisturbed"
        subprocess.run(self._command(), env=self._environment(undisturbed), check=True, capture_output=True)
        expected, rounds = contents(undisturbed), 0
        while self.killed.total() < self.options.kills:
            shutil.rmtree(self.home, ignore_errors=True)
            self.most = self.options.most
            (self._round_of_ui if self.options.ui else self._round)()
            rounds += 1
            self._judge(expected)
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.killed.items()))
        print(f"{self.killed.total()} kills ({kinds}) in {rounds} rounds, {self.wrong} rounds with something wrong")
        return int(self.wrong > 0)

    def _round(self) -> None:
        """The command line, killed until it has come to its end."""
        while True:
            process = subprocess.Popen(self._command(), env=self._environment(self.home), stderr=subprocess.PIPE)
            moment = self._moment()
            try:
                _, said = process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                process.kill()
                _, said = process.communicate()
                self._count("trifuse run", moment)
                continue
            if process.returncode:
                self._complain(f"the command ended with {process.returncode}: {said.decode()[-600:]}")
            return

    def _round_of_ui(self) -> None:
        """The refresh job, whoever takes part in it killed until it has come to its end; then the rest."""
        ui, run = Ui(self.home, FIXED), None
        try:
            while True:
                ui.ensure()
                ui.stop_following()
                if run is None or ui.status(run) in ("FAILURE", "CANCELED"):
                    run = ui.refresh(self.options.dataset)
                moment = self._moment()
                if ui.wait(run, moment) == "SUCCESS":
                    break
                kind = self.rng.choice(("step", "run worker", "daemon", "everything"))
                if ui.kill(kind, self.rng):
                    self._count(kind, moment)
                    ui.wait(run, 20)  # whoever watches the run may say that it is dead
        finally:
            ui.stop()
        subprocess.run(self._command(), env=self._environment(self.home), check=True, capture_output=True)

    def _judge(self, expected: dict[str, list]) -> None:
        # A first command after the last kill is what puts things right; nothing may be left after it.
        subprocess.run(self._command(), env=self._environment(self.home), check=True, capture_output=True)
        found = contents(self.home)
        for table in TABLES:
            if found[table] != expected[table]:
                self._complain(f"{table} differs: {len(found[table])} rows, {len(expected[table])} are expected")
        for condition in examine_home(Settings(home=self.home), repair=False):
            if not condition.ok:
                self._complain(condition.what)
        if living := family(self.home):
            self._complain(f"processes are left: {living}")

    def _moment(self) -> float:
        self.most *= 1.1  # so that on a busy machine too the longest step comes to its end some time
        return self.rng.uniform(0.5, self.most)

    def _count(self, kind: str, moment: float) -> None:
        self.killed[kind] += 1
        print(f"{time.strftime('%H:%M:%S')} kill {self.killed.total()}: {kind} after {moment:.1f} s", flush=True)

    def _complain(self, what: str) -> None:
        self.wrong += 1
        print(f"WRONG: {what}", flush=True)

    def _command(self) -> list[str]:
        about = [self.options.dataset, "--models", self.options.models]
        return [sys.executable, "-m", "orchestration.cli", "run", *about]

    def _environment(self, home: Path) -> dict[str, str]:
        return os.environ | {"TRIFUSE_HOME": str(home)}


def contents(home: Path) -> dict[str, list]:
    """Every table that holds no times of day, sorted."""
    with duckdb.connect(str(home / "serving.duckdb"), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


if __name__ == "__main__":
    main()
