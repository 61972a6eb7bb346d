"""Inspections of pictures, remembered by content: the same bytes are decoded once, in whatever dataset they stand."""

from __future__ import annotations

import os
from pathlib import Path

from assets.hashing import Hashes
from assets.memory import Memory
from models.encoders.pictures import MAX_BYTES, PictureReport, inspect, inspector

FACTS = ("status", "reason", "width", "height", "bytes", "format", "pixels")
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS pictures (sha256 TEXT PRIMARY KEY, inspector TEXT, status TEXT, reason TEXT, "
    "width INTEGER, height INTEGER, bytes INTEGER, format TEXT, pixels TEXT) WITHOUT ROWID"
)


class Inspections:
    """What became known of every picture so far; for many threads and processes at once."""

    def __init__(self, lake: Path) -> None:
        """lake: folder that holds the two memories, of files' hashes and of pictures' reports."""
        self._hashes = Hashes(lake / "hashes.sqlite")
        self._memory = Memory(lake / "inspected_pictures.sqlite", SCHEMA)
        self._inspector = inspector()

    def report(self, path: Path) -> PictureReport:
        """The report on a file: remembered where its content was inspected by the present rules, else made now."""
        try:
            if os.path.getsize(path) > MAX_BYTES or not os.path.isfile(path):
                return inspect(path)  # says so without reading it
            sha256 = self._hashes.sha256(path)
        except (OSError, ValueError):  # not there, unreadable, or no possible name: the inspector says which
            return inspect(path)
        return self._known(sha256) or self._new(path)

    def _known(self, sha256: str) -> PictureReport | None:
        query = f"SELECT {', '.join(FACTS)} FROM pictures WHERE sha256 = ? AND inspector = ?"
        rows = self._memory.execute(query, (sha256, self._inspector))
        return PictureReport(**dict(zip(FACTS, rows[0], strict=True)), sha256=sha256) if rows else None

    def _new(self, path: Path) -> PictureReport:
        report = inspect(path)
        if report.sha256:
            facts = (report.sha256, self._inspector, *(getattr(report, fact) for fact in FACTS))
            self._memory.execute(f"REPLACE INTO pictures VALUES ({', '.join('?' * len(facts))})", facts)
        return report

    def close(self) -> None:
        """Close both files."""
        self._hashes.close()
        self._memory.close()
