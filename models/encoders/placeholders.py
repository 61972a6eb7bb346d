"""Pictures that stand where there is none: a known "no image" file, too small to show anything, or one colour."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

NO_IMAGE = Path(__file__).with_name("no_image.toml")
"""The known ones: SHA-256, source and note of each."""
MIN_SIDE = 32
"""Pixels; below it lie tracking pixels, spacers and favicons. The smallest of 4,604 real posters and photos has 60."""
TOLERANCE = 8
"""Levels of 256 that a pixel may lie off the picture's colour: JPEG noise, faint gradients."""
MIN_DRAWN = 0.01
"""Share of pixels off the picture's colour below which it is a blank, at most with a line of small print ("No image").

The emptiest of the same 4,604 pictures, a small garment on white, has 0.097; a thin necklace drawn on white, 0.02.
"""


def placeholder(image: Image.Image, sha256: str) -> str | None:
    """Why an RGB picture, whose file has this SHA-256, shows no item; None where it may."""
    known = known_placeholders(NO_IMAGE)
    if sha256 in known:
        return f"known, {known[sha256]}"
    if min(image.size) < MIN_SIDE:
        return f"tiny, {image.width} x {image.height} pixels"
    return "one colour" if drawn_share(image) < MIN_DRAWN else None


def drawn_share(image: Image.Image) -> float:
    """Share of an RGB picture's pixels that differ from its median colour, in the channel where most do."""
    counts = np.reshape(image.histogram(), (3, 256))
    pixels = image.width * image.height
    medians = [int(np.searchsorted(channel.cumsum(), pixels / 2)) for channel in counts]
    near = [counts[c, max(0, m - TOLERANCE) : m + TOLERANCE + 1].sum() for c, m in enumerate(medians)]
    return 1 - min(near) / pixels


@cache
def known_placeholders(path: Path) -> dict[str, str]:
    """SHA-256 of a known "no image" file -> what it is. Raises ValueError naming a bad entry."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("picture", [])
    for number, entry in enumerate(entries, 1):
        if (
            not re.fullmatch("[0-9a-f]{64}", str(entry.get("sha256")))
            or not entry.get("source")
            or not entry.get("note")
        ):
            raise ValueError(
                f"{path.name}: picture {number} ({entry.get('note', 'no note')}) needs sha256 (64 hexadecimal digits), "
                "source and note."
            )
    return {entry["sha256"]: entry["note"] for entry in entries}
