"""Clips made on the spot: a coloured square that moves over grey, and a tone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RATE = 16_000


def clip(
    path: Path,
    colour: tuple[int, int, int] | None = (200, 30, 30),
    hertz: float | None = 440.0,
    seconds: float = 1.0,
    size: tuple[int, int] = (64, 48),
    fps: int = 8,
    seed: int = 0,
) -> Path:
    """Write a clip in the container of its ending; without colour no pictures are in it, without hertz no sound.

    hertz: 0 is silence. seed: of faint noise in both, so that no two clips are the same bytes.
    """
    import av

    random = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        pictures = sound = None
        if colour is not None:
            pictures = container.add_stream("mpeg4", rate=fps)
            pictures.width, pictures.height, pictures.pix_fmt = *size, "yuv420p"
        if hertz is not None:
            sound = container.add_stream("pcm_s16le" if path.suffix == ".wav" else "aac", rate=RATE, layout="mono")
        for frame in _frames(colour, seconds, size, fps, random) if pictures else ():
            container.mux(pictures.encode(frame))
        if pictures:
            container.mux(pictures.encode())
        for frame in _tones(hertz, seconds, random) if sound else ():
            container.mux(sound.encode(frame))
        if sound:
            container.mux(sound.encode())
    return path


def _frames(colour, seconds, size, fps, random):
    import av

    width, height = size
    for number in range(round(seconds * fps)):
        picture = random.integers(100, 121, (height, width, 3)).astype(np.uint8)
        left = (3 * number) % (width // 2)
        picture[height // 6 : -height // 6, left : left + width // 2] = colour
        yield av.VideoFrame.from_ndarray(picture, format="rgb24")


def _tones(hertz, seconds, random):
    import av

    time = np.arange(round(seconds * RATE)) / RATE
    wave = 0.4 * np.sin(2 * np.pi * hertz * time) + (0.01 * random.normal(size=len(time)) if hertz else 0)
    samples = (wave * 32767).astype(np.int16)[None]
    for start in range(0, samples.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(samples[:, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, start
        yield frame
