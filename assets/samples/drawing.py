"""Pictures whose palette and pattern show an item's image topics: textures, and areas shared out between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

LOOKS: list[tuple[str, str]] = [
    ("ember", "#3b0d0c #a3211b #e4572e #ffb627"),
    ("tide", "#06263f #0b5c8a #2fa4d4 #c8ecf7"),
    ("meadow", "#12351d #2f7a3d #7cc05a #dff0a0"),
    ("dusk", "#241041 #5b2f91 #b05fd0 #f6cdf0"),
    ("noir", "#131417 #44474d #93979e #f0eee8"),
    ("sand", "#5a3d22 #a8773d #dcb779 #fdf1d8"),
]
"""Image topics in order: a name, and a palette from dark to light."""

VARIANTS = 12
"""Textures drawn per look; items cut different windows out of them."""


def palette(look: int) -> list[Colour]:
    """The four colours of a look, dark to light."""
    return [tuple(bytes.fromhex(c[1:])) for c in LOOKS[look][1].split()]  # type: ignore[misc]


class Studio:
    """Holds the textures of all looks; `side` is their edge in pixels, at least as large as any picture."""

    def __init__(self, rng: np.random.Generator, side: int) -> None:
        self.side = side
        self.textures = [[_texture(rng, look, side) for _ in range(VARIANTS)] for look in range(len(LOOKS))]

    def cut(self, rng: np.random.Generator, look: int, size: tuple[int, int]) -> Image.Image:
        """A random window of `size` (width, height) out of one of the look's textures."""
        texture = self.textures[look][int(rng.random() * VARIANTS)]
        left, top = (int(rng.random() * (self.side - edge + 1)) for edge in size)
        return texture.crop((left, top, left + size[0], top + size[1]))

    def mixed(self, rng: np.random.Generator, shares: np.ndarray, mask: np.ndarray) -> Image.Image:
        """A picture whose looks cover areas equal to `shares` [looks], counted where `mask` (bool [h, w]) is true."""
        height, width = mask.shape
        order = np.argsort(-shares, kind="stable")[: int((shares > 0).sum())]
        picture = self.cut(rng, int(order[0]), (width, height))
        if len(order) > 1:
            field = _dividing_field(rng, height, width)
            border = np.quantile(field[mask], 1.0 - shares[order[1]])
            stencil = Image.fromarray(((field > border) * 255).astype(np.uint8))
            picture.paste(self.cut(rng, int(order[1]), (width, height)), (0, 0), stencil)
        return picture


def _dividing_field(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A smooth float32 [h, w] whose level sets are a slanted, waved or round border."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    kind, a, b = rng.random(3)
    if kind < 0.35:
        return y / height + (a - 0.5) * x / width
    if kind < 0.7:
        return y / height + 0.05 * np.sin(x * (0.05 + 0.06 * a) + 6 * b)
    return -np.hypot(x - width * (0.3 + 0.4 * a), y - height * (0.3 + 0.4 * b))


def _texture(rng: np.random.Generator, look: int, side: int) -> Image.Image:
    """One square texture of a look, drawn at twice the size so that edges come out smooth."""
    big = side * 2
    dark, mid, light, pale = palette(look)
    ramp = np.linspace(0, 1, big, dtype=np.float32)[:, None, None]
    shift = rng.normal(0, 5, 3)
    base = (1 - ramp) * (np.array(dark) * 0.6 + np.array(mid) * 0.4 + shift) + ramp * (np.array(mid) + shift)
    column = np.clip(base, 0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(np.broadcast_to(column, (big, big, 3))))
    PATTERNS[look](ImageDraw.Draw(image), rng, big, (dark, light, pale))
    return image.resize((side, side), Image.Resampling.BOX)


def _rays(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    step, reach = n / (7 + 3 * rng.random()), n * 2
    for i in range(-12, 24):
        x = i * step
        ink = inks[1] if i % 3 else inks[2]
        draw.polygon(
            [(x, n), (x + step * 0.45, n), (x + step * 0.45 + reach, n - reach), (x + reach, n - reach)], fill=ink
        )


def _waves(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    step, phase = n / (11 + 3 * rng.random()), 6 * rng.random()
    xs = np.linspace(0, n, 60)
    for i in range(16):
        ys = i * step + step * 0.22 * np.sin(xs / n * 18 + phase + i)
        upper, lower = zip(xs, ys, strict=True), zip(xs[::-1], ys[::-1] + step * 0.42, strict=True)
        draw.polygon([*upper, *lower], fill=inks[1] if i % 3 else inks[2])


def _dots(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    step = n / (9 + 2 * rng.random())
    for row in range(14):
        for column in range(14):
            x, y = (column + (row % 2) / 2) * step, row * step * 0.9
            radius = step * (0.2 + 0.18 * rng.random())
            draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=inks[1] if rng.random() < 0.7 else inks[2]
            )


def _bars(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    x, i = 0.0, 0
    while x < n:
        width = n * (0.02 + 0.035 * rng.random())
        draw.rectangle((x, 0, x + width, n), fill=inks[1] if i % 3 else inks[2])
        x, i = x + width * 2.1, i + 1


def _tiles(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    step = n / (10 + 3 * rng.random())
    for row in range(15):
        for column in range(row % 2, 15, 2):
            ink = inks[2] if rng.random() < 0.45 else inks[1]
            draw.rectangle((column * step, row * step, (column + 1) * step, (row + 1) * step), fill=ink)


def _peaks(draw: ImageDraw.ImageDraw, rng: np.random.Generator, n: int, inks: tuple[Colour, ...]) -> None:
    step = n / (7 + 2 * rng.random())
    for row in range(14):
        for column in range(-1, 12):
            x, y = (column + (row % 2) / 2) * step, row * step * 0.7
            ink = inks[1] if rng.random() < 0.55 else inks[2]
            draw.polygon([(x, y + step * 0.6), (x + step * 0.45, y), (x + step * 0.9, y + step * 0.6)], fill=ink)


PATTERNS: list[Callable[[ImageDraw.ImageDraw, np.random.Generator, int, tuple[Colour, ...]], None]] = [
    _rays, _waves, _dots, _bars, _tiles, _peaks,
]  # fmt: skip
"""The pattern of each look, in the order of LOOKS; inks are (dark, light, pale)."""
