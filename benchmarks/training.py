"""How fast the poster transformer trains: python benchmarks/training.py [--epochs 3] [--cpu-ratings 60000].

Trains on MovieLens 1M (TRIFUSE_RAW/ml-1m; a generated fold of the same size where it is absent), with vectors of random
numbers for titles, introductions and posters, as for speed their values do not matter. Prints ratings a second of every
epoch, how busy the GPU was, the peak memory, and the ratio to the CPU of the same machine. Without a GPU it times the
CPU alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from models.data import Features, Field, Interactions

SIZES = (6040, 3952, 1_000_209)
"""Users, items and ratings of MovieLens 1M; item ids go up to 3952."""


def ratings() -> tuple[Interactions, str]:
    """All ratings, and where they are from."""
    path = Path(os.environ.get("TRIFUSE_RAW", "../shared/data")) / "ml-1m" / "ratings.dat"
    n_users, n_items, n = SIZES
    if path.exists():
        table = np.array([line.split(b"::") for line in path.read_bytes().split()], dtype=np.int64)
        users, items, stars, times = table[:, 0] - 1, table[:, 1] - 1, table[:, 2], table[:, 3]
        return Interactions(users.astype(np.int32), items.astype(np.int32), stars.astype(np.float32), times), str(path)
    random = np.random.default_rng(0)
    cells = random.choice(n_users * n_items, n, replace=False)
    users, items = np.divmod(cells, n_items)
    stars = random.integers(1, 6, n).astype(np.float32)
    return Interactions(users.astype(np.int32), items.astype(np.int32), stars, np.full(n, -1)), "generated"


def features() -> Features:
    """MovieLens' fields and three vectors an item, of random values."""
    random, (n_users, n_items, _) = np.random.default_rng(1), SIZES
    codes = {"age": 8, "zip": 700, "occupation": 22, "gender": 3}
    users = {name: Field(random.integers(0, size, n_users).astype(np.int32), size) for name, size in codes.items()}
    genres = Field((random.random((n_items, 18)) < 0.1).astype(np.float32), 18)
    widths = {"image": 192, "title": 384, "introduction": 384}
    vectors = {name: random.normal(size=(n_items, width)).astype(np.float32) for name, width in widths.items()}
    return Features(n_users, n_items, (1.0, 2.0, 3.0, 4.0, 5.0), users, {"genre": genres}, vectors)


def trained(data: Interactions, about: Features, device: str, epochs: int, **config: object) -> list[float]:
    """Seconds of each epoch, its validation included, of one network on this device."""
    from models.fusion.poster_transformer import PosterTransformer

    rows = np.random.default_rng(0).permutation(len(data))
    valid, train = data.take(rows[: len(rows) // 20]), data.take(rows[len(rows) // 20 :])
    settings = PosterTransformer.Config(restarts=1, epochs=epochs, patience=epochs, **config)
    model = PosterTransformer(settings, variant="cro")
    report = model.fit(train, valid, about, device=device, progress=lambda line: print("   ", line, flush=True))
    return [row["seconds"] for row in report.curve]


def measured(label: str, n_train: int, seconds: list[float]) -> float:
    """Print an epoch a line; the rate of all epochs but the first, which warms up (or of the only one)."""
    for number, one in enumerate(seconds, 1):
        print(f"{label}: epoch {number}: {one:.2f} s, {n_train / one:,.0f} ratings/s", flush=True)
    return n_train * len(seconds[1:] or seconds) / sum(seconds[1:] or seconds)


def main() -> None:
    """Time what the machine has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3, help="epochs on the GPU; the first one warms up")
    parser.add_argument(
        "--cpu-ratings", type=int, default=60_000, help="ratings of the CPU's one epoch, of the same batch"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the CPU")
    parser.add_argument("--width", type=int, nargs="+", default=[64], help="lengths of a token; the paper has 768")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(arguments.threads)
    data, source = ratings()
    about = features()
    print(f"{len(data):,} ratings ({source}); torch {torch.__version__}, {arguments.threads} threads")
    for width in arguments.width:
        run(data, about, width, arguments)


def run(data: Interactions, about: Features, width: int, arguments: argparse.Namespace) -> None:
    """One width on the GPU, eager and compiled, and on the CPU."""
    import torch

    rates = {}
    if torch.cuda.is_available():
        from assets.vectors.utilization import Utilization

        print(torch.cuda.get_device_name())
        for compiled in (False, True):
            label = f"cuda, width {width}, {'compiled' if compiled else 'eager'}"
            torch.cuda.reset_peak_memory_stats()
            began = time.perf_counter()
            with Utilization(0.2) as busy:
                seconds = trained(data, about, "cuda", arguments.epochs, width=width, compile=compiled)
            rates[label] = measured(label, len(data) * 19 // 20, seconds)
            peak = torch.cuda.max_memory_allocated() / 2**20
            print(
                f"{label}: whole fit {time.perf_counter() - began:.1f} s, GPU busy {busy.facts()}, peak {peak:.0f} MiB"
            )
    some = data.take(np.random.default_rng(2).permutation(len(data))[: arguments.cpu_ratings])
    label = f"cpu, width {width}"
    seconds = trained(some, about, "cpu", 1, width=width, batch_size=8192)
    rates[label] = measured(label, len(some) * 19 // 20, seconds)
    for name, rate in rates.items():
        print(f"{name:32} {rate:12,.0f} ratings/s   {rate / rates[label]:8.1f} times the CPU")


if __name__ == "__main__":
    main()
