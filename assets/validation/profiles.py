"""What a version of a table looked like: a small JSON file per version, for the next version to be compared with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assets.files import read_json, write_json
from assets.validation.suites import ROW_KEYS
from assets.warehouse import sql

if TYPE_CHECKING:
    import duckdb

SAMPLED_KEYS = 1000
"""So many rows are looked for in the next version; the standard error of a share is 1.6% at most."""
LISTED = 50
"""The most frequent categories are kept by name, the rest as one."""


@dataclass(frozen=True)
class Profile:
    """One version of a table. version: hash of the files. accepted: whether later versions are compared with it.

    nulls: column -> share of rows without a value. quantiles: quantity -> its 5%, 50% and 95% quantiles. shares:
    quantity -> value -> share of its occurrences. keys: a sample of the rows' keys, all where there are few.
    """

    version: str
    rows: int
    nulls: dict[str, float]
    quantiles: dict[str, list[float] | None]
    shares: dict[str, dict[str, float]]
    keys: list[str]
    accepted: bool = False
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


def key_of(table: str) -> str:
    """The SQL expression of a row's key."""
    return f"concat_ws(' ', {', '.join(ROW_KEYS[table])})"


def profiled(connection: duckdb.DuckDBPyConnection, table: str, version: str) -> Profile:
    """The profile of the view `table`. Raises duckdb.Error where it lacks a column."""
    cursor = connection.execute(sql(f"checks/profiles/{table}"))
    found = dict(zip((column[0] for column in cursor.description), cursor.fetchall()[0], strict=True))
    key = key_of(table)
    sample = connection.execute(f"SELECT min_by({key}, hash({key}), {SAMPLED_KEYS}) FROM {table}").fetchall()[0][0]
    rows = found["rows"]
    return Profile(
        version,
        rows,
        nulls={name: 1 - count / rows if rows else 0.0 for name, count in found["present"].items()},
        quantiles=found["quantiles"],
        shares={name: _shares(counts or {}) for name, counts in found["counts"].items()},
        keys=sample or [],
    )


def _shares(counts: dict[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    listed = {name: count / total for name, count in ranked[:LISTED]}
    others = sum(count for _, count in ranked[LISTED:])
    return listed | ({"all others": others / total} if others else {})


def keep(folder: Path, profile: Profile) -> None:
    """Write the profile as folder/<version>.json; the latest written is the current one."""
    write_json(folder / f"{profile.version}.json", asdict(profile))


def previous(folder: Path, version: str) -> Profile | None:
    """The latest accepted profile of another version than this."""
    profiles = [Profile(**read_json(path)) for path in folder.glob("[!.]*.json") if path.stem != version]
    return max((p for p in profiles if p.accepted), key=lambda p: p.created_at, default=None)
