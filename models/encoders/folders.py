"""Model folders on disk: what kind each one is, where its weights are, and which bytes they hold."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

WEIGHTS = "model.safetensors"
TEXT_DEFAULTS = ("bert-base-uncased",)
IMAGE_DEFAULTS = ("vit-base-patch16-224", "vit_base_patch16_224")
"""The papers' own encoders (Xia et al. 2024; Jiang 2024), preferred among local folders."""
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model")
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_COMMIT = re.compile("[0-9a-f]{40}")
_TRANSFORMERS = ("vit", "deit", "beit", "dino", "swin", "siglip", "clip", "eva")


def config(folder: Path) -> dict[str, Any]:
    """The folder's config.json; {} where there is none. Raises ValueError where it is not a JSON object."""
    return read_json(folder / "config.json")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; {} where the file is not there. Raises ValueError for anything else."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: a JSON object was expected, not {type(found).__name__}")
    return found


def is_timm(folder: Path) -> bool:
    """A timm image model: its config names an `architecture`."""
    return isinstance(config(folder).get("architecture"), str)


def is_pair(folder: Path) -> bool:
    """A Hugging Face pair of towers that map text and image into one space: CLIP, SigLIP and their kin."""
    about = config(folder)
    return "text_config" in about and "vision_config" in about


def is_image(folder: Path) -> bool:
    """A timm model, or a Hugging Face model with an image processor."""
    return is_timm(folder) or (_prepares(folder) and not is_audio(folder))


def is_audio(folder: Path) -> bool:
    """A Hugging Face model with a feature extractor of sounds: its file names their rate, an image processor's none."""
    return _prepares(folder) and "sampling_rate" in read_json(folder / _PROCESSORS[0])


def _prepares(folder: Path) -> bool:
    return "model_type" in config(folder) and any((folder / name).is_file() for name in _PROCESSORS)


def is_text(folder: Path) -> bool:
    """A Hugging Face model with a tokenizer and no image processor or extractor of sounds, or a pair of towers."""
    tokenizer = any((folder / name).is_file() for name in _TOKENIZERS)
    return (
        tokenizer and "model_type" in config(folder) and (is_pair(folder) or not (is_timm(folder) or _prepares(folder)))
    )


def find_text(weights: Path) -> Path | None:
    """The text encoder in a folder of model folders: the papers' own, else the first by name, a pair of towers last."""
    found = [folder for folder in _model_folders(weights) if is_text(folder)]
    return min(
        found, key=lambda folder: (not _named(folder, TEXT_DEFAULTS), is_pair(folder), folder.name), default=None
    )


def find_image(weights: Path) -> Path | None:
    """The image encoder in a folder of model folders: the papers' own, else a transformer, else the first by name.

    A pair of towers comes after the other transformers and before a CNN.
    """
    found = [folder for folder in _model_folders(weights) if is_image(folder)]

    def rank(folder: Path) -> tuple[bool, bool, bool, str]:
        return not _named(folder, IMAGE_DEFAULTS), not _is_transformer(folder), is_pair(folder), folder.name

    return min(found, key=rank, default=None)


def find_audio(weights: Path) -> Path | None:
    """The audio encoder in a folder of model folders: the first by name."""
    return min((folder for folder in _model_folders(weights) if is_audio(folder)), default=None)


def _model_folders(weights: Path) -> list[Path]:
    """Folders with a config and safetensors weights, one or two levels down (`name/` or `owner/name/`)."""
    configs = [*weights.glob("*/config.json"), *weights.glob("*/*/config.json")]
    return sorted(path.parent for path in configs if weight_files(path.parent))


def _named(folder: Path, names: tuple[str, ...]) -> bool:
    return any(folder.name.startswith(name) for name in names)


def _is_transformer(folder: Path) -> bool:
    about = config(folder)
    return str(about.get("architecture") or about.get("model_type")).startswith(_TRANSFORMERS)


def weight_files(folder: Path) -> list[Path]:
    """model.safetensors, or the shards that its index names, in order; [] where there are none."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    shards = read_json(folder / f"{WEIGHTS}.index.json").get("weight_map", {})
    return [folder / name for name in sorted(set(shards.values())) if (folder / name).is_file()]


def require_weights(folder: Path) -> None:
    """Raises ValueError where the folder has no safetensors weights; other formats may run code when read."""
    if not weight_files(folder):
        raise ValueError(
            f"{folder} holds no {WEIGHTS}. Only safetensors weights are read, since the older .bin and .pt files may "
            "run code when opened: convert them first (save_pretrained writes safetensors)."
        )


def revision(folder: Path) -> str:
    """sha256 of model.safetensors; for several shards, sha256 over their sha256 in order of name."""
    digests = [file_digest(path) for path in weight_files(folder)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def hub_commit(folder: Path) -> str | None:
    """The commit (40 hexadecimal digits) of a folder in the hub's cache; None for any other folder."""
    return folder.name if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name) else None


def file_digest(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
