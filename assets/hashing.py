"""SHA-256 of files, remembered: a file whose size and times are as they were is not read again."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from assets.files import digest
from assets.memory import Memory

SETTLED_NS = 2_000_000_000
"""A file that changed less than this long ago (2 s, the coarsest clock of a file system in use: FAT) is not remembered.

It could change once more within the same tick and look the same. Git calls such a file racily clean.
"""
CHUNK_BYTES = 2**20
SCHEMA = "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, stamp TEXT, sha256 TEXT) WITHOUT ROWID"


class Hashes(Memory):
    """The remembered hashes, in one SQLite file; for many threads and processes at once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def sha256(self, path: Path) -> str:
        """SHA-256 of a file's content. Raises OSError.

        A file that changes while it is read has the hash of what was read, and is not remembered.
        """
        known = self.execute(
            "SELECT sha256 FROM files WHERE path = ? AND stamp = ?", (_key(path), _stamp(os.stat(path)))
        )
        return known[0][0] if known else self.prefix_and_whole(path, 0)[1]

    def prefix_and_whole(self, path: Path, prefix_bytes: int) -> tuple[str, str]:
        """SHA-256 of the first `prefix_bytes` and of the whole file, in one reading that is always done.

        A file grew by appending if the first equals the SHA-256 that it had when it was `prefix_bytes` long. Of a
        shorter file both are the same. Raises OSError.
        """
        with open(path, "rb") as file:
            before, now = os.fstat(file.fileno()), time.time_ns()
            hashed = hashlib.sha256()
            _feed(hashed, file, prefix_bytes)
            prefix = hashed.hexdigest()
            _feed(hashed, file, math.inf)
            after = os.fstat(file.fileno())
        if _stamp(before) == _stamp(after) and _settled(before, now):
            self.execute("REPLACE INTO files VALUES (?, ?, ?)", (_key(path), _stamp(before), hashed.hexdigest()))
        return prefix, hashed.hexdigest()

    def folder(self, path: Path) -> str:
        """Digest over the names and SHA-256 of the files below a folder; names decide the order. Raises OSError.

        Only regular files count; a link counts as the file that it leads to, unless that lies outside the folder.
        """
        return digest(sorted((file.relative_to(path).as_posix(), self.sha256(file)) for file in files_below(path)))


def files_below(folder: Path) -> Iterator[Path]:
    """The regular files below a folder, and links to such; links to folders are not followed. Raises OSError."""
    inside = folder.resolve(strict=True)
    for parent, _, names in os.walk(folder, onerror=_raise):
        for path in (Path(parent, name) for name in names):
            if path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(inside)):
                yield path


def _raise(error: OSError) -> None:
    raise error


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))


def _stamp(stat: os.stat_result) -> str:
    """What changes when a file does. The change time cannot be set back, unlike the modification time."""
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"


def _settled(stat: os.stat_result, now: int) -> bool:
    """Not changed just now; a change time in the future comes from another clock and says nothing."""
    return now - stat.st_ctime_ns > SETTLED_NS and abs(now - stat.st_mtime_ns) > SETTLED_NS


def _feed(hashed: hashlib._Hash, file: BinaryIO, size: float) -> None:
    """Hash the next `size` bytes of a file, or as many as there are."""
    while size > 0 and (chunk := file.read(min(size, CHUNK_BYTES))):
        hashed.update(chunk)
        size -= len(chunk)
