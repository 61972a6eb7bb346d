"""Which frames stand for a film: evenly over its time, or the first ones after its largest changes of colour."""

from __future__ import annotations

import heapq
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from models.encoders.decoding import frames, length
from models.encoders.media import LIMITS, Limits, MediaError, Source

if TYPE_CHECKING:
    import av

How = Literal["time", "scene"]
MOST_SIDE = 512
"""Pixels of a sampled frame's longer side at most: no image encoder looks at more."""
LOOK_SECONDS = 0.25
"""Time between two frames that are compared; no scene is shorter than that."""
THUMBNAIL, STEPS = 32, 4
"""Pixels of a side of what is compared, and steps of each colour channel in its histogram."""
SCENE = 0.2
"""Share of the pixels that change their colour where another scene begins; grain and motion stay below."""


def sampled_frames(source: Source, how: How, count: int, limits: Limits = LIMITS) -> list[bytes]:
    """At most `count` frames of a film in its order, as PNG files: the form of picture that any image encoder takes.

    time: the frames shown in the middle of `count` equal parts of the film. scene: its first frame, and the first
    frames after the largest changes of the colour histogram (Zhang, Kankanhalli and Smoliar 1993), as far as they are
    changes of scene; a film without any is one frame. Memory holds `count` frames. Raises MediaError.
    """
    found = BY[how](source, count, limits)
    if not found:
        raise MediaError("corrupt", "no frame of it decodes")
    return found


def _by_time(source: Source, count: int, limits: Limits) -> list[bytes]:
    seconds = length(source, limits)
    wanted = [(part + 0.5) * seconds / count for part in range(count)]
    taken, before = [], None
    for start, frame in frames(source, limits):
        due = 0
        while wanted and start > wanted[0]:
            wanted.pop(0)
            due += 1
        if due:  # what is shown then is the frame before the first one that begins later
            taken.append(_png(before if before is not None else frame))
        before = frame
    if wanted and before is not None:
        taken.append(_png(before))
    return taken


def _by_scene(source: Source, count: int, limits: Limits) -> list[bytes]:
    largest: list[tuple[float, float, bytes]] = []
    for start, change, frame in _changes(source, limits):
        if change >= SCENE and (len(largest) < count or change > largest[0][0]):
            heapq.heappush(largest, (change, start, _png(frame)))
            del largest[: len(largest) > count]
            heapq.heapify(largest)
    return [picture for _, _, picture in sorted(largest, key=lambda scene: scene[1])]


def _changes(source: Source, limits: Limits) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """(seconds, share of the pixels whose colour is another than before, frame) of the frames that are compared."""
    before, due = None, 0.0
    for start, frame in frames(source, limits):
        if start >= due:
            due = start + LOOK_SECONDS
            now = colours(frame.to_ndarray(format="rgb24", width=THUMBNAIL, height=THUMBNAIL))
            yield start, float("inf") if before is None else float(np.abs(now - before).sum() / 2), frame
            before = now


def colours(picture: np.ndarray) -> np.ndarray:
    """float64 [STEPS ** 3]: the share of each colour cube in uint8 [height, width, 3]."""
    red, green, blue = np.moveaxis(picture.astype(int) * STEPS // 256, 2, 0)
    code = (red * STEPS + green) * STEPS + blue
    return np.bincount(code.ravel(), minlength=STEPS**3) / code.size


def _png(frame: av.VideoFrame) -> bytes:
    scale = min(1.0, MOST_SIDE / max(frame.width, frame.height))
    size = {"width": max(1, round(frame.width * scale)), "height": max(1, round(frame.height * scale))}
    file = io.BytesIO()
    frame.to_image(**size).save(file, "PNG", compress_level=1)
    return file.getvalue()


BY: dict[How, Callable[[Source, int, Limits], list[bytes]]] = {"time": _by_time, "scene": _by_scene}
