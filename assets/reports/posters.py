"""Small pictures inside the page: each is decoded, made small, and written as a data URI."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pandas as pd

from assets.datasets import Dataset
from assets.home import Home
from assets.images import files_of

SIZE = (128, 192)
"""Largest width and height in pixels."""
QUALITY = 72


class Thumbnails:
    """Pictures of items by item id. An item without one, or whose file has gone or is broken since, has None."""

    def __init__(self, home: Home, about: Dataset, images: pd.DataFrame) -> None:
        found = images[images.status == "found"].drop_duplicates("item_id")
        self._files = dict(zip(found.item_id, files_of(home, about, found), strict=True))
        self._made: dict[str, str | None] = {}

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._files

    def of(self, item_id: str) -> str | None:
        """`data:image/jpeg;base64,...`, or None."""
        if item_id not in self._made:
            path = self._files.get(item_id)
            self._made[item_id] = None if path is None else thumbnail(path)
        return self._made[item_id]


def thumbnail(path: Path) -> str | None:
    """A picture file as a small JPEG data URI, upright and in RGB; None where it cannot be decoded."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    small.thumbnail(SIZE)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
