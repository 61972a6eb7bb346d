"""Colour histograms and gradient orientations: what a poster looks like from afar, without any learned weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from models.encoders.encoder import EncoderIdentity, ImageEncoder, Progress, silent, throttled
from models.encoders.pictures import Source, open_named

NAME = "color-gradient-histogram"
VERSION = "1"
"""Raised whenever a change here changes a vector."""
SIDE = 96
"""Pixels to which a picture is resized, both ways."""
HUES, GREYS, COLOUR_GRID = 8, 4, 2
RGB_STEPS = 4
ORIENTATIONS, GRADIENT_GRID = 8, 3
DIMENSION = (HUES + GREYS) * COLOUR_GRID**2 + RGB_STEPS**3 + ORIENTATIONS * GRADIENT_GRID**2


class ColorGradientHistogram(ImageEncoder):
    """184 numbers of length 1 together, three parts of equal weight, each under a square root (Hellinger).

    48: hues by saturation and greys by brightness over a 2 x 2 grid; 64: RGB cubes of the whole picture;
    72: gradient orientations weighted by magnitude over a 3 x 3 grid (after Dalal and Triggs 2005).
    """

    @property
    def identity(self) -> EncoderIdentity:
        """Always the same: there is nothing to fit."""
        return EncoderIdentity(
            name=NAME,
            revision=f"code version {VERSION}",
            pooling="grid+l2",
            preprocessing=f"{SIDE}x{SIDE} bilinear, RGB and HSV",
            precision="float32",
            dimension=DIMENSION,
            description="Colour histograms and gradient orientations over a coarse grid; no learned weights.",
            classical=True,
        )

    def encode(self, paths: Sequence[Source], progress: Progress = silent) -> np.ndarray:
        """float32 [len(paths), 184]; see ImageEncoder."""
        vectors = np.zeros((len(paths), DIMENSION), dtype=np.float32)
        tell = throttled(progress)
        for row, path in enumerate(paths):
            vectors[row] = describe(open_named(path, at_least=2 * SIDE))
            tell(row + 1, len(paths))
        return vectors


def describe(picture: Image.Image) -> np.ndarray:
    """float64 [184]: the vector of one RGB picture."""
    small = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    parts = [_hues(small), _cubes(small), _gradients(small)]
    vector = np.concatenate([np.sqrt(part / max(part.sum(), 1e-12)) for part in parts])
    return vector / np.linalg.norm(vector)


def _hues(picture: Image.Image) -> np.ndarray:
    """A pixel counts to its hue as far as it is saturated, and to its brightness as far as it is not."""
    hue, saturation, value = np.moveaxis(np.asarray(picture.convert("HSV"), dtype=np.float64) / 256, 2, 0)
    chroma = saturation * value  # a dark pixel's hue is noise
    cells = _cells(COLOUR_GRID)
    red_centred = ((hue + 0.5 / HUES) * HUES).astype(int) % HUES  # reds lie on both sides of hue 0
    return np.concatenate([
        _histogram(cells, red_centred, HUES, chroma, COLOUR_GRID),
        _histogram(cells, (value * GREYS).astype(int), GREYS, 1 - chroma, COLOUR_GRID),
    ])  # fmt: skip


def _cubes(picture: Image.Image) -> np.ndarray:
    red, green, blue = np.moveaxis(np.asarray(picture, dtype=int) * RGB_STEPS // 256, 2, 0)
    code = (red * RGB_STEPS + green) * RGB_STEPS + blue
    return np.bincount(code.ravel(), minlength=RGB_STEPS**3).astype(np.float64)


def _gradients(picture: Image.Image) -> np.ndarray:
    down, right = np.gradient(np.asarray(picture.convert("L"), dtype=np.float64))
    angle = np.arctan2(down, right) % np.pi  # an edge has no sign: dark on light is light on dark
    code = np.round(angle / np.pi * ORIENTATIONS).astype(int) % ORIENTATIONS
    return _histogram(_cells(GRADIENT_GRID), code, ORIENTATIONS, np.hypot(down, right), GRADIENT_GRID)


def _cells(grid: int) -> np.ndarray:
    """int [SIDE, SIDE]: the number of the grid cell in which each pixel lies."""
    band = np.arange(SIDE) * grid // SIDE
    return band[:, None] * grid + band[None, :]


def _histogram(cells: np.ndarray, code: np.ndarray, size: int, weight: np.ndarray, grid: int) -> np.ndarray:
    """float64 [grid * grid * size]: the summed weight of each code in each cell."""
    return np.bincount((cells * size + code).ravel(), weight.ravel(), minlength=grid * grid * size)
