"""The contract of all encoders: content in, float32 vectors out, and an identity that says exactly which vectors."""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

Progress = Callable[[int, int], None]
"""Called now and then with (done, total) pieces of content."""


def silent(_done: int, _total: int) -> None:
    """A Progress that tells nobody."""


Advance = Callable[[int], None]
"""Called now and then with how many more pieces of content are done."""


def still(_more: int) -> None:
    """An Advance that tells nobody."""


def throttled(progress: Progress, seconds: float = 1.0) -> Progress:
    """The same, but called once in so many seconds at most, and always at the end."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done >= total or time.monotonic() - last >= seconds:
            last = time.monotonic()
            progress(done, total)

    return tell


@dataclass(frozen=True)
class EncoderIdentity:
    """Everything that decides an encoder's output; two encoders with one key give the same vectors.

    name: hub name, folder name or classical name; never a path, so that a key means the same on every machine.
    revision: sha256 of the weight file(s) (learned), of the fitted corpus (tfidf-svd), or a code version (histogram).
    pooling: how many vectors become one ("cls", "mean+l2", ...). preprocessing: tokenizer or size, mean, std, ...
    precision: "float32" or "bfloat16", the arithmetic inside; the output is float32 always.
    dimension: width of a vector. description: one sentence for a person. classical: no learned network in it.
    """

    name: str
    revision: str
    pooling: str
    preprocessing: str
    precision: str
    dimension: int
    description: str
    classical: bool

    def key(self) -> str:
        """sha256 (64 hexadecimal digits) of the canonical JSON of all that decides the output."""
        facts = {name: value for name, value in asdict(self).items() if name != "description"}
        return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Encoder(ABC):
    """What text and image encoders share."""

    needs_fit = False
    """Whether it learns from a corpus: `fit` it before anything else."""

    @property
    @abstractmethod
    def identity(self) -> EncoderIdentity:
        """Which encoder this is. Raises RuntimeError where it must be fitted first and was not."""

    @property
    def dimension(self) -> int:
        """Width d of the vectors."""
        return self.identity.dimension

    @property
    def telemetry(self) -> dict[str, Any]:
        """What was chosen and measured since loading, for metadata: device, batch size, padding share, ..."""
        return {}

    @abstractmethod
    def encode(self, contents: Sequence[Any], progress: Progress = silent) -> np.ndarray:
        """float32 [len(contents), d], row i for contents[i]."""

    def stream(self, shards: Iterable[Sequence[Any]], advance: Advance = still) -> Iterator[np.ndarray]:
        """float32 [len(shard), d] of one shard after the other; as `encode`, but memory holds a few shards at most.

        Encoders that can prepare the next shard (read, decode, tokenise) while the model computes this one do so.
        advance: called now and then with how many more contents are done.
        """
        for shard in shards:
            vectors = self.encode(shard)
            advance(len(shard))
            yield vectors


class TextEncoder(Encoder):
    """Turns texts into vectors. A blank text becomes a row of zeros: there is nothing to encode."""

    def fit(self, corpus: Sequence[str]) -> None:
        """Learn what the encoder needs from all texts of a dataset; called once, before `identity` and `encode`."""

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> np.ndarray:
        """float32 [len(texts), d], row i for texts[i]; does not depend on how texts fall into batches."""
        texts = [text or "" for text in texts]
        filled = [row for row, text in enumerate(texts) if text.strip()]
        encoded = self._encode([texts[row] for row in filled], throttled(progress)) if filled else None
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if encoded is not None:
            vectors[filled] = encoded
        return vectors

    @abstractmethod
    def _encode(self, texts: list[str], progress: Progress) -> np.ndarray:
        """float32 [len(texts), d] for texts none of which is blank."""


class ImageEncoder(Encoder):
    """Turns picture files into vectors."""

    @abstractmethod
    def encode(self, paths: Sequence[Path], progress: Progress = silent) -> np.ndarray:
        """float32 [len(paths), d], row i for paths[i].

        Raises PictureError (models.encoders.pictures) for a file that is not a usable picture, naming it: `inspect`
        pictures first, and pass only those found.
        """
