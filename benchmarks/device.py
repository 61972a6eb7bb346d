"""What encoders make of a GPU: python benchmarks/device.py [--device cuda] [--texts 100000] [--pictures 20000].

First the device's own rate: the largest bfloat16 matrix product that it was seen to do. Then BERT-base at 128 tokens
and ViT-B/16 at 224 pixels, the model only, as a share of that rate. Last the whole way, raw texts and JPEG files to
Parquet, in items a second, with what limits it and the peak memory. Weights are random: for speed their values do not
matter. `--device cpu --small` tries the script itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WORDS = [
    f"{start}{end}" for start in ("lo", "mi", "ra", "te", "su", "ka", "ne", "vo") for end in ("n", "r", "st", "l", "m")
]


def matrix_rate(device: str, size: int) -> float:
    """Floating-point operations a second of a bfloat16 product [size, size] x [size, size]; the best of ten."""
    import torch

    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / best_seconds(lambda: a @ b, device, 10)


def best_seconds(work: Callable[[], Any], device: str, rounds: int) -> float:
    """Of so many rounds, after one to warm up."""
    import torch

    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    times = []
    for _ in range(rounds + 1):
        wait()
        started = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - started)
    return min(times[1:])


def operations(work: Callable[[], Any]) -> int:
    """Floating-point operations of one call, counted by torch."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def text_folder(folder: Path, small: bool) -> Path:
    """A BERT of the base shape (the small one: two layers) with random weights and a word tokenizer."""
    import models.encoders._torchvision_cpu

    # isort: split
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    shape = (
        {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512}
        if small
        else {}
    )
    BertModel(BertConfig(**shape), add_pooling_layer=False).save_pretrained(folder / "bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words = Tokenizer(models.WordLevel({word: code for code, word in enumerate(special + WORDS)}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, **names).save_pretrained(folder / "bert")
    return folder / "bert"


def image_folder(folder: Path, small: bool) -> Path:
    """A ViT-B/16 (the small one: ViT-Ti/16) with random weights, in timm's layout."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import timm
    from safetensors.torch import save_file

    name = "vit_tiny_patch16_224" if small else "vit_base_patch16_224"
    (folder / "vit").mkdir()
    model = timm.create_model(name, num_classes=0)
    save_file(model.state_dict(), folder / "vit" / "model.safetensors")
    known = {"input_size": [3, 224, 224], "mean": [0.5] * 3, "std": [0.5] * 3, "num_classes": 0}
    known |= {"interpolation": "bicubic", "crop_pct": 0.9, "first_conv": "patch_embed.proj", "classifier": "head"}
    about = {"architecture": name, "num_classes": 0, "pretrained_cfg": known}
    (folder / "vit" / "config.json").write_text(json.dumps(about))
    return folder / "vit"


def model_only(weights: tuple[Path, Path], device: str, rate: float, small: bool) -> None:
    """Share of the matrix rate that each model reaches, batch after batch, by batch size."""
    import torch

    from models.encoders._compute import inference
    from models.encoders.loading import image_encoder, text_encoder

    text = text_encoder(str(weights[0]), None, device, precision="bfloat16")
    image = image_encoder(str(weights[1]), None, device, precision="bfloat16")
    inputs = {
        "BERT, 128 tokens": (text._model, lambda n: (torch.randint(4, 40, (n, 128), device=device),)),
        "ViT, 224 px": (image._model, lambda n: (torch.randn(n, 3, 224, 224, device=device),)),
    }
    for name, (model, made) in inputs.items():
        for compiled in (False, True) if device == "cuda" else (False,):
            forward = torch.compile(model, dynamic=False) if compiled else model
            for size in (8,) if small else (64, 128, 256, 512):
                batch = made(size)
                with inference(torch.device(device), "bfloat16", None):
                    work = operations(lambda: model(*batch))  # noqa: B023
                    seconds = best_seconds(lambda: forward(*batch), device, 5)  # noqa: B023
                how = "compiled" if compiled else "eager"
                done = work / seconds
                print(f"{name:<20}{how:<10}batch {size:>4}{size / seconds:>12,.0f} a second{done / 1e12:>10.1f} TFLOP/s"
                      f"{done / rate:>8.0%} of the matrix rate", flush=True)  # fmt: skip


def whole_way(root: Path, weights: tuple[Path, Path], device: str, texts: int, pictures: int) -> None:
    """From raw texts and JPEG files to Parquet, as the assets do it."""
    import os

    import pandas as pd
    from PIL import Image

    from assets.embeddings import ITEM_TEXTS, PICTURES, choice, embedded
    from assets.home import Home

    home = Home(root=str(root / "home"), text_encoder=str(weights[0]), image_encoder=str(weights[1]), device=device,
                text_precision="bfloat16", image_precision="bfloat16", threads=os.cpu_count() or 1)  # fmt: skip
    name, drawn = "sample-shop", random.Random(0)
    folder = home.landing / "samples" / name
    folder.mkdir(parents=True)
    rows = []
    for number in range(pictures):
        noise = np.random.default_rng(number).integers(0, 256, (24, 16, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(noise).resize((400, 600), Image.Resampling.BICUBIC).save(path, quality=85)
        data = path.read_bytes()
        about = {"image_id": str(number), "path": path.name, "bytes": len(data), "status": "found"}
        rows.append({"item_id": f"i{number}", **about, "sha256": hashlib.sha256(data).hexdigest()})
    titles = [
        " ".join(drawn.choices(WORDS, k=drawn.randint(20, 200))) + f" {row}" for row in range(max(texts, pictures))
    ]
    items = pd.DataFrame({"item_id": [f"i{row}" for row in range(len(titles))], "title": titles})
    home.table(name, "items").parent.mkdir(parents=True)
    items.assign(description=pd.Series([None] * len(items), dtype="string")).to_parquet(home.table(name, "items"))
    images = pd.DataFrame(rows).assign(fetched_at=pd.Series([pd.NaT] * len(rows), dtype="datetime64[us]"))
    images.to_parquet(home.table(name, "images"))
    for kind, sources in (("text", ITEM_TEXTS[:1]), ("image", PICTURES)):
        made = embedded(home, name, choice(home, kind), sources, True, lambda line: print(f"  {line}", flush=True))
        print(kind, json.dumps(made.metadata["engine"], indent=2, default=str), flush=True)


def main() -> None:
    """Print the table."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="where to compute")
    parser.add_argument("--texts", type=int, default=100_000, help="texts of 20 to 200 words")
    parser.add_argument("--pictures", type=int, default=20_000, help="JPEG files of 400 x 600 pixels")
    parser.add_argument("--small", action="store_true", help="small models and matrices")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("device.py: torch sees no CUDA device here, so nothing was measured.")
        sys.exit(0)
    name = torch.cuda.get_device_name() if arguments.device == "cuda" else "CPU"
    rate = matrix_rate(arguments.device, 2048 if arguments.small else 16_384)
    print(f"{name}: bfloat16 matrix product {rate / 1e12:.1f} TFLOP/s; torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        weights = text_folder(root, arguments.small), image_folder(root, arguments.small)
        model_only(weights, arguments.device, rate, arguments.small)
        whole_way(root, weights, arguments.device, arguments.texts, arguments.pictures)


if __name__ == "__main__":
    main()
