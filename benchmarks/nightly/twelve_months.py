"""Twelve months of nights in minutes: does the disk stay bounded, and does an asset's page still open quickly?

    python benchmarks/nightly/twelve_months.py HOME --work /tmp      # HOME: finished, and refreshed once by the UI

HOME is copied. Every night, each of its datasets is refreshed: the records of such a run, as Dagster wrote them, are
filed again under a new id and that night's date. Every fourth week a dataset has changed: all its runs are filed
again, every result gets a new version with a manifest, some vectors belong to nothing any more, and a training is
broken off; then the asset `retention` itself runs, as of that date, and the sizes are printed. At the end the real UI
opens the pages of much-materialized assets in headless Chromium, as they are and as they were before the first night.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path
from statistics import median

import dagster as dg
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from assets.manifests import CURRENT
from assets.upkeep.assets import retention
from assets.vectors.store import write_shard
from benchmarks.nightly.filing import Filing
from benchmarks.nightly.page import Page
from benchmarks.nightly.ui_process import Ui
from orchestration.instance import open_instance
from orchestration.resources import resources
from orchestration.settings import Settings

DAY = 86_400
MONTH = 28
"""Nights between two changes of a dataset, and between two runs of `retention`."""
OPENINGS = 9
"""Times that a page is opened."""
SETTLING = 60
"""Seconds in which the daemon does what it does at its start."""
VECTORS = 100
"""Vectors that a change leaves behind."""
PAGES = {"recommender": "fit_seconds", "metrics": "Latest check results", "raw_files": "licence"}
"""Asset -> words that its page shows once it is there."""


class Year:
    """A home, and the nights that it has seen."""

    def __init__(self, home: Path, nights: int) -> None:
        self.home, self.nights, self.filing = home, nights, Filing(home / "dagster")
        self.manifests = {
            path: json.loads(path.read_text()) for path in (home / "lake/manifests").glob(f"*/*/{CURRENT}")
        }
        self.datasets = sorted({m["partition"] for m in self.manifests.values() if m["asset"] == "raw_files"})

    def night(self, n: int) -> None:
        """All datasets are refreshed; one may have changed."""
        at = time.time() - (self.nights - n) * DAY
        for place, dataset in enumerate(self.datasets):
            changed = (n + place) % MONTH == 0
            for run in self.filing.runs_of(dataset, changed):
                self.filing.file_again(run, dataset, at)
            if changed:
                self._versions(dataset, n, at)
                self._leave(dataset, n, at)
        self.filing.tick(at)

    def _versions(self, dataset: str, n: int, at: float) -> None:
        for path, was in self.manifests.items():
            if was["partition"].partition("|")[0] != dataset:
                continue
            new = was | {name: f"{n}-{was[name]}" for name in ("data_version", "fingerprint")}
            new["upstream"] = {
                name: version if name.startswith("file:") else f"{n}-{version}"
                for name, version in was["upstream"].items()
            }
            text = json.dumps(new, indent=2)
            saved = path.with_name(f"{uuid.uuid4().hex[:24]}.json")
            for target in (path, saved):
                target.write_text(text)
                os.utime(target, (at, at))

    def _leave(self, dataset: str, n: int, at: float) -> None:
        rng = np.random.default_rng(n)
        for folder in (self.home / "lake/vectors").glob("*-*"):
            shards = sorted(folder.glob("*.parquet"))
            if shards:
                width = len(_first_vector(shards[0]))
                keys = [uuid.uuid4().hex + uuid.uuid4().hex for _ in range(VECTORS)]
                write_shard(folder / f"{uuid.uuid4().hex[:12]}-00000.parquet", keys, rng.random((VECTORS, width), "f4"))
        broken = self.home / "artifacts/checkpoints" / f"{dataset}-{n}"
        broken.mkdir(parents=True)
        (broken / "state.safetensors").write_bytes(rng.bytes(1_000_000))
        os.utime(broken, (at, at))

    def retain(self, n: int) -> float:
        """The asset `retention` as of that night; its seconds."""
        settings, began, passed = Settings.from_environment(), time.monotonic(), self.nights - n
        config = {"keep_days": 30 + passed, "keep_run_days": 90 + passed}
        with open_instance(settings) as instance:
            self.filing.purge_ticks(instance, passed)
            done = dg.materialize(
                [retention], instance=instance, resources=resources(settings),
                run_config={"ops": {"retention": {"config": config}},
                            "loggers": {"console": {"config": {"log_level": "ERROR"}}}},
            )  # fmt: skip
        self.filing.date(done.run_id, time.time() - passed * DAY)
        return time.monotonic() - began

    def finish(self) -> None:
        """Everything is again as it really is."""
        for path, was in self.manifests.items():
            path.write_text(json.dumps(was, indent=2))

    def sizes(self) -> str:
        """What there is, in MB and numbers."""
        places = {"home": "", "history": "dagster/history", "logs": "dagster/storage", "manifests": "lake/manifests",
                  "vectors": "lake/vectors"}  # fmt: skip
        told = [f"{name} {_megabytes(self.home / place):7.1f} MB" for name, place in places.items()]
        saved = sum(1 for _ in (self.home / "lake/manifests").glob("*/*/*.json"))
        return ", ".join([*told, f"{self.filing.count_runs():,} runs", f"{saved:,} manifests"])


def _first_vector(shard: Path) -> list[float]:
    import pyarrow.parquet as pq

    return pq.ParquetFile(shard).read_row_group(0, columns=["vector"]).column("vector")[0].as_py()


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Live through the year, then look at the pages."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("home", type=Path)
    asked.add_argument("--work", default=None, help="the folder to work in")
    asked.add_argument("--nights", type=int, default=13 * MONTH)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="year-", dir=options.work) as folder:
        home, young = Path(folder) / "home", Path(folder) / "young"
        shutil.copytree(options.home, home)
        shutil.copytree(options.home, young)
        os.environ["TRIFUSE_HOME"] = str(home)
        year = Year(home, options.nights)
        print(f"at first: {year.sizes()}", flush=True)
        for n in range(1, options.nights + 1):
            year.night(n)
            if n % MONTH == 0:
                seconds = year.retain(n)
                print(f"night {n}: {year.sizes()}; retention {seconds:.0f} s", flush=True)
        year.finish()
        look({"before the first night": young, "after the last": home})


def look(homes: dict[str, Path]) -> None:
    """Seconds until the pages of these homes show their content; they are opened in turns, so that both meet the same
    load of the machine."""
    uis = {name: Ui(home, {}) for name, home in homes.items()}
    try:
        for ui in uis.values():
            ui.ensure()
            ui.stop_following()
        time.sleep(SETTLING)
        for asset, words in PAGES.items():
            for name, took in _openings(uis, asset, words).items():
                print(
                    f"{asset}, {name}, {_made(homes[name], asset):,} materializations: median {median(took):.2f} s, "
                    f"{min(took):.2f} to {max(took):.2f}",
                    flush=True,
                )
    finally:
        for ui in uis.values():
            ui.stop()


def _openings(uis: dict[str, Ui], asset: str, words: str) -> dict[str, list[float]]:
    pages, took = {name: Page() for name in uis}, {name: [] for name in uis}
    for name, page in pages.items():
        page.show(f"http://127.0.0.1:{uis[name].port}/overview/activity", "Overview")  # the UI's program is loaded
    for _ in range(OPENINGS):
        for name, page in pages.items():
            seconds = page.show(f"http://127.0.0.1:{uis[name].port}/assets/{asset}?view=overview", words)
            took[name].append(seconds)
            time.sleep(1)  # what the page asks for further down is answered
    for page in pages.values():
        page.close()
    return took


def _made(home: Path, asset: str) -> int:
    with closing(sqlite3.connect(home / "dagster/history/runs/index.db")) as index:
        query = "SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION' AND asset_key = ?"
        return index.execute(query, [json.dumps([asset])]).fetchall()[0][0]


if __name__ == "__main__":
    main()
