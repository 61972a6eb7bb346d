"""Any Hugging Face text encoder from a folder: [CLS] or mean pooling over the last layer, optionally L2-normalised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import torch
from transformers import AutoTokenizer

from models.encoders._compute import check_precision, choose_device, inference, text_precision
from models.encoders._transformers import load_model
from models.encoders.encoder import EncoderIdentity, Progress, TextEncoder
from models.encoders.folders import config, file_digest, read_json, require_weights, revision

POOLINGS = ("cls", "mean", "cls+l2", "mean+l2")
LONGEST = 512
"""Tokens of a text at most, where the model itself would take more."""
TOKENS_PER_BATCH = {"cpu": 4096, "cuda": 65_536}
"""Padded tokens that go through the model at once."""


class HuggingFaceText(TextEncoder):
    """Tokenises once, sorts by length, fills batches up to a token budget, and puts the order back."""

    def __init__(
        self,
        folder: Path,
        name: str,
        device: str = "auto",
        threads: int | None = None,
        pooling: str | None = None,
        precision: str | None = None,
    ) -> None:
        """pooling: one of POOLINGS; None: what the folder declares (sentence-transformers), else [CLS]."""
        require_weights(folder)
        self._device, self._threads = choose_device(device), threads
        self._precision = check_precision(precision or text_precision(self._device))
        self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self._tokenizer.padding_side = "right"
        self._pooling = _check_pooling(pooling or declared_pooling(folder), self._tokenizer, folder)
        model, _ = load_model(folder)  # poolings here never use its pooler
        self._model = (model.get_encoder() if model.config.is_encoder_decoder else model).to(self._device)
        self._longest = _longest(folder, self._tokenizer)
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=self._pooling,
            preprocessing=f"at most {self._longest} tokens; {_file_facts(folder)}",
            precision=self._precision,
            dimension=model.config.hidden_size,
            description=f"{name}: last layer of a {model.config.model_type} text encoder, {self._pooling} pooling.",
            classical=False,
        )

    @property
    def identity(self) -> EncoderIdentity:
        """Fixed when the folder is loaded."""
        return self._identity

    def _encode(self, texts: list[str], progress: Progress) -> np.ndarray:
        tokens = self._tokenizer(texts, truncation=True, max_length=self._longest)["input_ids"]
        vectors = np.empty((len(texts), self._identity.dimension), dtype=np.float32)
        done = 0
        with inference(self._device, self._precision, self._threads):
            for rows in batches([len(ids) for ids in tokens], TOKENS_PER_BATCH[self._device.type]):
                vectors[rows] = self._forward([tokens[row] for row in rows])
                done += len(rows)
                progress(done, len(texts))
        return vectors

    def _forward(self, tokens: list[list[int]]) -> np.ndarray:
        """float32 [len(tokens), d]; a batch too large for the GPU's memory is halved."""
        inputs = self._tokenizer.pad({"input_ids": tokens}, return_tensors="pt").to(self._device)
        try:
            hidden = self._model(**inputs).last_hidden_state
        except torch.cuda.OutOfMemoryError:
            if len(tokens) == 1:
                raise
            torch.cuda.empty_cache()
            half = len(tokens) // 2
            return np.concatenate([self._forward(tokens[:half]), self._forward(tokens[half:])])
        return pool(hidden.float(), inputs["attention_mask"], self._pooling).cpu().numpy()


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """float [n, d] from the last layer [n, tokens, d] and its mask [n, tokens]; padding never counts."""
    if pooling.startswith("cls"):
        pooled = hidden[:, 0]
    else:
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(pooled, dim=1) if pooling.endswith("+l2") else pooled


def batches(lengths: list[int], budget: int) -> Iterator[list[int]]:
    """Row numbers, longest texts first (memory runs out at once or never), each batch within the budget when padded."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: (-lengths[row], row)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def declared_pooling(folder: Path) -> str:
    """The pooling that a sentence-transformers folder declares; "cls" for any other. Raises ValueError if unknown."""
    about = read_json(folder / "1_Pooling" / "config.json")
    if not about:
        return "cls"
    modules = _modules(folder)
    chosen = [key for key, value in about.items() if key.startswith("pooling_mode_") and value is True]
    chosen = chosen or [str(about.get("pooling_mode"))]
    short = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "cls": "cls", "mean": "mean"}
    if len(chosen) != 1 or chosen[0] not in short or "Dense" in modules:
        raise ValueError(
            f"{folder.name}: its pooling ({', '.join(chosen)}; modules {', '.join(modules)}) is not one that is built "
            f"here; name one of {', '.join(POOLINGS)} to use it all the same"
        )
    return short[chosen[0]] + ("+l2" if "Normalize" in modules else "")


def _modules(folder: Path) -> list[str]:
    """Class names in modules.json, which unlike every other file here is a JSON list."""
    path = folder / "modules.json"
    return [str(part["type"]).rsplit(".", 1)[-1] for part in json.loads(path.read_text())] if path.is_file() else []


def _check_pooling(pooling: str, tokenizer: Any, folder: Path) -> str:
    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
    starts_with_cls = tokenizer.cls_token_id is not None and tokenizer("a")["input_ids"][0] == tokenizer.cls_token_id
    if pooling.startswith("cls") and not starts_with_cls:
        raise ValueError(f"{folder.name}: its texts do not begin with a [CLS] token; choose mean or mean+l2 pooling")
    return pooling


def _longest(folder: Path, tokenizer: Any) -> int:
    """Tokens that the model takes: the least of what its files say, at most LONGEST."""
    declared = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    positions = config(folder).get("max_position_embeddings")
    if positions and "roberta" in config(folder)["model_type"]:
        positions -= 2  # RoBERTa counts positions from 2
    return min(int(limit) for limit in (LONGEST, tokenizer.model_max_length, declared, positions) if limit)


def _file_facts(folder: Path) -> str:
    """Digests of the other files that decide the vectors."""
    names = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
    return ", ".join(f"{name} {file_digest(folder / name)[:12]}" for name in names if (folder / name).is_file())
