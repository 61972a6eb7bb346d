"""SQLite files that remember what is slow to find out again. Any of them may be deleted: then it is found out again."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

BUSY_SECONDS = 60
"""How long one process waits for another's write, which takes well under a millisecond."""


def read_only(path: Path) -> contextlib.closing[sqlite3.Connection]:
    """A SQLite file to read from, closed at the end of the `with`. Raises sqlite3.Error where it cannot be opened."""
    return contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


class Memory:
    """One such file, for many threads and processes at once. Every statement is its own transaction."""

    def __init__(self, path: Path, schema: str) -> None:
        """schema: CREATE TABLE IF NOT EXISTS. A damaged file is put aside, with a warning, and begun anew."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            self._connection = _open_or_begin(path, schema)
        self._lock = threading.Lock()

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple]:
        """Run one statement; the rows of its answer."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process at a time: SQLite's own locks guard neither the switch to a log nor the putting aside."""
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_or_begin(path: Path, schema: str) -> sqlite3.Connection:
    try:
        return _open(path, schema)
    except sqlite3.OperationalError:
        raise  # locked, read-only, disk full: not the content's fault
    except sqlite3.DatabaseError as error:
        _put_aside(path, error)
        return _open(path, schema)


def _open(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL: a killed process loses nothing; a power cut may lose the last rows, which are then found out again.
        connection.execute("PRAGMA synchronous = NORMAL")
        if (verdict := connection.execute("PRAGMA quick_check(1)").fetchall()) != [("ok",)]:
            raise sqlite3.DatabaseError(verdict[0][0].splitlines()[-1])
        connection.execute(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _put_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in ("-wal", "-shm", ""):  # the log first: a new file must not find another's
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    warnings.warn(f"{path} is damaged ({error}). It is kept as {aside.name}; a new one is begun.", stacklevel=4)
