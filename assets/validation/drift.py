"""Compares a table with its version before: what has vanished blocks, all else that has moved is a warning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from assets.datasets import Dataset
from assets.home import Home
from assets.manifests import Manifests
from assets.validation.facts import Check
from assets.validation.outcomes import Outcome
from assets.validation.profiles import Profile, keep, key_of, previous, profiled
from assets.validation.suites import SUITES
from assets.validation.thresholds import Thresholds, accepted, thresholds

VANISHED = Check("vanished_rows", "Most rows of the version before are there: a sample of their keys is looked up.")
DRIFT = Check("drift", "Row count, gaps, distributions and medians are much as in the version before.", blocking=False)
CHECKS = (VANISHED, DRIFT)
ADVICE = (
    '. If that is wanted, add {name} = ["{version}"] to `accepted` in assets/validation/thresholds.toml '
    "and materialize the checks again"
)
Measures = dict[str, tuple[str, float, str]]
"""Limit -> what was measured, the value held against the limit, and where it is largest."""


def staged_version(home: Home, about: Dataset) -> str:
    """The version of the staged records, by which a person accepts a wanted change."""
    manifest = Manifests(home.path).current("staged_records", about.name)
    return manifest.data_version if manifest else "unknown"


def basis(home: Home, about: Dataset, table: str) -> list[Any]:
    """What the outcomes depend on besides the table."""
    return [accepted(about, staged_version(home, about))] if table in SUITES else []


def compared(
    connection: duckdb.DuckDBPyConnection, home: Home, about: Dataset, table: str, version: str
) -> list[Outcome]:
    """The outcomes of `CHECKS`, and the table's profile kept for the next version."""
    folder = home.lake / about.name / "profiles" / table
    try:
        now = profiled(connection, table, version)
    except duckdb.BinderException as error:
        why = f"cannot be compared: {str(error).splitlines()[0]}"
        return [Outcome(check.name, False, why, checked=False) for check in CHECKS]
    before = previous(folder, version)
    if before is None:
        found = [Outcome(check.name, True, "there is no version before", now.rows) for check in CHECKS]
    else:
        gone = _vanished(connection, table, before)
        found = [_lost(gone, before, now, home, about), _moved(gone, before, now, thresholds(about))]
    # A version that lost too much is never compared with: else the check would turn green by the next version's.
    keep(folder, replace(now, accepted=found[0].passed))
    return found


def _vanished(connection: duckdb.DuckDBPyConnection, table: str, before: Profile) -> float:
    """The share of the sampled rows of the version before that are gone."""
    now = f"(SELECT {key_of(table)} AS key FROM {table})"
    query = f"SELECT count(*) FROM (SELECT unnest($keys) AS key) ANTI JOIN {now} USING (key)"
    gone = connection.execute(query, {"keys": before.keys}).fetchall()[0][0] if before.keys else 0
    return gone / max(len(before.keys), 1)


def _lost(gone: float, before: Profile, now: Profile, home: Home, about: Dataset) -> Outcome:
    limit, version = thresholds(about).vanished_rows, staged_version(home, about)
    holds, let_through = limit.holds(gone), accepted(about, version)
    summary = f"{gone:.1%} of the rows before are gone ({before.rows:,} -> {now.rows:,} rows), expected {limit}"
    if not holds:
        summary += (
            ", accepted in thresholds.toml" if let_through else ADVICE.format(name=about.name, version=version[:16])
        )
    passed = holds or let_through
    return Outcome(VANISHED.name, passed, summary, now.rows, observed=gone, measured=_versions(before, now))


def _moved(gone: float, before: Profile, now: Profile, limits: Thresholds) -> Outcome:
    found = measures(gone, before, now)
    broken = {name: measure for name, measure in found.items() if not limits.limit(name).holds(measure[1])}
    told = [f"{what}: {value:.1%}{where and f' ({where})'}, expected {limits.limit(name)}"
            for name, (what, value, where) in broken.items()]  # fmt: skip
    evidence = {name: {"value": value, "where": where, "limit": str(limits.limit(name))}
                for name, (_, value, where) in found.items()}  # fmt: skip
    summary = "; ".join(told) or "much as before"
    versions = _versions(before, now, "nulls", "quantiles", "shares")
    return Outcome(DRIFT.name, not broken, summary, now.rows, observed=evidence, measured=versions)


def measures(gone: float, before: Profile, now: Profile) -> Measures:
    """Every change between two versions. gone: the share of the rows before that are not there any more."""
    return {
        "vanished_rows_usual": ("rows gone", gone, ""),
        "grown_rows": ("rows more", max(now.rows / max(before.rows, 1) - 1, 0.0), ""),
        "changed_nulls": ("change of a column's gaps", *_largest(
            {name: abs(now.nulls[name] - share) for name, share in before.nulls.items() if name in now.nulls})),
        "changed_shares": ("change of a distribution", *_largest(
            {name: _distance(shares, now.shares[name]) for name, shares in before.shares.items()
             if shares and now.shares.get(name)})),
        "changed_medians": ("change of a median", *_largest(_medians(before, now))),
    }  # fmt: skip


def _largest(changes: dict[str, float]) -> tuple[float, str]:
    return max(((value, name) for name, value in changes.items()), default=(0.0, ""))


def _distance(one: dict[str, float], other: dict[str, float]) -> float:
    """Total variation distance of two distributions, from 0 to 1."""
    return sum(abs(one.get(value, 0.0) - other.get(value, 0.0)) for value in one.keys() | other.keys()) / 2


def _medians(before: Profile, now: Profile) -> dict[str, float]:
    pairs = {name: (found, now.quantiles.get(name)) for name, found in before.quantiles.items()}
    return {name: abs(new[1] / old[1] - 1) for name, (old, new) in pairs.items() if old and new and old[1]}


def _versions(before: Profile, now: Profile, *more: str) -> dict[str, Any]:
    """What tells the two versions apart, and more of their profiles where asked for."""
    names = ("version", "created_at", "rows", *more)
    return {which: {name: getattr(one, name) for name in names} for which, one in (("before", before), ("now", now))}
