"""One `trifuse run` here, on a Ray cluster of one node, of two, and of two of which one is lost in the middle.

    TRIFUSE_WEIGHTS=~/weights python benchmarks/nightly/two_nodes.py [--dataset sample-movies] [--seeds 0,1]
    python benchmarks/nightly/two_nodes.py --dataset ml-100k --models svd --seeds 0 --lose-at "side by side"

Each run starts from the same home, in which everything before the vectors is made, with one thread a node. Printed are
its seconds, and those of encoding, training and ranking, which Ray shares; for a training that was the only one, on how
many nodes its trials were made, round by round; then whether the final tables are equal to those made here. Exit status
1 where they are not.
Without TRIFUSE_WEIGHTS the classical encoders are used: they learn from all contents at once, so that only training and
ranking are shared. The nodes are processes of this machine: they gain only as much as it has processors.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from assets.manifests import Manifests
from benchmarks.nightly.kills import FIXED, contents

NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
SHARED = {
    "encoding": ("text_embeddings", "image_embeddings", "review_embeddings", "user_embeddings"),
    "training": ("recommender",),
    "ranking": ("recommendations",),
}
"""Assets by what they do."""


def main() -> None:
    """Four runs, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--dataset", default="sample-movies")
    asked.add_argument("--models", default="svd,jiang")
    asked.add_argument("--seeds", default="0,1")
    asked.add_argument("--lose-at", default="epoch", help="lose the node at the first line of progress with this text")
    asked.add_argument("--work", default=None, help="the folder to work in")
    options = asked.parse_args()
    os.environ.update({name: value for name, value in FIXED.items() if not _real_encoders(name)})
    with tempfile.TemporaryDirectory(prefix="nodes-", dir=options.work) as folder:
        sys.exit(compare(options, Path(folder)))


def _real_encoders(name: str) -> bool:
    return "ENCODER" in name and "TRIFUSE_WEIGHTS" in os.environ


def compare(options: argparse.Namespace, folder: Path) -> int:
    """Run and print; 1 where a run's tables differ from the first one's."""
    expected, wrong, begun = None, 0, folder / "begun"
    run(options, begun, Nodes(0), until="validation")
    for title, nodes, lose_at in (
        ("here, without Ray", 0, ""),
        ("one node", 1, ""),
        ("two nodes", 2, ""),
        ("two nodes, one is lost", 2, options.lose_at),
    ):
        home = shutil.copytree(begun, folder / title.replace(" ", "-"))
        with Nodes(nodes) as cluster:
            seconds, said = run(options, home, cluster, lose_at)
        found = contents(home)
        expected = expected or found
        differ = [table for table in expected if found[table] != expected[table]]
        wrong += bool(differ)
        parts = ", ".join(f"{what} {took(home, assets):.1f}" for what, assets in SHARED.items())
        rounds = re.findall(r"(\d+) trials side by side on (\d+) nodes", said)
        parts += "; trials " + ", ".join(f"{trials} on {on}" for trials, on in rounds) if rounds else ""
        print(
            f"{title}: {seconds:.1f} s ({parts}); {'DIFFER: ' + ', '.join(differ) if differ else 'equal'}", flush=True
        )
    return int(bool(wrong))


class Nodes:
    """A Ray cluster of so many nodes beside a head that computes nothing; none at all for zero."""

    def __init__(self, count: int) -> None:
        self.count, self.address = count, ""

    def __enter__(self) -> Nodes:
        if self.count:
            from ray.cluster_utils import Cluster

            head = NODE | {"num_cpus": 0, "include_dashboard": False}
            self._cluster = Cluster(initialize_head=True, head_node_args=head)
            self.address = self._cluster.address
            self._nodes = [self._cluster.add_node(**NODE) for _ in range(self.count)]
            self._cluster.wait_for_nodes()
        return self

    def lose(self) -> None:
        """One node is gone, with all that it was doing."""
        self._cluster.remove_node(self._nodes.pop(), allow_graceful=False)

    def __exit__(self, *_raised: object) -> None:
        if self.count:
            self._cluster.shutdown()


def run(
    options: argparse.Namespace, home: Path, nodes: Nodes, lose_at: str = "", until: str = "serving"
) -> tuple[float, str]:
    """Seconds of the command, and what it said. lose_at: the text at whose first line a node is lost."""
    about = [options.dataset, "--models", options.models, "--seeds", options.seeds, "--protocol", "xia2024"]
    about += ["--until", until]
    command = [sys.executable, "-m", "orchestration.cli", "run", *about]
    environment = os.environ | {"TRIFUSE_HOME": str(home), "TRIFUSE_RAY_ADDRESS": nodes.address}
    started, said = time.monotonic(), []
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        said.append(line)
        if lose_at and lose_at in line:
            nodes.lose()
            print(f"  lost at: {line.strip()}", flush=True)
            lose_at = ""
    if process.wait() or lose_at:
        raise RuntimeError(f"the command ended with {process.returncode}: {''.join(said)[-2000:]}")
    return time.monotonic() - started, "".join(said)


def took(home: Path, assets: tuple[str, ...]) -> float:
    """Seconds of these assets' steps, as their manifests have them; a model's cells are inside its own step."""
    made = [manifest for manifest in Manifests(home).all_current() if manifest.asset in assets]
    return sum(m.metadata["seconds"] for m in made if m.asset != "recommender" or m.partition.count("|") == 1)


if __name__ == "__main__":
    main()
