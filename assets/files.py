"""Files that are whole or absent, and the hashes that name their content."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assets.processes import PATTERN, is_dead, is_here, this_process

_TEMPORARY = re.compile(rf"\.(?P<process>{PATTERN})\.[a-z0-9_]+(\.part)?$")
FORGOTTEN_SECONDS = 86_400
"""Something temporary that another machine made is given up after a day without a change."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(*parts: Any) -> str:
    """SHA-256 of values that JSON can hold; equal values give equal digests on every machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def temporary_prefix(name: str) -> str:
    """How the name of something temporary begins: hidden, and with the process that will remove it."""
    return f".{name}.{this_process()}."


def _make_room(path: Path) -> None:
    """Make the parent folder, and remove what a killed writer of the same file left in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        if is_leftover(leftover):
            remove(leftover)


def is_leftover(path: Path) -> bool:
    """Whether it is temporary and whoever made it can remove it no more: a dead process, or one elsewhere long ago."""
    made_by = _TEMPORARY.search(path.name)
    if made_by is None:
        return False
    if is_here(made_by["process"]):
        return is_dead(made_by["process"])
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS
    return False


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; no matter if another is doing the same."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process of this machine is writing `path` in this way; a killed one holds nobody up."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the final name only if the body succeeds."""
    _make_room(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path.name), suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; it replaces `path` only if the body succeeds."""
    _make_room(path)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=temporary_prefix(path.name), suffix=".part"))
    try:
        yield temporary
        temporary.chmod(0o755)
        with tempfile.TemporaryDirectory(".part", temporary_prefix(path.name), path.parent) as aside:
            if path.exists():  # a folder cannot be replaced in one move; two moves leave the shortest gap
                os.replace(path, Path(aside) / path.name)
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, as UTF-8."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented so that a person can read it."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
