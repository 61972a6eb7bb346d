"""Archives for the tests, good and odd."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

GOOD = {"ml/README.txt": b"read me", "ml/ratings.csv": b"1,2,3\n" * 1000, "ml/a/b/c.txt": b"", "ml/ä ü.txt": b"x"}
KINDS = ["zip", "tar", "tar.gz"]


def make_zip(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip of files by name."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: dict[str, bytes] | list[tarfile.TarInfo], mode: str = "w") -> Path:
    """A tar of files by name, or of members without content."""
    with tarfile.open(path, mode) as archive:
        for member in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            data = members[member] if isinstance(members, dict) else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make(kind: str, path: Path, files: dict[str, bytes]) -> Path:
    """An archive of one of KINDS."""
    if kind == "zip":
        return make_zip(path, files)
    return make_tar(path, files, "w" if kind == "tar" else "w:gz")


def tar_info(name: str, **facts) -> tarfile.TarInfo:
    """A member of a tar, with odd facts about it."""
    info = tarfile.TarInfo(name)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


def content(folder: Path) -> dict[str, bytes]:
    """The files below a folder by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
