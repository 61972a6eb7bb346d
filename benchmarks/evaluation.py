"""What judging costs beside training: python benchmarks/evaluation.py [ml-1m] [--protocol global-time] [--seed 0].

Judges every model that stands trained under TRIFUSE_HOME once more, over the full catalogue minus what was seen, with
slices, diversity and bootstrap intervals, and prints seconds and their share of the model's training; in brackets those
of the processor, as on a busy machine the others tell of the other work. Nothing is written.
`trifuse run ml-1m --protocol global-time --seeds 0` trains all of them first.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from assets.cells import Cell
from assets.files import read_json
from assets.judging import Judge
from assets.manifests import Manifests
from orchestration.resources import home
from orchestration.settings import Settings


def main() -> None:
    """Print a line a model, and the share of all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?", default="ml-1m")
    parser.add_argument("--protocol", default="global-time")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    here = home(Settings.from_environment())
    found = [Cell.parse(m.partition) for m in Manifests(here.path).partitions("recommender", f"{asked.dataset}|")
             if m.partition.count("|") == 4]  # fmt: skip
    cells = [cell for cell in found if (cell.protocol, cell.seed) == (asked.protocol, asked.seed)]
    if not cells:
        print(
            f"evaluation: no model of {asked.dataset} is trained under {asked.protocol} in {here.path}; nothing to time"
        )
        return
    judge = Judge(here, asked.dataset)
    judge.catalog()
    print(f"{asked.dataset}, {asked.protocol}, {here.threads} threads: {len(cells)} models")
    fits = [(cell, read_json(cell.folder(here) / "record.json")["fit_seconds"]) for cell in cells]
    spent = [_timed(judge, cell, fit) for cell, fit in fits]
    _tell("all", sum(fit for _, fit in fits), *(sum(part) for part in zip(*spent, strict=True)))


def _timed(judge: Judge, cell: Cell, fit: float) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    list(judge.measure(cell))
    spent = time.perf_counter() - wall, time.process_time() - processor
    _tell(f"{cell.model} {cell.variant}", fit, *spent)
    return spent


def _tell(name: str, fit: float, wall: float, processor: float) -> None:
    shares = f"{wall / fit:.1%} ({processor / fit:.1%})"
    print(f"{name:32}{fit:9.1f} s fit{wall:9.2f} s ({processor:.2f}) judged   {shares}", flush=True)


if __name__ == "__main__":
    main()
