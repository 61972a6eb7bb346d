"""Picture files named by their content: the same picture is one file, whoever shows it."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from assets.files import atomic_file

FOLDER = "pictures"
"""Below the landing folder: every fetched picture of every dataset, by content."""
_EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}


class PictureStore:
    """A folder of pictures: `ab/abcd....jpg`, the name being the content's SHA-256. Safe among threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writing = threading.Lock()

    def put(self, data: bytes, format: str) -> tuple[str, Path]:
        """Keep a picture, durable on return, and give its SHA-256 and its path. format: Pillow's name ("JPEG")."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / sha256[:2] / f"{sha256}.{_EXTENSIONS.get(format, format.lower())}"
        with self._writing:
            if not path.exists():
                _write_durably(path, data)
        return sha256, path

    def holds(self, path: str | None) -> bool:
        """Whether a path that a row of the state names, relative to the folder, is still there."""
        return path is not None and (self.folder / path).is_file()


def _write_durably(path: Path, data: bytes) -> None:
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is as durable as the content
    finally:
        os.close(folder)
