"""Reads one raw file into segments: each record is loaded, rejected with a reason, or a counted duplicate.

A file that has not changed is not read; of a JSON-lines file that has grown, only the end is. DuckDB reads and parses
lines in parallel; what it cannot read as JSON (Python literals, control characters, two objects on a line), and files
whose objects span lines, go through Python.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from assets.datasets import Dataset
from assets.files import digest, temporary_prefix
from assets.hashing import Hashes
from assets.ingest.parts import Parts
from assets.ingest.raw_file import KEYS, RawFile
from assets.ingest.segments import READING, Segments, Staged, slug
from assets.steps import Say
from assets.warehouse import sql

TELL_EVERY_SECONDS = 5.0
QUERIES = (
    *("macros", "tables", "segment", "lines"),
    *(f"sorting/{step}" for step in ("stage", "begin", "references", "keyed", "known", "duplicates", "exceptions")),
)
"""What decides, besides a file's own query, what it is read into: where one changes, the file is read anew."""
MOST_SEGMENTS = 32
"""A file that was appended to more often is read anew, so that its views stay quick."""


class Loader:
    """Loads the raw files of one dataset, one after the other, into its segments."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, segments: Segments, about: Dataset, root: Path, hashes: Hashes
    ) -> None:
        self.connection, self.segments, self.about, self.root, self.hashes = connection, segments, about, root, hashes
        segments.folder.mkdir(parents=True, exist_ok=True)
        segments.attach(connection)

    def load(self, raw: RawFile, say: Say) -> Staged:
        """What `raw` was read into, now or before. Raises ValueError naming the file if it cannot be read at all."""
        name, path, recipe = raw.path.as_posix(), self.root / raw.path, self._recipe(raw)
        before = self.segments.of(name)
        if before and before.recipe != recipe:
            before = None
        if before and before.sha256 == self.hashes.sha256(path):
            return before
        try:
            longer = before is not None and self._only_longer(path, before)
            size = path.stat().st_size - (before.bytes if longer else 0)
            say(f"{name}: reading {size / 1e6:,.1f} MB{' that were appended' if longer else ''}")
            with _telling(self.connection, name, say):
                staged = self._read(raw, recipe, before if longer else None)
        except (duckdb.Error, OSError, EOFError, ValueError) as error:
            raise ValueError(
                f"{name} cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}"
            ) from error
        self.segments.save(staged)
        self.segments.attach(self.connection)
        say(str(staged))
        return staged

    def _recipe(self, raw: RawFile) -> str:
        referred = {reference.table for reference in raw.references}
        contents = [(file.table, file.content) for file in self.segments.all() if file.table in referred]
        scale = (self.about.name, self.about.rating_low, self.about.rating_high)
        queries = [sql(f"staging/{name}") for name in (raw.parse, *QUERIES)]
        return digest(vars(raw), KEYS[raw.table], scale, queries, sorted(contents))

    def _only_longer(self, path: Path, before: Staged) -> bool:
        if not before.appendable or len(before.segments) >= MOST_SEGMENTS or path.stat().st_size <= before.bytes:
            return False
        return self.hashes.prefix_and_whole(path, before.bytes)[0] == before.sha256

    def _read(self, raw: RawFile, recipe: str, before: Staged | None) -> Staged:
        started, path = time.monotonic(), self.root / raw.path
        sha256 = self.hashes.sha256(path)
        for name, value in self._variables(raw).items():
            self.connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        with tempfile.TemporaryDirectory(dir=self.segments.folder, prefix=temporary_prefix(READING)) as folder:
            work = Path(folder)
            source = _tail(path, before.bytes, work / "tail") if before else path
            skip = 0 if before else raw.skip
            parts = Parts(self.connection, raw, self.about.name, work, skip, before.lines + 1 if before else 1 + skip)
            parts.write(source)
            parts.sort_out(appended=before is not None)
            counts, content = parts.counts(), parts.content()
            stem = f"{slug(raw.path.as_posix())}.{digest(recipe, sha256)[:12]}"
            segments = parts.move(self.segments.folder, stem)
        staged = Staged(
            self.about.name, raw.path.as_posix(), raw.table, recipe, sha256, path.stat().st_size, parts.lines,
            parts.by_line and raw.reader == "objects" and _ends_line(path), segments, content,
            counts["loaded"] + counts["rejected"] + counts["duplicate"], counts["loaded"], counts["rejected"],
            counts["duplicate"], round(time.monotonic() - started, 3),
        )  # fmt: skip
        return staged.after(before) if before else staged

    def _variables(self, raw: RawFile) -> dict[str, Any]:
        known = {"dataset": self.about.name, "low": self.about.rating_low, "high": self.about.rating_high}
        return known | {"folder": self.about.folder} | dict(raw.variables)


@contextmanager
def _telling(connection: duckdb.DuckDBPyConnection, name: str, say: Say) -> Iterator[None]:
    """Say every few seconds how far the running query is."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(TELL_EVERY_SECONDS):
            if 0 < (percent := connection.query_progress()) < 100:
                say(f"{name}: {percent:.0f}% of this pass")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tail(path: Path, start: int, target: Path) -> Path:
    """What follows the first `start` bytes of a file, as a file of its own."""
    with path.open("rb") as source, target.open("wb") as end:
        source.seek(start)
        shutil.copyfileobj(source, end, 2**20)
    return target


def _ends_line(path: Path) -> bool:
    """Whether a plain file's last line is whole. A gzipped file cannot be read from the middle: False."""
    with path.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            return False
        file.seek(0, 2)
        if not file.tell():
            return False
        file.seek(-1, 2)
        return file.read(1) == b"\n"
