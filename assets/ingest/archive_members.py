"""The members of a zip or tar archive in order, whatever its name; what is no plain file or folder is refused."""

from __future__ import annotations

import gzip
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LARGEST_READ = 2**20
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, ValueError, OverflowError, RecursionError),
)  # what zipfile and tarfile raise on damaged bytes and unknown compressions

CountBytes = Callable[[int], None]
"""Takes the unpacked bytes so far, and raises RefusedArchive when they are too many."""


class RefusedArchive(ValueError):
    """An archive that is not unpacked; str(error) names it, the member if it is about one, and the reason."""


def refusal(archive: Path, reason: str, member: str | None = None) -> RefusedArchive:
    """The error, with what it is about."""
    return RefusedArchive(f"{archive}: {'' if member is None else f'{member!a} '}{reason}; nothing is unpacked")


@dataclass(frozen=True)
class Member:
    """A file or folder. name: as it stands in the archive, unchecked. open: its bytes, to be read before the next."""

    name: str
    is_folder: bool
    open: Callable[[], IO[bytes]]


@contextmanager
def damage_refused(archive: Path) -> Iterator[None]:
    """Whatever the readers raise on damaged bytes, as RefusedArchive."""
    try:
        yield
    except RefusedArchive:
        raise
    except _DAMAGE as error:
        raise refusal(archive, f"damaged or cut off ({error or type(error).__name__})") from error


def read_members(archive: Path, count_bytes: CountBytes) -> Iterator[Member]:
    """The members, told by content: zip, tar or tar.gz.

    Raises RefusedArchive for another content, a link, a device, a sparse or encrypted file, an end that is missing.
    On damaged bytes it raises what `damage_refused` catches; so may the reading of a member.
    """
    with archive.open("rb") as file:
        beginning = file.read(4)
        file.seek(0)
        if beginning in (b"PK\3\4", b"PK\5\6"):
            yield from _zip_members(archive, file)
        elif beginning[:2] == b"\x1f\x8b":
            with gzip.open(file) as unzipped:
                yield from _tar_members(archive, unzipped, count_bytes)
        else:
            yield from _tar_members(archive, file, count_bytes)


def _zip_members(archive: Path, file: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(file) as reader:
        for info in reader.infolist():
            name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise refusal(archive, "is neither a plain file nor a folder", name)
            if info.flag_bits & 1:
                raise refusal(archive, "is encrypted", name)
            if info.header_offset < 0:
                raise refusal(archive, "damaged or cut off: a member lies before its beginning")
            yield Member(name, name.endswith("/"), lambda info=info: reader.open(info))


def _tar_members(archive: Path, file: IO[bytes], count_bytes: CountBytes) -> Iterator[Member]:
    stream = _Forward(archive, file, count_bytes)
    try:
        reader = tarfile.TarFile(fileobj=stream)
    except tarfile.ReadError as error:
        raise refusal(archive, f"not a zip, tar or tar.gz; it begins with {stream.last[:16]!a}") from error
    while (info := reader.next()) is not None:
        reader.members.clear()  # or it would keep them all
        if not (info.isfile() or info.isdir()) or info.issparse() or info.size < 0:
            raise refusal(archive, "is neither a plain file nor a folder", info.name)
        yield Member(info.name, info.isdir(), lambda info=info: reader.extractfile(info))
    stream.finish()


class _Forward:
    """What tarfile reads through: forward only, in small pieces, every unpacked byte counted."""

    def __init__(self, archive: Path, stream: IO[bytes], count_bytes: CountBytes) -> None:
        self.archive, self.stream, self.count_bytes = archive, stream, count_bytes
        self.last = b""

    def read(self, size: int) -> bytes:
        """The next bytes. tarfile reads headers whole, of whatever size they claim to be."""
        if not 0 <= size <= _LARGEST_READ:
            raise refusal(self.archive, f"has a header of {size:,} bytes")
        self.last = self.stream.read(size)
        self.count_bytes(self.tell())
        return self.last

    def seek(self, position: int) -> None:
        """Skip what nobody wants; what lies behind stays there."""
        while (gap := position - self.tell()) > 0:
            if not self.read(min(gap, _LARGEST_READ)):
                break

    def tell(self) -> int:
        """Unpacked bytes so far."""
        return self.stream.tell()

    def finish(self) -> None:
        """Make sure that the archive ended where tarfile stopped, and read on, as gzip's checksum comes last."""
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise refusal(self.archive, "damaged or cut off: its end is missing")
        while self.read(_LARGEST_READ):
            pass
