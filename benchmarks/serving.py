"""How long queries wait while the snapshot is replaced as fast as it can be: `python benchmarks/serving.py [QUERIES]`.

One process publishes what TRIFUSE_HOME holds again and again; this one asks, opening the file anew for each query.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from orchestration import tables  # noqa: E402
from orchestration.settings import Settings  # noqa: E402

PUBLISH = """
import sys
from pathlib import Path
from assets.files import atomic_file
from assets.home import Home
from assets.manifests import Manifests
from assets.datasets import datasets
from assets.serving import publish
home, target = Home(root=sys.argv[1]), Path(sys.argv[2])
names = [name for name in datasets() if Manifests(home.path).current("items", name)]
while True:
    with atomic_file(target) as path:
        path.unlink()
        publish(home, names, path, lambda line: None)
    print("published", flush=True)
"""


def measure(queries: int) -> None:
    """Print the longest and the median wait, and how often the snapshot was replaced meanwhile."""
    home = Settings.from_environment().home
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "serving.duckdb"
        command = [sys.executable, "-c", PUBLISH, str(home), str(target)]
        publishing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            publishing.stdout.readline()
            waits = np.array([_wait(target) for _ in range(queries)])
        finally:
            publishing.kill()
            published = publishing.communicate()[0].count("published")
    print(f"{'queries':>8} {'replaced':>9} {'median, ms':>11} {'longest, ms':>12}")
    print(f"{queries:>8} {published:>9} {1000 * np.median(waits):>11.1f} {1000 * waits.max():>12.1f}")


def _wait(target: Path) -> float:
    started = time.monotonic()
    tables.answer(target, "SELECT dataset, metric, count(*) FROM metrics GROUP BY ALL")
    return time.monotonic() - started


if __name__ == "__main__":
    measure(int(sys.argv[1]) if sys.argv[1:] else 1000)
