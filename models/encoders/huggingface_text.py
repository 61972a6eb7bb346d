"""Any Hugging Face text encoder from a folder: one tower with a pooling of its last layer, or a pair's text half."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import torch
from transformers import AutoTokenizer

from models.encoders._attention import use_bmm
from models.encoders._compute import (
    check_precision,
    choose_device,
    device_precision,
    inference,
    instructions,
    keep_freed_memory,
)
from models.encoders._text_runner import TextRunner, choose_budget
from models.encoders._transformers import load_model
from models.encoders.ahead import ahead
from models.encoders.encoder import Advance, EncoderIdentity, Progress, TextEncoder, still
from models.encoders.folders import file_digest, hub_commit, require_weights, revision
from models.encoders.low_precision import freeze
from models.encoders.pooling import PROJECTED, choose_pooling, pool, pools_prefix
from models.encoders.tokens import TextTokens, declared_prompt, longest_input
from models.encoders.windows import Pieces, average

_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt")
_FILES += ("spiece.model", "sentencepiece.bpe.model")


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
        prefix: str = "",
        long_texts: str = "cut",
    ) -> None:
        """pooling: one of pooling.POOLINGS; None: what the folder declares (sentence-transformers), else [CLS]; a pair
        of towers: "projected". prefix: "" takes the folder's default prompt, if any. long_texts: "cut" or "windows".
        Raises ValueError for a bad option, and for a folder whose model cannot be used.
        """
        require_weights(folder)
        self._device, self._threads = choose_device(device), threads
        self._precision = check_precision(precision or device_precision(self._device))
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self._model, text_config = _load(folder)
        prompt, prefix = ("", prefix) if prefix else declared_prompt(folder)
        longest = longest_input(folder, tokenizer, text_config)
        self._tokens = TextTokens(tokenizer, longest, prefix, long_texts)
        begins_with_cls = self._tokens.lead[:1] == [tokenizer.cls_token_id]
        self._pooling = choose_pooling(pooling, folder, begins_with_cls)
        if prefix and not pools_prefix(folder):
            raise ValueError(f"{folder.name} leaves its prefix out of the pooling, which is not built here")
        self._long_texts, self._long = long_texts, 0
        self._runner = self._settle(tokenizer.pad_token_id or 0, longest, "siglip" in text_config.model_type)
        self._hub_commit = hub_commit(folder)
        at = f", hub commit {self._hub_commit}" if self._hub_commit else ""
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=self._pooling,
            preprocessing=f"at most {longest} tokens, long ones {long_texts}, prefix {prefix!r}; {_file_facts(folder)}",
            precision=self._precision,
            dimension=self._measure(),
            description=f"{name}: {_what(self._pooling)} of a {text_config.model_type} text encoder{at}"
            + (f", each text behind the folder's default prompt {prompt!r}." if prompt else "."),
            classical=False,
        )

    @property
    def identity(self) -> EncoderIdentity:
        """Fixed when the folder is loaded."""
        return self._identity

    @property
    def telemetry(self) -> dict[str, Any]:
        """Device, arithmetic, attention, budget, tokens put through, padding among them, ...: plain JSON values."""
        long = "windowed_texts" if self._long_texts == "windows" else "truncated_texts"
        return {
            "device": str(self._device),
            "precision": self._precision,
            "instructions": instructions(self._device),
            "threads": self._threads or torch.get_num_threads(),
            "attention": self._attention,
            "hub_commit": self._hub_commit,
            long: self._long,
            **self._runner.telemetry,
        }

    def stream(self, shards: Iterable[Sequence[str]], advance: Advance = still) -> Iterator[np.ndarray]:
        """As `encode`, shard by shard; the next shard is tokenised in a thread while the model computes this one."""
        with ThreadPoolExecutor(1, "tokens") as pool:
            for _, pieces in ahead(pool, self._tokens, shards, 2):
                yield self._vectors(pieces, advance)

    def _encode(self, texts: list[str], progress: Progress) -> np.ndarray:
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            progress(done, len(texts))

        return self._vectors(self._tokens(texts), advance)

    def _vectors(self, pieces: Pieces, advance: Advance) -> np.ndarray:
        """float32 [pieces.texts, d]; `advance` hears of a text when its last piece is through."""
        left = np.bincount(pieces.owners, minlength=pieces.texts)
        advance(int((left == 0).sum()))

        def passed(rows: list[int]) -> None:
            np.subtract.at(left, pieces.owners[rows], 1)
            advance(int((left[np.unique(pieces.owners[rows])] == 0).sum()))

        self._long += pieces.long
        if not pieces.ids:
            return np.zeros((pieces.texts, self.dimension), dtype=np.float32)
        with inference(self._device, self._precision, self._threads):
            found = self._runner.run(pieces.ids, passed)
        return average(found, pieces, unit=self._pooling.endswith("+l2"))

    def _settle(self, pad: int, longest: int, always_full: bool) -> TextRunner:
        """The model on its device, in its arithmetic, behind a runner."""
        if self._device.type == "cpu":
            keep_freed_memory()
        narrow = self._precision == "bfloat16"
        if narrow:
            freeze(self._model)
        bmm = narrow and self._device.type == "cpu" and use_bmm(self._model)
        self._attention = "bmm" if bmm else self._model.config._attn_implementation
        self._model.to(self._device)
        forward = partial(_forward, self._model, self._pooling)
        compiled: Callable[[], Any] | None = None
        if self._device.type == "cuda" and self._pooling != PROJECTED:
            compiled = lambda: partial(_forward, torch.compile(self._model, dynamic=True), self._pooling)  # noqa: E731
        budget = choose_budget(self._device)
        return TextRunner(forward, self._device, budget, pad, longest, always_full, compiled)

    def _measure(self) -> int:
        """The width of a vector: asked of the model, since configurations name it in many ways."""
        with inference(self._device, self._precision, self._threads):
            ids = torch.from_numpy(self._tokens(["a"]).ids[0]).long().unsqueeze(0)
            return _forward(self._model, self._pooling, ids.to(self._device), None).shape[1]


def _forward(model: Any, pooling: str, ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """float32 [n, d] from token numbers [n, width] and their mask [n, width]; None: no padding."""
    if pooling != PROJECTED:
        return pool(model(input_ids=ids, attention_mask=mask).last_hidden_state, mask, pooling)
    features = model.get_text_features(input_ids=ids, attention_mask=mask)
    return (features if isinstance(features, torch.Tensor) else features.pooler_output).float()


def _load(folder: Path) -> tuple[Any, Any]:
    """The model, or its encoder half, and the configuration of what reads texts."""
    model, _ = load_model(folder)  # poolings here never use its pooler
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    return model, getattr(model.config, "text_config", model.config)


def _what(pooling: str) -> str:
    return "projected text features" if pooling == PROJECTED else f"last layer, {pooling} pooling,"


def _file_facts(folder: Path) -> str:
    """Digests of the other files that decide the vectors."""
    return ", ".join(f"{name} {file_digest(folder / name)[:12]}" for name in _FILES if (folder / name).is_file())
