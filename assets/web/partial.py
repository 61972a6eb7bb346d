"""A file that is still arriving: `.NAME.part` beside the target, and `.NAME.json` that says what it is a part of.

The part takes the target's name only when it is whole. A killed download leaves both files, and the next goes on.
Afterwards `.NAME.json` says what the target is a copy of. `.NAME.lock` keeps two downloads of it apart.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assets.files import read_json, sha256_of, write_json


@dataclass(frozen=True)
class Origin:
    """What a file is a copy of: the address and the validators that the server gave. bytes: of the whole file.

    sha256: of the copy, None until it is whole.
    """

    address: str
    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None
    sha256: str | None = None

    @property
    def validator(self) -> str | None:
        """What an If-Range request may name: a strong ETag, else the date."""
        weak = self.etag is None or self.etag.startswith("W/")
        return self.last_modified if weak else self.etag


class Busy(RuntimeError):
    """Another process is writing the same file."""


class Partial:
    """The part of `target` that has come from `address`."""

    def __init__(self, target: Path, address: str) -> None:
        self.target, self.address = target, address
        self.path = target.with_name(f".{target.name}.part")
        self.origin_path = target.with_name(f".{target.name}.json")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from writing the same file. Raises Busy."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        # The lock file stays: whoever removed it could pull it from under a process that is about to lock it.
        with self.target.with_name(f".{self.target.name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(f"another process is downloading {self.target}") from error
            yield

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def origin(self) -> Origin | None:
        """What the bytes belong to; None where that is unknown or another address."""
        try:
            origin = Origin(**read_json(self.origin_path))
        except (OSError, ValueError, TypeError):  # absent, or not as we write it
            return None
        return origin if origin.address == self.address else None

    def origin_of_target(self) -> Origin | None:
        """What the whole file under the final name is a copy of; None if it was changed since."""
        origin = None if self.size else self.origin()
        whole = origin is not None and origin.sha256 is not None and self.target.exists()
        return origin if whole and sha256_of(self.target) == origin.sha256 else None

    def begin(self, origin: Origin) -> None:
        """Start over with nothing."""
        self.discard()
        self.path.touch()
        write_json(self.origin_path, asdict(origin))

    def discard(self) -> None:
        """Forget the part; what it belonged to goes first, so that it is never believed of something else."""
        self.origin_path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def finish(self) -> Origin:
        """Give the whole file its name, once its bytes are safe on the disk."""
        origin = replace(self.origin() or Origin(self.address), sha256=sha256_of(self.path))
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(self.path, self.target)
        _sync_folder(self.target.parent)
        write_json(self.origin_path, asdict(origin))
        return origin


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
