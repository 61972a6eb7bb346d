"""Small pictures inside the page: each is decoded, made small, and written as a data URI."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from assets.datasets import Dataset
from assets.home import Home
from assets.images import files_of

if TYPE_CHECKING:
    from PIL.Image import Image

SIZE, SMALL = (128, 192), (88, 132)
"""Largest width and height in pixels, of a card's picture and of one beside a line of text."""
QUALITY = 72


class Thumbnails:
    """Pictures of items by item id. An item without one, or whose file has gone or is broken since, has None."""

    def __init__(self, home: Home, about: Dataset, images: pd.DataFrame, size: tuple[int, int] = SIZE) -> None:
        """size: largest width and height in pixels."""
        found = images[images.status == "found"].drop_duplicates("item_id")
        self._files = dict(zip(found.item_id, files_of(home, about, found), strict=True))
        self._made: dict[str, str | None] = {}
        self._size = size

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._files

    def of(self, item_id: str) -> str | None:
        """`data:image/jpeg;base64,...`, or None."""
        if item_id not in self._made:
            path = self._files.get(item_id)
            self._made[item_id] = None if path is None else thumbnail(path, self._size)
        return self._made[item_id]

    def whole(self, item_id: str, largest: int) -> Image | None:
        """The picture in RGB, its longer side of so many pixels at most; or None."""
        path = self._files.get(item_id)
        found = None if path is None else opened(path, (largest, largest))
        if found is not None:
            found.thumbnail((largest, largest))
        return found

    def cut(self, item_id: str, size: tuple[int, int]) -> Image | None:
        """The picture in RGB, filling exactly this width and height, cut where it is of another shape; or None."""
        from PIL import ImageOps

        path = self._files.get(item_id)
        whole = None if path is None else opened(path, size)
        return None if whole is None else ImageOps.fit(whole, size)


def thumbnail(path: Path, size: tuple[int, int] = SIZE) -> str | None:
    """A picture file as a small JPEG data URI, upright and in RGB; None where it cannot be decoded."""
    small = opened(path, size)
    if small is None:
        return None
    small.thumbnail(size)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def opened(path: Path, size: tuple[int, int]) -> Image | None:
    """A picture file, upright and in RGB, at least twice as large as `size` where it is; None if undecodable."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (size[0] * 2, size[1] * 2))
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
