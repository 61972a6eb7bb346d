"""Films as vectors: sampled frames through the image encoder, pooled with attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.encoders.clip import ClipEncoder, named
from models.encoders.encoder import EncoderIdentity, ImageEncoder
from models.encoders.media import MediaError, Source
from models.encoders.sampling import LOOK_SECONDS, MOST_SIDE, SCENE, How, sampled_frames

VERSION = "1"
"""Raised whenever a change here, or in how frames are sampled, changes a vector."""
TEMPERATURE = 0.1
"""Difference of cosine that makes one frame e times as heavy as another; frames of a film differ by a few tenths."""
MOST_FRAMES = 64


class VideoEncoder(ClipEncoder):
    """The image encoder's vectors of at most `count` frames, pooled by `attention_pooled`."""

    def __init__(self, images: ImageEncoder, how: How = "time", count: int = 8) -> None:
        """Raises ValueError for an unknown way to sample, or a number of frames out of 1..64."""
        if how not in ("time", "scene") or not 1 <= count <= MOST_FRAMES:
            raise ValueError(f"frames are sampled by time or scene, 1 to {MOST_FRAMES} of them, not {how!r}, {count}")
        self._images, self._how, self._count, self._frames, self._files = images, how, count, 0, 0

    @property
    def identity(self) -> EncoderIdentity:
        """That of the image encoder, with how frames are sampled and pooled."""
        of = self._images.identity
        looked = f" every {LOOK_SECONDS:g} s, changes from {SCENE:g}" if self._how == "scene" else ""
        sampling = f"{self._count} frames by {self._how}{looked}, {MOST_SIDE} px at most, code version {VERSION}"
        return EncoderIdentity(
            name=f"video-{of.name}",
            revision=of.revision,
            pooling=f"{of.pooling}, then attention to the mean frame at {TEMPERATURE:g}",
            preprocessing=f"{sampling}; {of.preprocessing}",
            precision=of.precision,
            dimension=of.dimension,
            description=f"{self._count} frames by {self._how}, pooled with attention. Of each frame: {of.description}",
            classical=of.classical,
        )

    @property
    def telemetry(self) -> dict[str, Any]:
        """The image encoder's, and how many frames a file gave on average."""
        return self._images.telemetry | {"frames_per_file": self._frames / self._files if self._files else None}

    def _vectors(self, files: Sequence[Source]) -> np.ndarray:
        sampled = [self._sampled(file) for file in files]
        counts = [len(frames) for frames in sampled]
        self._frames, self._files = self._frames + sum(counts), self._files + len(files)
        of_frames = self._images.encode([frame for frames in sampled for frame in frames])
        return np.stack([attention_pooled(part) for part in np.split(of_frames, np.cumsum(counts)[:-1])])

    def _sampled(self, file: Source) -> list[bytes]:
        try:
            return sampled_frames(file, self._how, self._count)
        except MediaError as error:
            raise named(file, error) from error


def attention_pooled(frames: np.ndarray) -> np.ndarray:
    """float32 [d] from float32 [n, d], n at least 1: the mean of the frames, each weighted by softmax(cosine with the
    mean frame / TEMPERATURE).

    Dot-product attention (Vaswani et al. 2017, 3.2.1) of one query, the film's mean frame, with the frames as keys and
    values. Nothing in it is learned, on purpose: a vector belongs to the file, is made before anything is trained, and
    is shared by all datasets that hold the file, so that there is no target to learn weights from. What it brings over
    the mean is that black frames, studio logos and title cards, which are like nothing else in a film, weigh little.
    """
    rows = frames.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.maximum(lengths, 1e-12)
    query = unit.mean(axis=0)
    score = unit @ (query / max(float(np.linalg.norm(query)), 1e-12)) / TEMPERATURE
    weight = np.exp(score - score.max())
    return ((weight / weight.sum()) @ rows).astype(np.float32)
