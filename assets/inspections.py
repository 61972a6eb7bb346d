"""Inspections of pictures and clips, remembered by content: the same bytes are decoded once in all datasets."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from assets.hashing import Hashes
from assets.memory import Memory

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS reports (sha256 TEXT, kind TEXT, inspector TEXT, report TEXT, "
    "PRIMARY KEY (sha256, kind)) WITHOUT ROWID"
)
Report = TypeVar("Report")


class Inspector(Protocol):
    """What decodes one kind of file: the modules `pictures` and `decoding` of `models.encoders`."""

    def inspect(self, path: Path) -> Report:
        """What a file is: a dataclass with its `sha256`, which is None where it could not be read."""

    def inspector(self) -> str:
        """What a report depends on beside the file."""


class Inspections(Generic[Report]):
    """What became known of every file of one kind so far; for many threads and processes at once."""

    def __init__(self, lake: Path, decoder: Inspector, report: type[Report], max_bytes: int) -> None:
        """lake: folder that holds the two memories, of files' hashes and of reports; report: its class."""
        self._hashes = Hashes(lake / "hashes.sqlite")
        self._memory = Memory(lake / "inspections.sqlite", SCHEMA)
        self._inspect, self._inspector = decoder.inspect, decoder.inspector()
        self._report, self._max_bytes = report, max_bytes

    def report(self, path: Path) -> Report:
        """The report on a file: remembered where its content was inspected by the present rules, else made now."""
        try:
            if os.path.getsize(path) > self._max_bytes or not os.path.isfile(path):
                return self._inspect(path)  # says so without reading it
            sha256 = self._hashes.sha256(path)
        except (OSError, ValueError):  # not there, unreadable, or no possible name: the inspector says which
            return self._inspect(path)
        return self._known(sha256) or self._new(path)

    def _known(self, sha256: str) -> Report | None:
        query = "SELECT report FROM reports WHERE sha256 = ? AND kind = ? AND inspector = ?"
        rows = self._memory.execute(query, (sha256, self._report.__name__, self._inspector))
        return self._report(**json.loads(rows[0][0])) if rows else None

    def _new(self, path: Path) -> Report:
        report = self._inspect(path)
        if report.sha256:
            values = (report.sha256, self._report.__name__, self._inspector, json.dumps(asdict(report)))
            self._memory.execute("REPLACE INTO reports VALUES (?, ?, ?, ?)", values)
        return report

    def close(self) -> None:
        """Close both files."""
        self._hashes.close()
        self._memory.close()
