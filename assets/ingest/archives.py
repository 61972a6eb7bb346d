"""Unpacking zip and tar archives that nobody vouches for: every file below one folder, or none.

Nothing is left to the extractors of zipfile and tarfile. They only read: each member is checked here, and its bytes are
counted while they are copied into a new file of ours, with our own permissions.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assets.files import atomic_folder
from assets.ingest.archive_members import Member, RefusedArchive, damage_refused, read_members, refusal
from assets.web.progress import Progress

__all__ = ["Limits", "RefusedArchive", "unpack"]

_CHUNK = 2**20
_NOT_IN_NAMES = re.compile(r"^[A-Za-z]:|[\\\x00-\x1f\x7f\ud800-\udfff]")
"""A drive letter, a backslash, control characters, bytes that are not UTF-8."""
_GRACE = 16 * 2**20
"""Bytes that any archive may unpack to, whatever the ratio: so little does no harm."""


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to. All is counted while it is read, as headers may lie."""

    members: int = 1_000_000
    """Files and folders."""
    total_bytes: int = 200 * 2**30
    """Of all files together."""
    member_bytes: int = 100 * 2**30
    """Of a single file."""
    ratio: float = 200.0
    """Unpacked bytes for each packed one; text comes to 20 at most, a bomb to 1,000."""


def unpack(
    archive: Path,
    folder: Path,
    *,
    members: Iterable[str] | None = None,
    strip: int = 0,
    limits: Limits = Limits(),
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Unpack a zip, tar or tar.gz (told by content, not by name) into `folder`; returns the files, sorted.

    members: names as they stand in the archive, a folder's for all below it; None for everything.
    strip: how many leading folders, common to all members, are left out of the paths.
    Files of the same names are replaced, each at once; others in `folder` stay. Archives in the archive stay packed.
    Raises RefusedArchive, and then `folder` is as it was; OSError for a disk that is full.
    """
    staged = folder.with_name(f".{folder.name}.unpacked")
    try:
        with atomic_folder(staged) as temporary, damage_refused(archive):
            work = _Unpacking(archive, temporary, strip, limits, say)
            names = work.run(None if members is None else {str(PurePosixPath(name)) for name in members})
        _move(staged, folder, archive)
        say(f"{archive.name}: {len(names):,} files unpacked")
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return sorted(folder / name for name in names)


class _Unpacking:
    """One archive on its way into an empty folder."""

    def __init__(self, archive: Path, folder: Path, strip: int, limits: Limits, say: Callable[[str], None]) -> None:
        self.archive, self.folder, self.strip, self.limits = archive, folder, strip, limits
        self.most_bytes = min(limits.total_bytes, max(_GRACE, limits.ratio * archive.stat().st_size))
        self.progress = Progress(archive.name, 0, None, say)
        self.known: dict[str, tuple[str, bool]] = {}
        self.top: tuple[str, ...] = ()

    def run(self, wanted: set[str] | None) -> list[PurePosixPath]:
        """Unpack what is wanted; the paths of the files below the folder."""
        files, missing = [], set(wanted or ())
        for count, member in enumerate(read_members(self.archive, self.check_bytes), start=1):
            if count > self.limits.members:
                raise refusal(self.archive, f"more than {self.limits.members:,} members")
            parts = self._checked(member)
            chosen = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)} & (wanted or set())
            missing -= chosen
            path = self._stripped(member, parts)
            if path.parts and (wanted is None or chosen):
                self._write(member, self.folder / path)
                if not member.is_folder:
                    files.append(path)
        if missing or not files:
            raise refusal(self.archive, f"does not hold {', '.join(sorted(missing)) or 'any file'}")
        return files

    def check_bytes(self, count: int) -> None:
        """Raises RefusedArchive if the archive turns out to hold more than so many bytes may."""
        if count > self.most_bytes:
            size = self.archive.stat().st_size
            allowed = f"the {self.most_bytes:,.0f} allowed for that"
            raise refusal(self.archive, f"its {size:,} bytes unpack to more than {allowed}")

    def _checked(self, member: Member) -> tuple[str, ...]:
        """The parts of a member's path, once nothing is wrong with them."""
        name = member.name
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        nameless = not parts and not member.is_folder
        if nameless or name.startswith("/") or ".." in parts or _NOT_IN_NAMES.search(name):
            raise refusal(self.archive, "would leave the folder, or is no file name everywhere", name)
        if len(name.encode()) > 2048 or any(len(part.encode()) > 255 for part in parts):
            raise refusal(self.archive, "is too long a name", name[:80])
        for depth in range(1, len(parts) + 1):
            self._check_clash("/".join(parts[:depth]), depth < len(parts) or member.is_folder)
        return parts

    def _check_clash(self, name: str, is_folder: bool) -> None:
        """Names are compared as the least discerning file system would, as folders may be copied to one."""
        key = unicodedata.normalize("NFC", name).casefold()
        first = self.known.get(key)
        if first is not None and (first != (name, True) or not is_folder):
            raise refusal(self.archive, f"has the same name as {first[0]!a}", name)
        self.known[key] = (name, is_folder)

    def _stripped(self, member: Member, parts: tuple[str, ...]) -> PurePosixPath:
        """The path below the folder; empty for one of the folders that are left out."""
        top = parts[: self.strip]
        known = min(len(top), len(self.top))
        if top[:known] != self.top[:known] or (len(parts) <= self.strip and not member.is_folder):
            reason = f"is outside of the {self.strip} top folders that all members should share"
            raise refusal(self.archive, reason, member.name)
        self.top = max(self.top, top, key=len)
        return PurePosixPath(*parts[self.strip :])

    def _write(self, member: Member, path: Path) -> None:
        """Copy a member's bytes into a new file."""
        if member.is_folder:
            return path.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with member.open() as source, path.open("xb") as file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > self.limits.member_bytes:
                    raise refusal(self.archive, f"unpacks to more than {self.limits.member_bytes:,} bytes", member.name)
                self.progress.add(len(chunk))
                self.check_bytes(self.progress.done)
                file.write(chunk)
        return None


def _move(staged: Path, folder: Path, archive: Path) -> None:
    moves = list(_moves(staged, folder, archive))
    folder.mkdir(parents=True, exist_ok=True)
    for source, goal in moves:
        os.replace(source, goal)


def _moves(staged: Path, folder: Path, archive: Path) -> Iterator[tuple[Path, Path]]:
    """What to move where: whole folders where there is none yet, else what is in them."""
    for entry in sorted(staged.iterdir()):
        goal = folder / entry.name
        if entry.is_dir() and goal.is_dir():
            yield from _moves(entry, goal, archive)
        elif goal.exists() and entry.is_dir() != goal.is_dir():
            raise RefusedArchive(f"{archive}: of {goal} and what would replace it, one is a folder and one a file")
        else:
            yield entry, goal
