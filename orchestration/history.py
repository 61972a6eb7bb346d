"""How Dagster's history in SQLite is written: the disk is waited for now and then, not with every event.

Dagster opens, commits and closes a database for each event, and each time the disk is waited for twice: that was two
thirds of a run in which nothing has changed.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict

HELD = 8
"""Databases that are kept open: those of the latest runs, their index, and the ticks."""
_held: OrderedDict[str, sqlite3.Connection] = OrderedDict()


def wait_for_checkpoints_only() -> None:
    """From now on this process waits for the disk only where SQLite moves its log into the database.

    What a killed process stored is kept. A power cut may cost the latest events, but damages nothing: see
    https://www.sqlite.org/pragma.html#pragma_synchronous. May be called again.
    """
    import sqlalchemy  # it takes a tenth of a second, and whoever only looks at the definitions has no history

    if not sqlalchemy.event.contains(sqlalchemy.Engine, "connect", _configure):
        sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _configure)


def _configure(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode = WAL").close()
        connection.execute("PRAGMA synchronous = NORMAL").close()
        _hold(connection.execute("PRAGMA database_list").fetchall()[0][2])


def _hold(path: str) -> None:
    """Keep a connection of our own: whoever closes the last one has to move the log, and waits for the disk."""
    if path in _held:
        _held.move_to_end(path)
    elif path:  # one in memory has none
        _held[path] = sqlite3.connect(path, check_same_thread=False)
        _held[path].execute("SELECT count(*) FROM sqlite_master").fetchall()  # only a reader counts as one
    while len(_held) > HELD:
        _held.popitem(last=False)[1].close()
