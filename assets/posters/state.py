"""What the crawler knows, in one SQLite file: every outcome so far, so that a run goes on where the last one ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, astuple, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.posters.wanted import Outcome

_TYPES = {"str": "TEXT", "int": "INTEGER", "float": "REAL", "bool": "INTEGER"}
_COLUMNS = {field.name: _TYPES[field.type.partition(" ")[0]] for field in fields(Outcome)}


class State:
    """One row per (item_id, provider, url), each committed as it is recorded.

    A commit in write-ahead mode survives kill -9 and costs 0.05 ms, so none are gathered; a power cut may undo the
    last few, never half of one. Others may read the file meanwhile. For one thread.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        for line in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            f"CREATE TABLE IF NOT EXISTS outcomes ({_schema()}, PRIMARY KEY (item_id, provider, url))",
            "CREATE INDEX IF NOT EXISTS by_image ON outcomes (image_url)",
        ):
            self._connection.execute(line)

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of(self, item_id: str) -> dict[tuple[str, str], Outcome]:
        """The outcomes of one item by (provider, url)."""
        return {(one.provider, one.url): one for one in self._select("WHERE item_id = ?", item_id)}

    def found_at(self, image_url: str) -> Outcome | None:
        """An outcome, of any item, that found its picture at this address; the newest."""
        where = "WHERE image_url = ? AND status = 'found' ORDER BY fetched_at DESC LIMIT 1"
        return next(self._select(where, image_url), None)

    def record(self, outcome: Outcome) -> Outcome:
        """Keep an outcome in place of an earlier one of the same question, stamped with the time; gives it back."""
        before = self.of(outcome.item_id).get((outcome.provider, outcome.url))
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        outcome = replace(outcome, fetched_at=now, attempts=(before.attempts if before else 0) + 1)
        values = [_storable(value) if isinstance(value, str) else value for value in astuple(outcome)]
        marks = ", ".join("?" * len(_COLUMNS))
        self._connection.execute(f"INSERT OR REPLACE INTO outcomes VALUES ({marks})", values)
        return outcome

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every outcome as a plain dictionary with the fields of Outcome, ordered by its key."""
        yield from (asdict(outcome) for outcome in self._select("ORDER BY item_id, provider, url"))

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def _select(self, rest: str, *values: str) -> Iterator[Outcome]:
        for row in self._connection.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM outcomes {rest}", [*map(_storable, values)]
        ):
            outcome = Outcome(*row)
            yield replace(outcome, settled=bool(outcome.settled))


def _storable(text: str) -> str:
    """JSON may hold half of a surrogate pair, which UTF-8 and so SQLite cannot."""
    return text.encode("utf-8", "replace").decode()


def _schema() -> str:
    return ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
