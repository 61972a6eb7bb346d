"""A folder to unpack into, and what a refusal must leave: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.ingest.archives import RefusedArchive, unpack


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where archives are unpacked; it is not there yet."""
    return tmp_path / "landing" / "data"


@pytest.fixture
def refused(folder, tmp_path):
    """refused(archive, why): it is refused for that reason, and nothing at all was written."""

    def check(archive: Path, why: str, **options) -> None:
        with pytest.raises(RefusedArchive, match=why) as error:
            unpack(archive, folder, **options)
        assert str(archive) in str(error.value)
        assert not folder.exists() or not list(folder.iterdir())
        assert not folder.parent.exists() or [p for p in folder.parent.iterdir() if p != folder] == []
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted({archive.name, "landing"})

    return check
