"""Who recommended under a protocol, from when, and why: one list, to which entries are only added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from assets.cells import Cell
from assets.files import alone, read_json, write_json
from assets.home import Home

ENTRIES_KEPT = 100
"""Of one dataset and protocol; older ones are forgotten."""
WON, SET, ROLLED_BACK, RELEASED = "won on validation", "set by hand", "rolled back", "released"


@dataclass(frozen=True)
class Entry:
    """A champion from a moment on. cell: its partition. version: of the trained model. pinned: refreshes leave it."""

    cell: str
    version: str
    pinned: bool
    why: str
    run_id: str
    since: str

    @property
    def model(self) -> str:
        """Its name, as `--set` takes it."""
        return f"{Cell.parse(self.cell).model}@{self.version[:12]}"


class History:
    """The champions of one dataset and protocol."""

    def __init__(self, home: Home, name: str, protocol: str) -> None:
        self.name, self.protocol = name, protocol
        self.path = home.lake / name / "champions" / f"{protocol}.json"

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        return [Entry(**entry) for entry in read_json(self.path)] if self.path.exists() else []

    def present(self) -> Entry | None:
        """The champion; None where there has never been one."""
        return next(reversed(self.entries()), None)

    def by_hand(self) -> Entry | None:
        """The latest entry that a person made."""
        return next((entry for entry in reversed(self.entries()) if entry.why != WON), None)

    def before(self) -> Entry | None:
        """The champion before the present one: another model, or another version of it."""
        entries = self.entries()
        now = (entries[-1].cell, entries[-1].version) if entries else None
        return next((e for e in reversed(entries) if (e.cell, e.version) != now), None)

    def add(self, cell: str, version: str, *, pinned: bool, why: str, run_id: str = "") -> Entry:
        """Make a version of a cell the champion from now on."""
        entry = Entry(cell, version, pinned, why, run_id, datetime.now(UTC).isoformat(timespec="seconds"))
        with alone(self.path):
            write_json(self.path, [asdict(e) for e in [*self.entries(), entry][-ENTRIES_KEPT:]])
        return entry


def histories(home: Home, name: str) -> Iterator[History]:
    """Of every protocol of a dataset that has had a champion."""
    for path in sorted((home.lake / name / "champions").glob("*.json")):
        yield History(home, name, path.stem)


def promote(history: History, cell: str, version: str, run_id: str, say: Callable[[str], None]) -> None:
    """Make the winner the champion, unless it is already or a person has pinned another."""
    present = history.present()
    winner = f"{Cell.parse(cell).model}@{version[:12]}"
    if present and (present.cell, present.version) == (cell, version):
        return
    if present and present.pinned:
        say(f"{history.name} {history.protocol}: {present.model} is pinned, so {winner} does not take its place")
        return
    history.add(cell, version, pinned=False, why=WON, run_id=run_id)
    say(f"{history.name} {history.protocol}: {winner} is the champion" + (f" after {present.model}" if present else ""))
