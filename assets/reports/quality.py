"""What the checks found in the data, how it has drifted since the last version, and what has a picture."""

from __future__ import annotations

from dataclasses import dataclass

from assets.reports.material import Material
from assets.validation.checks import data_docs_page
from assets.validation.drift import DRIFT, VANISHED
from assets.validation.outcomes import Outcome, latest, place
from assets.validation.running import CHECKED, checks_of

MEASURES = {
    "vanished_rows_usual": "Rows gone", "grown_rows": "Rows more", "changed_nulls": "Gaps",
    "changed_shares": "Distributions", "changed_medians": "Medians",
}  # fmt: skip
"""What `drift` measures, by the name of its limit."""


@dataclass(frozen=True)
class Checked:
    """The checks of one table. red: (check, whether it blocks, what it found) of those that did not pass."""

    table: str
    passed: int
    red: list[tuple[str, bool, str]]


@dataclass(frozen=True)
class Drift:
    """A table against its version before. rows: before and now; changes: (share, where) by MEASURES, None: unknown."""

    table: str
    rows: tuple[int, int]
    before: str
    changes: list[tuple[float, str] | None]
    summary: str
    passed: bool


@dataclass(frozen=True)
class Quality:
    """drifts: of tables that have a version before. pictured: share of the items and of the ratings. docs: link."""

    checks: list[Checked]
    drifts: list[Drift]
    pictured: tuple[float, float] | None
    docs: str


def quality_of(material: Material) -> Quality:
    """What the last checks have left; empty where none has run."""
    home, name = material.home, material.about.name
    found = {asset: latest(home, name, asset) for asset in CHECKED if place(home, name, asset).exists()}
    drifts = [drift for asset, outcomes in found.items() if (drift := _drift(asset, outcomes)) is not None]
    docs = data_docs_page(material.home, material.about.name)
    there = f"../{docs.relative_to(material.home.reports).as_posix()}" if docs.exists() else ""
    return Quality([_checked(material, *one) for one in found.items()], drifts, _pictured(material), there)


def _checked(material: Material, asset: str, outcomes: list[Outcome]) -> Checked:
    blocking = {check.name: check.blocking for check in checks_of(asset, material.about)}
    red = [
        (one.check, blocking.get(one.check, False) and one.checked, one.summary) for one in outcomes if not one.passed
    ]
    return Checked(asset, len(outcomes) - len(red), red)


def _drift(table: str, outcomes: list[Outcome]) -> Drift | None:
    found = {one.check: one for one in outcomes if one.check in (DRIFT.name, VANISHED.name)}
    moved = found.get(DRIFT.name)
    if moved is None or not moved.measured:
        return None
    before, now = (moved.measured[which] for which in ("before", "now"))
    changes = [
        (float(one["value"]), str(one["where"])) if (one := (moved.observed or {}).get(name)) else None
        for name in MEASURES
    ]  # fmt: skip
    passed = all(one.passed for one in found.values())
    return Drift(table, (before["rows"], now["rows"]), str(before["created_at"]), changes, moved.summary, passed)


def _pictured(material: Material) -> tuple[float, float] | None:
    has = material.catalog.items.has_image.to_numpy(bool)
    rated = material.catalog.interactions.items
    return (float(has.mean()), float(has[rated].mean())) if len(has) and len(rated) else None
