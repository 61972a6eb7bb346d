"""Inspections of media files, remembered by content: the same bytes are decoded once, whatever dataset has them."""

from __future__ import annotations

import os
from pathlib import Path

from assets.hashing import Hashes
from assets.memory import Memory
from models.encoders.decoding import MediaReport, inspect, inspector
from models.encoders.media import LIMITS

FACTS = ("status", "reason", "seconds", "bytes", "video", "audio")
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS media (sha256 TEXT PRIMARY KEY, inspector TEXT, status TEXT, reason TEXT, "
    "seconds REAL, bytes INTEGER, video INTEGER, audio INTEGER) WITHOUT ROWID"
)


class Inspections:
    """What became known of every media file so far; for many threads and processes at once."""

    def __init__(self, lake: Path) -> None:
        """lake: folder that holds the two memories, of files' hashes and of media files' reports."""
        self._hashes = Hashes(lake / "hashes.sqlite")
        self._memory = Memory(lake / "inspected_media.sqlite", SCHEMA)
        self._inspector = inspector()

    def report(self, path: Path) -> MediaReport:
        """The report on a file: remembered where its content was inspected by the present rules, else made now."""
        try:
            if not os.path.isfile(path) or os.path.getsize(path) > LIMITS.bytes:
                return inspect(path)  # says so without reading it
            sha256 = self._hashes.sha256(path)
        except (OSError, ValueError):  # not there, unreadable, or no possible name: the inspector says which
            return inspect(path)
        return self._known(sha256) or self._new(path)

    def _known(self, sha256: str) -> MediaReport | None:
        query = f"SELECT {', '.join(FACTS)} FROM media WHERE sha256 = ? AND inspector = ?"
        rows = self._memory.execute(query, (sha256, self._inspector))
        if not rows:
            return None
        facts = dict(zip(FACTS, rows[0], strict=True))
        return MediaReport(**facts | {name: bool(facts[name]) for name in ("video", "audio")}, sha256=sha256)

    def _new(self, path: Path) -> MediaReport:
        report = inspect(path)
        if report.sha256:
            facts = (report.sha256, self._inspector, *(getattr(report, fact) for fact in FACTS))
            self._memory.execute(f"REPLACE INTO media VALUES ({', '.join('?' * len(facts))})", facts)
        return report

    def close(self) -> None:
        """Close both files."""
        self._hashes.close()
        self._memory.close()
