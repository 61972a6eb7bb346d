"""Fitting and ranking against implicit, LensKit and Cornac: python benchmarks/recommenders.py [--turns 5] [--fits 1].

Ratings: ML-1M, from TRIFUSE_RAW's ml-1m/ratings.dat; without it, generated ones of the same size, and the title of each
table says so.

(1) The first ten of the whole catalogue minus what was rated, for all 6,040 users, from the same factors of width 64:
ours (models.scoring), a blocked NumPy product with argpartition, and each peer's own way. All lists are compared with
ours; a list in a few thousand differs where two scores are equal but for rounding.
(2) Fits on 90% of the ratings, and the error on 5% that nobody has seen; the other 5% tell ours when to stop. Ours runs
with one setting, so that fits are compared and not searches; the peers' settings were tuned on the same 5%.
(3) The same for implicit feedback: fits to what was liked, and NDCG@20 of the whole catalogue on what is liked later.

Each way is a process of its own, with the same number of threads, turn by turn; imports, reading and a first run over a
few users are not counted. Peers: pip install 'trifuse[bench]'. LensKit 2025.8.1 wants pandas 2 where Trifuse has 3, so
that it needs an environment of its own; it is looked for in .venv/lenskit, or where --lenskit says:
  python -m venv .venv/lenskit && .venv/lenskit/bin/pip install lenskit==2025.8.1 torch==2.13.0
A peer that is not found is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from recommender_peers.cornac_way import cornac_lists, cornac_mf
from recommender_peers.data import WIDTH, Data, Way, matrix, prepared, ratings
from recommender_peers.implicit_way import implicit_als, implicit_lists
from recommender_peers.lenskit_way import biased_mf, item_knn, lenskit_als, lenskit_lists, lenskit_ratings
from recommender_peers.numpy_way import numpy_lists
from recommender_peers.our_way import our_lists, our_model

LENSKIT = Path(sys.prefix) / "lenskit/bin/python"


@dataclass(frozen=True)
class Table:
    """Ways to the same end; ours is the first, and the others are set against it."""

    title: str
    measure: str
    ways: Mapping[str, Way]


SVD = our_model("svd", ranks=(WIDTH,), regularisations=(0.05,))
KNN = our_model("item-cf", neighbours=(200,), shrinkages=(20.0,), exponents=(1.5,), dampings=(1.0,),
                user_shrinkages=(5.0,), item_shrinkages=(2.0,))  # fmt: skip
ALS = our_model("ials", positives=("liked",), ranks=(WIDTH,), regularisations=(30.0,), confidences=(4.0,),
                prior_weights=(0.0,), half_lives=(None,))  # fmt: skip
TABLES = (
    Table("Lists of ten from factors of width 64", "same lists", {
        "ours": our_lists, "NumPy, blocks of 512": numpy_lists, "implicit": implicit_lists, "Cornac": cornac_lists,
        "LensKit": lenskit_lists,
    }),
    Table("Biased matrix factorisation", "test RMSE", {
        "ours (svd)": SVD, "Cornac MF": cornac_mf, "LensKit BiasedMF": lenskit_ratings(biased_mf),
    }),
    Table("Item neighbourhoods", "test RMSE", {
        "ours (item-cf)": KNN, "LensKit ItemKNN": lenskit_ratings(item_knn),
    }),
    Table("Implicit ALS", "NDCG@20", {
        "ours (ials)": ALS, "implicit": implicit_als, "LensKit ImplicitMF": lenskit_als,
    }),
)  # fmt: skip


def compare(table: Table, kind: str, file: Path, pythons: Mapping[str, str], arguments: argparse.Namespace) -> None:
    """Turn by turn, so that a slow minute of the machine hits all. Ways of more than a minute have one turn."""
    data, turns = dict(np.load(file)), arguments.turns if table.measure == "same lists" else arguments.fits
    print(f"\n{table.title}: {kind}, {arguments.threads} threads", flush=True)
    seconds: dict[str, list[float]] = {name: [] for name in table.ways}
    found: dict[str, np.ndarray] = {}
    for _ in range(turns):
        for name in table.ways:
            python = pythons.get(name.split()[0], sys.executable)
            if python and max(seconds[name], default=0) < 60:
                taken, found[name] = timed(table.title, name, python, file, arguments.threads)
                seconds[name].append(taken)
    first = seconds[next(iter(table.ways))]
    print(f"{'':<28}{'median s':>10}{'times ours':>18}  {'each turn':<36}{table.measure:>12}")
    for name, times in seconds.items():
        if not times:
            print(f"{name:<28}left out: {name.split()[0]} was not found (see --help)")
            continue
        turns_told = ", ".join(f"{second:.2f}" for second in times)
        ratio = statistics.median(own / base for own, base in zip(times, first, strict=False))
        judged = judge(table.measure, found, name, data)
        print(f"{name:<28}{statistics.median(times):>10.2f}{ratio:>18.2f}  {turns_told:<36}{judged:>12.4f}", flush=True)


def judge(measure: str, found: Mapping[str, np.ndarray], name: str, data: Data) -> float:
    """Share of lists that are ours; or the error, or the NDCG, on the test fold."""
    from models.metrics import ranking_metrics, rmse

    result, test = found[name], data["fold"] == 2
    if measure == "same lists":
        return float(np.mean(np.all(result == next(iter(found.values())), axis=1)))
    if measure == "test RMSE":
        return rmse(data["ratings"][test], np.clip(result, 1, 5))
    likes = matrix(data, test & (data["ratings"] >= 4))
    users = np.flatnonzero(np.diff(likes.indptr))
    return float(np.mean(ranking_metrics(result[users], likes[users])["ndcg"]))


def timed(title: str, name: str, python: str, file: Path, threads: int) -> tuple[float, np.ndarray]:
    """Seconds, and what came out, of one way in a process of its own."""
    target = file.with_name("result.npy")
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    command = [
        python,
        "-W",
        "ignore",
        __file__,
        "--threads",
        str(threads),
        "--way",
        title,
        name,
        str(file),
        str(target),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | limits)
    if done.returncode:
        raise SystemExit(f"recommenders.py: {name} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1]), np.load(target)


def way(title: str, name: str, file: str, target: str, threads: int) -> None:
    """Go one way, print the seconds and write what came out."""
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(threads)
    table = next(table for table in TABLES if table.title == title)
    run = table.ways[name](dict(np.load(file)), threads)
    started = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - started
    np.save(target, result())
    print(seconds, flush=True)


def has(python: str, module: str) -> bool:
    """Whether that Python can find the module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    try:
        return subprocess.run([python, "-c", code]).returncode == 0
    except OSError:
        return False


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5, help="turns of the lists, 0: none; the median counts")
    parser.add_argument("--fits", type=int, default=1, help="turns of the fits, 0: none")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of every way")
    parser.add_argument("--lenskit", default=str(LENSKIT), help="a Python that has LensKit")
    parser.add_argument("--way", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        way(*arguments.way, arguments.threads)
        return
    pythons = {
        "Cornac": sys.executable if has(sys.executable, "cornac") else "",
        "LensKit": next((python for python in (arguments.lenskit, sys.executable) if has(python, "lenskit")), ""),
    }
    kind, data = ratings(Path(os.environ.get("TRIFUSE_RAW", "")))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.npz"
        np.savez(file, **prepared(data))
        for table in TABLES:
            if arguments.turns if table.measure == "same lists" else arguments.fits:
                compare(table, kind, file, pythons, arguments)


if __name__ == "__main__":
    main()
