"""Encoding against the usual ways: python benchmarks/embeddings.py [--texts 5000] [--pictures 3872] [--repeats 3].

Texts: the IMDB reviews below TRIFUSE_RAW, through the MiniLM folder below TRIFUSE_WEIGHTS, against `encode` of
sentence-transformers at its defaults (pip install 'trifuse[bench]'). Pictures: the MovieLens posters through the ViT-Ti
folder, against the plain loop over timm with a DataLoader, decoding included. Turn by turn, each way in a process of
its own (ours changes how its process allocates memory, which would help the peer too), with the same number of threads;
loading is not counted. Cosines are between our vectors and the peer's. Last, the peak memory of a whole encode at
10,000 and 100,000 items.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MINILM, VIT = "all-MiniLM-L6-v2", "vit_tiny_patch16_224-timm"
Way = Callable[[Path, list[Any], int], Callable[[], np.ndarray]]
"""From weights, contents and threads to what is timed."""


def reviews(raw: Path, count: int) -> list[str]:
    """So many IMDB reviews, shuffled."""
    with gzip.open(raw / "imdb/aclImdb_train.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    return random.Random(0).sample(texts, min(count, len(texts)))


def sentence_transformers(weights: Path, texts: list[str], _threads: int) -> Callable[[], np.ndarray]:
    """As its documentation shows."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(weights / MINILM), device="cpu")
    peer.encode(texts[:64])
    return lambda: peer.encode(texts)


def our_texts(precision: str) -> Way:
    """Our text encoder."""

    def prepare(weights: Path, texts: list[str], threads: int) -> Callable[[], np.ndarray]:
        from models.encoders.loading import text_encoder

        encoder = text_encoder(MINILM, weights, "cpu", threads, precision=precision)
        encoder.encode(texts[:64])
        return lambda: encoder.encode(texts)

    return prepare


def our_pictures(precision: str) -> Way:
    """Our image encoder."""

    def prepare(weights: Path, paths: list[Path], threads: int) -> Callable[[], np.ndarray]:
        from models.encoders.loading import image_encoder

        encoder = image_encoder(VIT, weights, "cpu", threads, precision=precision)
        encoder.encode(paths[:64])
        return lambda: encoder.encode(paths)

    return prepare


def timm_loop(workers: int) -> Way:
    """What timm's documentation shows, over a DataLoader."""

    def prepare(weights: Path, paths: list[Path], _threads: int) -> Callable[[], np.ndarray]:
        import models.encoders._torchvision_cpu  # noqa: F401

        # isort: split
        import timm
        import torch
        from PIL import Image

        model = timm.create_model(f"local-dir:{weights / VIT}", pretrained=True, num_classes=0).eval()
        transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)

        class Pictures(torch.utils.data.Dataset):
            def __len__(self) -> int:
                return len(paths)

            def __getitem__(self, row: int) -> torch.Tensor:
                return transform(Image.open(paths[row]).convert("RGB"))

        def encode() -> np.ndarray:
            with torch.inference_mode():
                loader = torch.utils.data.DataLoader(Pictures(), batch_size=32, num_workers=workers)
                return np.concatenate([model(pixels).numpy() for pixels in loader])

        with torch.inference_mode():
            model(torch.zeros(32, 3, 224, 224))
        return encode

    return prepare


TEXT_WAYS = {
    "sentence-transformers": sentence_transformers,
    "ours, float32": our_texts("float32"),
    "ours, bfloat16": our_texts("bfloat16"),
}
"""The peer first."""
PICTURE_WAYS = {
    "timm + DataLoader, in this process": timm_loop(0),
    "timm + DataLoader, 2 workers": timm_loop(2),
    "ours, float32": our_pictures("float32"),
    "ours, bfloat16": our_pictures("bfloat16"),
}
"""The peers first: both are usual, and the faster one counts."""
WAYS: dict[str, dict[str, Way]] = {"text": TEXT_WAYS, "picture": PICTURE_WAYS}


def compare(title: str, kind: str, peers: int, count: int, repeats: int) -> None:
    """Turn by turn, so that a slow minute of the machine hits all. Prints medians and the ratios of each turn."""
    ways = WAYS[kind]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    vectors = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repeats):
            for name in ways:
                path = Path(folder) / "vectors.npy"
                command = [sys.executable, __file__, "--way", kind, name, str(count), str(path)]
                seconds[name].append(float(subprocess.run(command, check=True, capture_output=True).stdout.split()[-1]))
                vectors[name] = np.load(path)
    best = [min(turn) for turn in zip(*list(seconds.values())[:peers], strict=True)]
    expected = vectors[next(iter(ways))]
    print(f"\n{title}: {len(expected):,}, {repeats} turns")
    print(f"{'':<36}{'median s':>9}{'a second':>10}{'times the peer':>16}{'  (each turn)':<26}{'least cosine':>14}")
    for name, times in seconds.items():
        ratios = [peer / own for peer, own in zip(best, times, strict=True)]
        turns = f"  ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        second, cosine = statistics.median(times), least_cosine(vectors[name], expected)
        print(f"{name:<36}{second:>9.2f}{len(expected) / second:>10.1f}{statistics.median(ratios):>16.2f}{turns:<26}"
              f"{cosine:>14.6f}", flush=True)  # fmt: skip


def way(kind: str, name: str, count: int, target: Path) -> None:
    """Encode in one way, print the seconds and write the vectors."""
    import torch

    threads = os.cpu_count() or 1
    torch.set_num_threads(threads)
    raw, weights = folders()
    contents = reviews(raw, count) if kind == "text" else sorted((raw / "movielens/posters").rglob("*.jpg"))[:count]
    encode = WAYS[kind][name](weights, contents, threads)
    started = time.perf_counter()
    vectors = encode()
    print(time.perf_counter() - started, flush=True)
    np.save(target, vectors)


def folders() -> tuple[Path, Path]:
    """TRIFUSE_RAW and TRIFUSE_WEIGHTS."""
    return Path(os.environ.get("TRIFUSE_RAW", "")), Path(os.environ.get("TRIFUSE_WEIGHTS", ""))


def least_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Over the rows of both."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min())


def memory(weights: Path, counts: list[int]) -> None:
    """Peak memory of the encode of a dataset's titles, from the items table to the matrix."""
    print("\nPeak memory of a whole encode (items table to matrix, MiniLM, titles of 8 words)")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--child", folder, str(weights), str(count)]
            found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(f"{count:>10,} items{float(found[-2]):>10.1f} s{float(found[-1]):>10,.0f} MB", flush=True)


def child(folder: Path, weights: Path, count: int) -> None:
    """Encode `count` titles in an empty home; print seconds and peak memory in MB."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from assets.embeddings import ITEM_TEXTS, choice, embedded
    from assets.home import Home

    home = Home(root=str(folder), weights=str(weights), text_encoder=MINILM, threads=os.cpu_count() or 1)
    table = home.table("sample-shop", "items")
    table.parent.mkdir(parents=True)
    schema = pa.schema({"item_id": pa.string(), "title": pa.string(), "description": pa.string()})
    words = random.Random(0)
    with pq.ParquetWriter(table, schema) as writer:
        for start in range(0, count, 10_000):
            titles = [" ".join(f"{words.choice('aeiou')}{words.randrange(5000)}" for _ in range(4)) + f" {row}"
                      for row in range(start, min(start + 10_000, count))]  # fmt: skip
            ids = [f"i{start + row}" for row in range(len(titles))]
            writer.write_table(pa.table([ids, titles, [None] * len(ids)], schema=schema))
    started = time.perf_counter()
    embedded(home, "sample-shop", choice(home, "text"), ITEM_TEXTS[:1], True, lambda line: None)
    print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
    os._exit(0)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=5000, help="how many reviews; 0: none")
    parser.add_argument("--pictures", type=int, default=3872, help="how many posters; 0: none")
    parser.add_argument("--repeats", type=int, default=3, help="turns; the median counts")
    parser.add_argument("--memory", default="10000,100000", help="items, with commas; empty: not measured")
    parser.add_argument("--way", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        folder, weights, count = arguments.child
        child(Path(folder), Path(weights), int(count))
    if arguments.way:
        kind, name, count, target = arguments.way
        way(kind, name, int(count), Path(target))
        return
    raw, weights = folders()
    if not (weights / MINILM).is_dir():
        print(f"embeddings.py: TRIFUSE_WEIGHTS holds no {MINILM}, so nothing was measured.")
        return
    if importlib.util.find_spec("sentence_transformers") is None:
        print(
            "embeddings.py: sentence-transformers is not installed (pip install 'trifuse[bench]'): texts are left out."
        )
    elif arguments.texts and (raw / "imdb").is_dir():
        compare("IMDB reviews through MiniLM", "text", 1, arguments.texts, arguments.repeats)
    if arguments.pictures and (raw / "movielens/posters").is_dir():
        compare("Posters through ViT-Ti/16", "picture", 2, arguments.pictures, arguments.repeats)
    if arguments.memory:
        memory(weights, [int(count) for count in arguments.memory.split(",")])


if __name__ == "__main__":
    main()
