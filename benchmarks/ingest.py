"""Ingest to the catalog against a bare DuckDB load of the same file: python benchmarks/ingest.py [--rows 1000000].

Generates reviews in the layouts of Amazon 2023 and Yelp. The bare load is CREATE TABLE AS SELECT * FROM read_json with
the columns given. Ours also checks every field, cleans texts, finds duplicates, keeps rejects, hashes the file, and
makes users, items, interactions and reviews. Each run is a process of its own, so that its peak memory is known.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

DATASETS = {"amazon": ("sample-shop", "amazon/2023/Sample_Shop.jsonl"),
            "yelp": ("sample-places", "yelp/yelp_academic_dataset_review.json")}  # fmt: skip
COLUMNS = {
    "amazon": "{rating: 'DOUBLE', title: 'VARCHAR', text: 'VARCHAR', images: 'JSON', asin: 'VARCHAR', "
              "parent_asin: 'VARCHAR', user_id: 'VARCHAR', timestamp: 'BIGINT', helpful_vote: 'INTEGER', "
              "verified_purchase: 'BOOLEAN'}",
    "yelp": "{review_id: 'VARCHAR', user_id: 'VARCHAR', business_id: 'VARCHAR', stars: 'DOUBLE', useful: 'INTEGER', "
            "funny: 'INTEGER', cool: 'INTEGER', text: 'VARCHAR', date: 'TIMESTAMP'}",
}  # fmt: skip
AT_ONCE = 20_000


def generate(source: str, path: Path, rows: int, first: int = 0) -> None:
    """Reviews of some 40 words: one in eight has markup, one in a hundred is a duplicate, one in 10,000 broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for start in range(first, first + rows, AT_ONCE):
            file.writelines(_lines(source, start, min(AT_ONCE, first + rows - start)))


def _lines(source: str, start: int, count: int) -> Iterator[str]:
    random = np.random.default_rng(start)
    letters = np.random.default_rng(0)
    words = ["".join(letters.choice(list("etaoinshrdlucmfwyp"), n)) for n in letters.integers(2, 10, 5000)]
    lengths = np.clip(random.lognormal(3.2, 0.9, count), 1, 700).astype(int)
    chosen = iter((random.random(int(lengths.sum())) ** 3 * len(words)).astype(int))
    line = ""
    for i in range(count):
        text = " ".join(words[next(chosen)] for _ in range(lengths[i]))
        text = text.replace(" ", "<br /><br />" if i % 8 == 0 else " &amp; " if i % 25 == 1 else " ", 1)
        fresh = json.dumps(_fields(source, random, start + i, text)) + "\n"
        line = line if i % 100 == 99 else fresh[: len(fresh) // 2] + "\n" if i % 10_000 == 5_000 else fresh
        yield line


def _fields(source: str, random: np.random.Generator, number: int, text: str) -> dict:
    user, item = f"{int(random.integers(0, 2**40)) % 600_000:022d}", f"{int(random.random() ** 2 * 90_000):09d}"
    stars = float(random.integers(1, 6))
    if source == "amazon":
        return {"rating": stars, "title": text[:30], "text": text, "images": [], "asin": "B" + item,
                "user_id": "AE" + user, "parent_asin": "B" + item, "timestamp": 1_400_000_000_000 + number,
                "helpful_vote": number % 3, "verified_purchase": True}  # fmt: skip
    return {"review_id": f"{number:022d}", "user_id": user, "business_id": item.zfill(22), "stars": stars, "useful": 1,
            "funny": 0, "cool": 0, "text": text, "date": "2018-07-07 22:09:11"}  # fmt: skip


def bare(source: str, root: Path) -> None:
    """The least that a person would write."""
    import duckdb

    with duckdb.connect(str(root / "bare.duckdb")) as connection:
        path = next(root.glob(DATASETS[source][1] + "*"))
        connection.execute(f"CREATE TABLE reviews AS SELECT * FROM read_json('{path}', columns = {COLUMNS[source]}, "
                           "ignore_errors = true, format = 'newline_delimited')")  # fmt: skip


def ours(source: str, root: Path) -> None:
    """Raw file to the catalog; a second time, what a refresh does."""
    from assets import catalog
    from assets.datasets import dataset
    from assets.hashing import Hashes
    from assets.home import Home
    from assets.ingest.assets import fingerprint, stage
    from assets.manifests import Manifests
    from assets.steps import remember

    about = dataset(DATASETS[source][0]).model_copy(update={"embedded": False})
    home = Home(root=str(root / "home"), raw=str(root), threads=os.cpu_count() or 1)
    with Hashes(home.hashes) as hashes:
        found = fingerprint(about, root, hashes)
    manifests, steps = Manifests(home.path), ["interactions", "reviews", "users", "items"]
    for step in ["staged_records", *steps]:

        def compute(say, step=step):
            if step == "staged_records":
                return stage(home, about, say)
            if step == "reviews":
                return catalog.reviewed(home, about.name)
            return catalog.filled(home, about.name, step, catalog.by_query(step), say)

        upstream = {} if step == "staged_records" else {"staged_records": about.name}
        remember(manifests, step, about.name, "1", "benchmark", upstream, found, compute, lambda line: None)


RUNS = {"bare": bare, "ours": ours}


def measured(run: str, source: str, root: Path) -> tuple[float, float]:
    """Seconds, and peak memory in MB, of one run in a process of its own."""
    command = [sys.executable, __file__, "--child", run, source, str(root)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(found[-2]), float(found[-1])


def child(run: str, source: str, root: Path) -> None:
    """Run, and print seconds and peak memory; imports are not counted."""
    import resource

    import duckdb  # noqa: F401

    import assets.catalog
    import assets.ingest.assets
    import assets.ingest.functions  # noqa: F401

    started = time.perf_counter()
    RUNS[run](source, root)
    seconds = time.perf_counter() - started
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
    os._exit(0)


def compare(source: str, rows: int, repeats: int, zipped: bool) -> None:
    """Both ways side by side, then a refresh of the unchanged file, and one of the file with 1% more."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / DATASETS[source][1]
        generate(source, path, rows)
        if zipped:
            with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
            path.unlink()
        time.sleep(2.1)  # a file that changed just now is hashed again
        times: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
        for _ in range(repeats):
            for run in times:
                shutil.rmtree(root / "home", ignore_errors=True)
                (root / "bare.duckdb").unlink(missing_ok=True)
                times[run].append(measured(run, source, root))
        seconds = {run: statistics.median(second for second, _ in found) for run, found in times.items()}
        memory = {run: max(megabytes for _, megabytes in found) for run, found in times.items()}
        name = f"{source}, {rows:,} reviews{', gzipped' if zipped else ''}"
        for run, label in (("bare", "bare read_json"), ("ours", "raw file to catalog")):
            tell(name, label, seconds[run], seconds[run] / seconds["bare"], "bare", memory[run])
        again = measured("ours", source, root)
        tell(name, "unchanged refresh", again[0], again[0] / seconds["ours"], "first", again[1])
        if not zipped:
            generate(source, path, rows // 100, first=rows + 10_000)
            time.sleep(2.1)
            more = measured("ours", source, root)
            tell(name, "refresh with 1% more", more[0], more[0] / seconds["ours"], "first", more[1])


def tell(name: str, what: str, seconds: float, ratio: float, to: str, megabytes: float) -> None:
    """One line of the table."""
    print(f"{name:<32}{what:<24}{seconds:>8.2f} s{ratio:>8.3f} x {to:<6}{megabytes:>8,.0f} MB", flush=True)


def main() -> None:
    """Print a table: seconds, ratio, peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1000000,5000000", help="how many reviews, with commas")
    parser.add_argument("--sources", default="amazon,yelp", help="amazon, yelp or both")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each kind; the median counts")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        run, source, root = arguments.child
        child(run, source, Path(root))
    for source in arguments.sources.split(","):
        for rows in map(int, arguments.rows.split(",")):
            compare(source, rows, arguments.repeats if rows < 2_000_000 else 1, zipped=False)
    compare("amazon", 1_000_000, 1, zipped=True)


if __name__ == "__main__":
    main()
