"""Log-mel statistics: what a sound is made of and how it moves, without any learned weight."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from models.encoders.clip import ClipEncoder, named
from models.encoders.decoding import sound
from models.encoders.encoder import EncoderIdentity
from models.encoders.media import MediaError, Source

NAME = "log-mel-statistics"
VERSION = "1"
"""Raised whenever a change here changes a vector."""
RATE = 16_000
"""Samples a second."""
WINDOW, HOP, FFT = 400, 160, 512
"""Samples of a window (25 ms), from one to the next (10 ms), and of its Fourier transform."""
BANDS, LOWEST, HIGHEST = 40, 50.0, 8000.0
"""Mel bands, and the range in Hz that they cover."""
FLOOR = 1e-6
"""Power, of a sound whose mean is 1, below which all is silence."""
DELTA = 2
"""Windows on either side that a slope is taken over."""
BLOCK = 4096
"""Windows that are transformed at a time."""
DIMENSION = 4 * BANDS


class LogMelStatistics(ClipEncoder):
    """160 numbers: of each of 40 mel bands the mean and the standard deviation of the log power, and of its slope the
    mean absolute value and the standard deviation.

    Mel bands after Davis and Mermelstein 1980, slopes after Furui 1986. The sound is brought to power 1 first: how loud
    a file was made says nothing of what it holds.
    """

    @property
    def identity(self) -> EncoderIdentity:
        """Always the same: there is nothing to fit."""
        return EncoderIdentity(
            name=NAME,
            revision=f"code version {VERSION}",
            pooling="mean, std, mean absolute slope, std of slope",
            preprocessing=f"mono {RATE} Hz, power 1, {BANDS} mel bands {LOWEST:g}-{HIGHEST:g} Hz, {WINDOW}/{HOP}",
            precision="float32",
            dimension=DIMENSION,
            description="Statistics of log power in mel bands, and of how it moves; no learned weights.",
            classical=True,
        )

    def _vectors(self, files: Sequence[Source]) -> np.ndarray:
        return np.stack([self._vector(file) for file in files])

    def _vector(self, file: Source) -> np.ndarray:
        try:
            return statistics(sound(file, RATE))
        except MediaError as error:
            raise named(file, error) from error


def statistics(samples: np.ndarray) -> np.ndarray:
    """float32 [160]: the vector of a sound, float32 [samples] at RATE; of one shorter than a window, padded."""
    bands = log_mel(samples)
    slopes = slope(bands)
    parts = bands.mean(0), bands.std(0), np.abs(slopes).mean(0), slopes.std(0)
    return np.concatenate(parts).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """float64 [windows, BANDS]: natural logarithm of the power in each band, of the sound brought to power 1."""
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    padded = np.pad(samples, (0, max(0, WINDOW - len(samples)))) / max(loudness, 1e-9)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW + 1)[:-1]
    # A window's power is its mean square, whatever its length and shape.
    scale = 2 / (FFT * np.square(shape).sum())
    blocks = []
    for start in range(0, len(windows), BLOCK):
        power = np.square(np.abs(np.fft.rfft(windows[start : start + BLOCK] * shape, FFT))) * scale
        blocks.append(np.log(power @ mel_filters().T + FLOOR))
    return np.concatenate(blocks)


@cache
def mel_filters() -> np.ndarray:
    """float64 [BANDS, FFT / 2 + 1]: triangles over the frequencies, evenly spaced in mel, 2595 log10(1 + Hz / 700)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST, HIGHEST))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(FFT, 1 / RATE)
    left, middle, right = (corners[k : k + BANDS, None] for k in range(3))
    return np.clip(np.minimum((hz - left) / (middle - left), (right - hz) / (right - middle)), 0, None)


def slope(bands: np.ndarray) -> np.ndarray:
    """float64, the same shape: the least-squares slope over DELTA windows on either side; the ends are repeated."""
    padded = np.pad(bands, ((DELTA, DELTA), (0, 0)), mode="edge")
    steps = range(1, DELTA + 1)
    rise = sum(
        k * (padded[DELTA + k : len(padded) - DELTA + k] - padded[DELTA - k : len(bands) + DELTA - k]) for k in steps
    )
    return rise / (2 * sum(k * k for k in steps))
