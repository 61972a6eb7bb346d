"""Runs of a home filed again in Dagster's SQLite history, under other ids and dates: months of it in minutes."""

from __future__ import annotations

import re
import shutil
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.scheduler.instigation import TickStatus  # has no public name

TICKS = 24
"""Ticks of each sensor that are filed a night; the real 2,880 are kept for three days only."""
_TIME = re.compile(r'("(?:start_|end_)?timestamp": |"(?:start|end)_time": )(\d{10}\.\d+)')
_STORED = re.compile(r'("storage_id": )(\d+)')


class Filing:
    """The history below DAGSTER_HOME. Its runs, as they are at first, are what is filed again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.history = folder, folder / "history"
        self.index = sqlite3.connect(self.history / "runs/index.db", timeout=60)
        self.runs = sqlite3.connect(self.history / "runs.db", timeout=60)
        self.schedules = sqlite3.connect(folder / "schedules/schedules.db", timeout=60)
        for one in (self.index, self.runs, self.schedules):
            one.execute("PRAGMA synchronous = OFF")
        done = "SELECT run_id, pipeline_name, partition, start_time FROM runs WHERE status = 'SUCCESS' ORDER BY id"
        self.known = self.runs.execute(done).fetchall()
        self.ticks = self._rows(self.schedules, "job_ticks", "status = 'SKIPPED'")[:TICKS]

    def runs_of(self, dataset: str, changed: bool) -> list[str]:
        """The runs of a night: a refresh, as the UI ran one, or all that followed when everything was computed."""
        refreshes = [run for run, job, _, _ in self.known if job.startswith("refresh_")]
        all_of = [run for run, _, partition, _ in self.known if (partition or "").partition("|")[0] == dataset]
        return [*refreshes[-1:], *(all_of[:40] if changed else [])]

    def file_again(self, run: str, dataset: str, at: float) -> None:
        """Another run like this one, of that dataset, that began then."""
        (row,) = self._rows(self.runs, "runs", "run_id = ?", run)
        other, shift = str(uuid.uuid4()), at - row["start_time"]
        own, self._known = _of(row), {}
        self._say = [(run, other), *([(f'"{own}"', f'"{dataset}"')] if own not in ("", dataset) else [])]
        self._insert(self.runs, "runs", self._moved(row, shift, {}))
        for tag in self._rows(self.runs, "run_tags", "run_id = ?", run):
            self._insert(self.runs, "run_tags", self._moved(tag, shift, {}))
        stored: dict[int, int] = {}
        for event in self._rows(self.index, "event_logs", "run_id = ?", run):
            stored[event["id"]] = self._insert(self.index, "event_logs", self._moved(event, shift, stored))
        for check in self._rows(self.index, "asset_check_executions", "run_id = ?", run):
            self._insert(self.index, "asset_check_executions", self._moved(check, shift, stored))
        wanted = f"event_id IN ({','.join(map(str, stored))})" if stored else "0"
        for tag in self._rows(self.index, "asset_event_tags", wanted):
            self._insert(self.index, "asset_event_tags", self._moved(tag, shift, stored))
        self._shard(run, other, shift)
        for one in (self.runs, self.index):
            one.commit()

    def date(self, run: str, at: float) -> None:
        """Have a run be of that date, as what deletes old runs sees it."""
        made = datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(" ")
        self.runs.execute("UPDATE runs SET create_timestamp = ? WHERE run_id = ?", [made, run])
        self.runs.commit()

    def tick(self, at: float) -> None:
        """A night's ticks."""
        for tick in self.ticks:
            shift = at - datetime.fromisoformat(tick["timestamp"]).replace(tzinfo=UTC).timestamp()
            self._say, self._known = [], {}
            self._insert(self.schedules, "job_ticks", self._moved(tick, shift, {}))
        self.schedules.commit()

    def purge_ticks(self, instance: dg.DagsterInstance, passed: float) -> None:
        """What the daemon deletes, as of so many days ago."""
        keep = instance.get_tick_retention_settings(next(iter(instance.all_instigator_state())).instigator_type)
        for state in instance.all_instigator_state():
            for status, days in keep.items():
                if days >= 0 and isinstance(status, TickStatus):
                    before = (datetime.now(UTC) - timedelta(days=days + passed)).timestamp()
                    instance.purge_ticks(state.instigator_origin_id, state.selector_id, before, [status])

    def count_runs(self) -> int:
        """Runs in the history."""
        return self.runs.execute("SELECT count(*) FROM runs").fetchall()[0][0]

    def _shard(self, run: str, other: str, shift: float) -> None:
        """The run's own database and its compute logs."""
        target = self.history / "runs" / f"{other}.db"
        with (
            closing(sqlite3.connect(self.history / "runs" / f"{run}.db")) as one,
            closing(sqlite3.connect(target)) as two,
        ):
            one.backup(two)
            two.execute("PRAGMA synchronous = OFF")
            for row in self._rows(two, "event_logs", "1"):
                moved = self._moved(row, shift, {})
                values = [moved[name] for name in ("run_id", "event", "timestamp")]
                two.execute(
                    "UPDATE event_logs SET run_id = ?, event = ?, timestamp = ? WHERE id = ?", [*values, row["id"]]
                )
            two.commit()
        logs = self.folder / "storage" / run
        if logs.exists():
            shutil.copytree(logs, self.folder / "storage" / other)

    @staticmethod
    def _rows(database: sqlite3.Connection, table: str, where: str, *values: Any) -> list[dict[str, Any]]:
        found = database.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY id", values)
        names = [about[0] for about in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @staticmethod
    def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
        row = {name: value for name, value in row.items() if name != "id"}
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        return database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())).lastrowid

    def _moved(self, row: dict[str, Any], shift: float, stored: dict[int, int]) -> dict[str, Any]:
        """The row of the other run: its id, its dataset, its dates, and the numbers under which events are stored."""
        return {name: self._value(name, value, shift, stored) for name, value in row.items()}

    def _value(self, name: str, value: Any, shift: float, stored: dict[int, int]) -> Any:
        if value is None or name == "id":
            return value
        if name.endswith("timestamp"):
            return (datetime.fromisoformat(value) + timedelta(seconds=shift)).isoformat(" ")
        if name in ("start_time", "end_time"):
            return value + shift
        if name == "event_id" or name.endswith("storage_id"):
            return stored.get(value, value)
        if not isinstance(value, str):
            return value
        if value not in self._known:  # an event is kept in up to three places
            self._known[value] = self._said(value, shift, stored)
        return self._known[value]

    def _said(self, value: str, shift: float, stored: dict[int, int]) -> str:
        for old, new in self._say:
            value = new if value == old.strip('"') else value.replace(old, new)
        value = _TIME.sub(lambda found: f"{found[1]}{float(found[2]) + shift}", value)
        return _STORED.sub(lambda found: f"{found[1]}{stored.get(int(found[2]), int(found[2]))}", value)


def _of(run: dict[str, Any]) -> str:
    """The dataset of a run's row."""
    return (run["partition"] or "").partition("|")[0]
