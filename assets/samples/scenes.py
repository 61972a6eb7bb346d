"""What the textures are painted on: film posters, products on a white ground, photographs of rooms and tables.

The figures (hills, ships, mugs, lamps) are drawn at random: they say nothing about taste.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assets.samples.drawing import Studio

POSTER = (120, 180)
"""Width and height of a poster, pixels."""
PRODUCT = (128, 128)
"""Width and height of a product picture, pixels."""
PHOTO = (160, 120)
"""Width and height of a place's photograph, pixels."""

INK, CREAM = (16, 16, 20), (246, 240, 226)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def poster(studio: Studio, rng: np.random.Generator, shares: np.ndarray, title: str) -> Image.Image:
    """A film poster: textures by `shares`, a dark figure, and the title's lettering."""
    width, height = POSTER
    image = studio.mixed(rng, shares, np.ones((height, width), dtype=bool))
    draw = ImageDraw.Draw(image)
    FIGURES[int(rng.random() * len(FIGURES))](draw, rng)
    _lettering(draw, title, at_top=rng.random() < 0.35)
    draw.rectangle((0, 0, width - 1, height - 1), outline=INK, width=2)
    return image


def _lettering(draw: ImageDraw.ImageDraw, title: str, at_top: bool) -> None:
    # Pillow's built-in font has no accented letters
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words, lines = plain.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 14 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    lines = lines[:3]
    top = 8 if at_top else POSTER[1] - 10 - 15 * len(lines)
    for i, line in enumerate(lines):
        spot = (POSTER[0] / 2, top + 15 * i)
        draw.text(spot, line.upper(), font=_font(12), fill=CREAM, anchor="ma", stroke_width=2, stroke_fill=INK)


def _moon(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x, y, r = 35 + 50 * rng.random(), 45 + 25 * rng.random(), 16 + 4 * rng.random()
    draw.ellipse((x - r, y - r, x + r, y + r), fill=CREAM)
    _hills(draw, rng)


def _hills(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    xs = np.linspace(0, 120, 25)
    ys = 150 + 9 * np.sin(xs / (14 + 8 * rng.random()) + 6 * rng.random())
    draw.polygon([(0, 180), *zip(xs, ys, strict=True), (120, 180)], fill=INK)


def _skyline(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    for x in range(0, 120, 12):
        top = 132 + 28 * rng.random()
        draw.rectangle((x, top, x + 12, 180), fill=INK)
        draw.rectangle((x + 3, top + 4, x + 5, top + 7), fill=CREAM)


def _walker(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x = 40 + 40 * rng.random()
    draw.ellipse((x - 6, 92, x + 6, 104), fill=INK)
    draw.rectangle((x - 10, 89 + 4, x + 10, 95), fill=INK)
    draw.polygon([(x - 5, 104), (x + 5, 104), (x + 13, 146), (x - 13, 146)], fill=INK)
    draw.rectangle((0, 146, 120, 180), fill=INK)


def _ship(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x = 35 + 40 * rng.random()
    draw.polygon([(x, 88), (x, 134), (x + 26, 134)], fill=CREAM)
    draw.polygon([(x - 3, 96), (x - 3, 134), (x - 18, 134)], fill=CREAM)
    draw.polygon([(x - 26, 138), (x + 32, 138), (x + 22, 152), (x - 18, 152)], fill=INK)
    draw.rectangle((0, 152, 120, 180), fill=INK)


FIGURES = [_moon, _hills, _skyline, _walker, _ship]


def product(studio: Studio, rng: np.random.Generator, shares: np.ndarray, kind: str) -> Image.Image:
    """A product on a near-white ground; its body carries the textures by `shares`."""
    mask = _body(kind)
    image = Image.new("RGB", PRODUCT, (250, 250, 249))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 112, 108, 124), fill=(222, 222, 222))
    image.paste(studio.mixed(rng, shares, np.asarray(mask) > 127), (0, 0), mask)
    return image


SHAPES: dict[str, list[tuple[str, str]]] = {
    "mug": [("ellipse", "74 34 124 92"), ("hole", "86 48 112 80"), ("rounded", "14 16 92 116")],
    "vase": [("ellipse", "18 38 110 120"), ("rounded", "44 6 84 60"), ("ellipse", "34 2 94 18")],
    "lamp": [("polygon", "38 6 90 6 122 74 6 74"), ("rounded", "54 70 74 110"), ("ellipse", "24 98 104 122")],
    "cushion": [("rounded", "18 20 110 112"), ("ellipse", "12 14 44 46"), ("ellipse", "84 14 116 46")],
    "bowl": [("pieslice", "4 -42 124 116"), ("rounded", "38 104 90 122")],
    "bag": [("ellipse", "38 2 90 70"), ("hole", "48 12 80 60"), ("polygon", "16 40 112 40 122 120 6 120")],
    "blanket": [("polygon", "10 30 100 14 120 98 26 118")],
    "clock": [("ellipse", "12 8 116 112")],
}
"""Silhouettes that a product can have: shapes and their corners in pixels, all of about the same area."""
KINDS = tuple(SHAPES)


@cache
def _body(kind: str) -> Image.Image:
    """The silhouette of a kind as a grey mask."""
    scale = 4
    mask = Image.new("L", (PRODUCT[0] * scale, PRODUCT[1] * scale), 0)
    draw = ImageDraw.Draw(mask)
    for shape, corners in SHAPES[kind]:
        points = [int(corner) * scale for corner in corners.split()]
        if shape == "polygon":
            draw.polygon(points, fill=255)
        elif shape == "rounded":
            draw.rounded_rectangle(points, radius=14 * scale, fill=255)
        elif shape == "pieslice":
            draw.pieslice(points, 0, 180, fill=255)
        else:
            draw.ellipse(points, fill=0 if shape == "hole" else 255)
    return mask.resize(PRODUCT, Image.Resampling.BOX)


def photo(studio: Studio, rng: np.random.Generator, shares: np.ndarray, label: str) -> Image.Image:
    """A photograph of a place: `food` is a plate on a patterned cloth, `drink` a glass, anything else a room."""
    width, height = PHOTO
    image = studio.mixed(rng, shares, np.ones((height, width), dtype=bool))
    draw = ImageDraw.Draw(image)
    {"food": _plate, "drink": _glass}.get(label, _room)(draw, rng)
    return image


def _plate(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x, y = 60 + 40 * rng.random(), 52 + 16 * rng.random()
    for radius, fill in ((38, (236, 234, 228)), (30, (250, 249, 245))):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    for _ in range(6):
        dx, dy, r = *rng.uniform(-14, 14, 2), rng.uniform(4, 9)
        draw.ellipse(
            (x + dx - r, y + dy - r, x + dx + r, y + dy + r),
            fill=(122, 72, 40) if rng.random() < 0.6 else (196, 150, 84),
        )


def _glass(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    x = 45 + 70 * rng.random()
    draw.polygon([(x - 20, 22), (x + 20, 22), (x + 14, 96), (x - 14, 96)], fill=(240, 240, 236))
    draw.polygon([(x - 18, 40), (x + 18, 40), (x + 13, 92), (x - 13, 92)], fill=(172, 104, 48))
    draw.ellipse((x - 24, 94, x + 24, 104), fill=(60, 44, 32))


def _room(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    for x in (22 + 12 * rng.random(), 74 + 8 * rng.random(), 122 + 12 * rng.random()):
        draw.line((x, 0, x, 18), fill=INK, width=1)
        draw.polygon([(x - 9, 28), (x + 9, 28), (x + 4, 18), (x - 4, 18)], fill=INK)
        draw.ellipse((x - 4, 26, x + 4, 33), fill=(255, 232, 168))
    for x in (18 + 10 * rng.random(), 92 + 12 * rng.random()):
        draw.ellipse((x, 80, x + 46, 90), fill=(74, 50, 34))
        draw.rectangle((x + 21, 88, x + 25, 112), fill=(44, 30, 22))
        draw.rectangle((x - 6, 92, x + 6, 96), fill=INK)
        draw.line((x - 6, 76, x - 6, 114), fill=INK, width=3)
