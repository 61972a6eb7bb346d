"""Three nights of one sample dataset through the real UI, daemon, schedule and sensors, with a night every few minutes.

    python benchmarks/nightly/three_nights.py [--no-following]

Night 1 loads everything; in night 2 nothing is new; before night 3 come 1% new reviews and five new pictures. Of every
night its seconds and steps are printed. Night 1 is launched by hand, as a newcomer does, since the schedule refreshes
what is in use; the others are ticks of `nightly_refresh`. With --no-following the sensor that retrains is switched off:
the night then ends with the vectors.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg
from PIL import Image, ImageEnhance

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.nightly.kills import FIXED
from benchmarks.nightly.ui_process import Ui
from orchestration.instance import UNDER_WAY

DATASET = "sample-shop"
SHOP = Path("landing/samples/sample-shop/amazon/2023")
QUIET_SECONDS = 100
"""So long nothing may be under way before a night counts as over: three ticks of the sensor."""
WAITING = [*UNDER_WAY, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def main() -> None:
    """Sleep three times."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--no-following", action="store_true")
    asked.add_argument("--work", default=None, help="the folder to work in")
    options = asked.parse_args()
    os.environ.update(FIXED)
    os.environ.pop("TRIFUSE_RAW", None)
    with tempfile.TemporaryDirectory(prefix="nights-", dir=options.work) as folder:
        nights(Path(folder) / "home", not options.no_following)


def nights(home: Path, following: bool) -> None:
    """The three nights in a home that is empty."""
    ui = Ui(home, FIXED | {"TRIFUSE_NIGHTLY_CRON": "*/5 * * * *"})
    try:
        ui.ensure()
        if not following:
            ui.stop_following()
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            first = night("night 1: everything", instance, lambda: ui.refresh(DATASET))
            second = night("night 2: nothing new", instance, lambda: tick(ui, instance))
            arrive(home)
            third = night("night 3: 1% new reviews, five new pictures", instance, lambda: tick(ui, instance))
        print(f"night 2 took {second:.0f} s; night 3 took {100 * third / first:.0f}% of night 1")
    finally:
        ui.stop()


def night(title: str, instance: dg.DagsterInstance, begin) -> float:
    """Begin, wait until it is quiet, print what was done; seconds from the first run's start to the last one's end."""
    before = {run.run_id for run in instance.get_runs()}
    begin()
    quiet = time.monotonic()
    while time.monotonic() - quiet < QUIET_SECONDS:
        if instance.get_runs(dg.RunsFilter(statuses=WAITING)):
            quiet = time.monotonic()
        time.sleep(1)
    records = [record for record in instance.get_run_records() if record.dagster_run.run_id not in before]
    seconds = max(r.end_time for r in records) - min(r.create_timestamp.timestamp() for r in records)
    computed = sum(r.end_time - r.start_time for r in records if r.start_time)
    print(f"== {title}: {seconds:.0f} s, of which {computed:.0f} s in {len(records)} runs", flush=True)
    for record in reversed(records):
        show(instance, record.dagster_run)
    return seconds


def show(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """One line a materialization: what, whether it was computed, and how long its step took."""
    logs = instance.all_logs(run.run_id)
    ends = {e.step_key: e.timestamp for e in logs if e.is_dagster_event and e.dagster_event.is_step_success}
    starts = {e.step_key: e.timestamp for e in logs if e.is_dagster_event and e.dagster_event.is_step_start}
    print(f"  {run.job_name} {run.tags.get('dagster/partition', '')}: {run.status.value}")
    for entry in logs:
        if made := entry.asset_materialization:
            computed = made.metadata.get("computed")
            did = "computed " if computed is None or computed.value else "unchanged"
            seconds = ends.get(entry.step_key, entry.timestamp) - starts.get(entry.step_key, entry.timestamp)
            print(f"    {did} {seconds:6.1f} s  {made.asset_key.to_user_string()} {made.partition or ''}", flush=True)


def tick(ui: Ui, instance: dg.DagsterInstance) -> None:
    """Switch the schedule on until it has launched a run."""
    before = {run.run_id for run in instance.get_runs()}
    ui.start_schedule("nightly_refresh")
    while not [run for run in instance.get_runs() if run.run_id not in before and "dagster/schedule_name" in run.tags]:
        time.sleep(0.5)
    ui.stop_schedule("nightly_refresh")


def arrive(home: Path) -> None:
    """One review in a hundred anew, of another item on another day, and five pictures in other light."""
    rng, reviews = random.Random(1), home / SHOP / "Sample_Shop.jsonl.gz"
    lines = gzip.decompress(reviews.read_bytes()).decode(errors="replace").splitlines()
    known = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")][: len(lines) // 2]
    items = [review["parent_asin"] for review in known]
    new = [
        rng.choice(known) | {"parent_asin": rng.choice(items), "timestamp": 1_700_000_000_000 + n}
        for n in range(len(lines) // 100)
    ]
    with gzip.open(reviews, "at") as file:
        file.writelines(json.dumps(review) + "\n" for review in new)
    for picture in sorted((home / SHOP / "images" / "Sample_Shop").iterdir())[:5]:
        with Image.open(picture) as image:
            brighter = ImageEnhance.Brightness(image.convert("RGB")).enhance(1.2)
        brighter.save(picture.with_suffix(".new"), "JPEG")
        shutil.move(picture.with_suffix(".new"), picture)


if __name__ == "__main__":
    main()
