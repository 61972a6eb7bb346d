"""What killed processes left behind: temporary files and folders whose maker is gone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assets.files import is_leftover, remove, temporary_prefix
from assets.posters.store import FOLDER as FETCHED


def leftovers(home: Path, pictures: bool = True) -> Iterator[Path]:
    """Those below TRIFUSE_HOME, and the folders into which DuckDB spilled what did not fit into the memory.

    pictures: look among fetched pictures as well, of which there may be hundreds of thousands.
    """
    yield from (path for path in Path(tempfile.gettempdir()).glob(f"{_spilled()}*") if is_leftover(path))
    for parent, folders, files in os.walk(home):
        found = [name for name in (*folders, *files) if name.startswith(".") and is_leftover(Path(parent, name))]
        yield from (Path(parent, name) for name in found)
        folders[:] = [name for name in folders if name not in found and (pictures or name != FETCHED)]


def sweep(home: Path, pictures: bool = True) -> list[Path]:
    """Remove them all; returns what there was."""
    found = list(leftovers(home, pictures))
    for path in found:
        remove(path)
    return found


def _spilled() -> str:
    return temporary_prefix("trifuse").split("-")[0]
