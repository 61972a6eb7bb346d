"""Texts longer than a model takes: cut, or read through overlapping windows whose vectors are averaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LONG_TEXTS = ("cut", "windows")
OVERLAP = 4
"""Neighbouring windows share at least one part in so many, which is two or three sentences of a 256-token window: one
that falls on a border is whole in the neighbour. A quarter costs a third more tokens; a half would double them."""


@dataclass(frozen=True)
class Pieces:
    """What goes through the model for some texts.

    ids: int32 tokens of every piece, special tokens and all. owners: int [len(ids)], which text each belongs to,
    in order.
    texts: how many texts. long: how many of them were longer than the model takes.
    """

    ids: list[np.ndarray]
    owners: np.ndarray
    texts: int
    long: int


def spans(length: int, room: int) -> list[slice]:
    """Windows of `room` tokens over `length` tokens (one window where they fit), evenly spaced, all equally long.

    Even spacing gives every window a whole context; a fixed step would leave the end of a text to a window of a few
    tokens, whose vector says little.
    """
    if length <= room:
        return [slice(0, length)]
    steps = -(-(length - room) // (room - room // OVERLAP))
    starts = [round(step * (length - room) / steps) for step in range(steps + 1)]
    return [slice(start, start + room) for start in starts]


def average(vectors: np.ndarray, pieces: Pieces, unit: bool) -> np.ndarray:
    """float32 [texts, d]: the mean of each text's pieces, weighted by their tokens; zeros for a text without pieces.

    vectors: float32 [len(pieces.ids), d]. unit: bring means back to length 1, which a mean of unit vectors is not.
    A text of one piece keeps its vector to the last bit.
    """
    texts, starts, counts = np.unique(pieces.owners, return_index=True, return_counts=True)
    means = np.zeros((pieces.texts, vectors.shape[1]), dtype=np.float32)
    means[texts] = vectors[starts]
    for text, start, count in zip(texts[counts > 1], starts[counts > 1], counts[counts > 1], strict=True):
        weights = [len(ids) for ids in pieces.ids[start : start + count]]
        mean = np.average(vectors[start : start + count], axis=0, weights=weights)
        means[text] = mean / max(np.linalg.norm(mean), 1e-12) if unit else mean
    return means
