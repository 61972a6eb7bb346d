"""Any Hugging Face audio model from a folder, with its own feature extractor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoFeatureExtractor

from models.encoders._compute import choose_device
from models.encoders._transformers import load_model
from models.encoders.clip import ClipEncoder, named
from models.encoders.decoding import sound
from models.encoders.encoder import EncoderIdentity
from models.encoders.folders import file_digest, hub_commit, require_weights, revision
from models.encoders.media import MediaError, Source

WINDOW_SECONDS = 10.0
"""A sound is read in windows of this length, unless the extractor declares its own; models were trained on so much or
more, and a window costs memory by its square."""
SHORTEST_SECONDS = 1.0
"""A shorter rest is filled up with silence: convolutions need something to stand on."""
TOGETHER = 4
"""Windows that are run at a time."""


class HuggingFaceAudio(ClipEncoder):
    """The mean of the last layer over time, and over windows by their length; of an encoder-decoder, its encoder's."""

    def __init__(self, folder: Path, name: str, device: str = "auto", threads: int | None = None) -> None:
        """threads: CPU threads, None as they are. Raises ValueError where the folder has no safetensors weights or
        some of them are missing, or the model takes no sound alone."""
        require_weights(folder)
        self._extract = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=False)
        self._device, self._threads = choose_device(device), threads
        model, _ = load_model(folder)
        model = model.get_encoder() if model.config.is_encoder_decoder else model
        self._model = model.eval().to(self._device)
        self._rate = int(self._extract.sampling_rate)
        self._window = int(self._rate * _window_seconds(self._extract))
        kind = f"{model.config.model_type}" + (f" (hub commit {commit})" if (commit := hub_commit(folder)) else "")
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=f"mean over time, windows of {self._window / self._rate:g} s",
            preprocessing=_facts(self._extract, folder),
            precision="float32",
            dimension=self._measured(name),
            description=f"{name}: last layer of an audio model of type {kind}, mean over time.",
            classical=False,
        )

    @property
    def identity(self) -> EncoderIdentity:
        """Fixed when the folder is loaded."""
        return self._identity

    @property
    def telemetry(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "device": str(self._device),
            "precision": "float32",
            "threads": self._threads or torch.get_num_threads(),
        }

    def _measured(self, name: str) -> int:
        """The width of a vector, asked of the model. Raises ValueError where it does not take sound alone."""
        try:
            return len(self._pooled(np.zeros(self._rate, np.float32)))
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{name}: its model gives no last layer for a sound alone ({error}); name one that does, e.g. "
                "facebook/wav2vec2-base or MIT/ast-finetuned-audioset-10-10-0.4593."
            ) from error

    def _vectors(self, files: Sequence[Source]) -> np.ndarray:
        return np.stack([self._vector(file) for file in files])

    def _vector(self, file: Source) -> np.ndarray:
        try:
            return self._pooled(sound(file, self._rate))
        except MediaError as error:
            raise named(file, error) from error

    def _pooled(self, samples: np.ndarray) -> np.ndarray:
        """float32 [d] of a sound, float32 [samples]."""
        whole = [samples[at : at + self._window] for at in range(0, max(len(samples), 1), self._window)]
        rest = [whole.pop()] if len(whole[-1]) < self._window else []
        batches = [whole[at : at + TOGETHER] for at in range(0, len(whole), TOGETHER)] + ([rest] if rest else [])
        made = [(self._run(batch), [len(window) for window in batch]) for batch in batches]
        vectors, lengths = np.concatenate([v for v, _ in made]), np.concatenate([n for _, n in made])
        return np.average(vectors, axis=0, weights=np.maximum(lengths, 1)).astype(np.float32)

    @torch.no_grad()
    def _run(self, windows: list[np.ndarray]) -> np.ndarray:
        """float32 [windows, d]; the windows are of one length."""
        least = int(SHORTEST_SECONDS * self._rate)
        filled = [np.pad(window, (0, max(0, least - len(window)))) for window in windows]
        inputs = self._extract(filled, sampling_rate=self._rate, return_tensors="pt").to(self._device)
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads or before)
        try:
            return self._model(**inputs).last_hidden_state.float().mean(1).cpu().numpy()
        finally:
            torch.set_num_threads(before)


def _window_seconds(extractor: Any) -> float:
    """What it reads at a time: its own chunk (Whisper), or as many frames of 10 ms as it keeps (AST)."""
    if chunk := getattr(extractor, "chunk_length", None):
        return float(chunk)
    most = getattr(extractor, "max_length", None)
    return min(WINDOW_SECONDS, most / 100) if most else WINDOW_SECONDS


def _facts(extractor: Any, folder: Path) -> str:
    about = {name: value for name, value in extractor.to_dict().items() if isinstance(value, str | int | float | bool)}
    written = json.dumps(about, sort_keys=True, separators=(",", ":"))
    return f"{written}, mono, config.json {file_digest(folder / 'config.json')[:12]}"
