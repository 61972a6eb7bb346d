"""What a check found, in a form that JSON can hold, so that an unchanged table need not be checked twice."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from assets.files import read_json, write_json
from assets.home import Home

EXAMPLES = 5
"""How many violating values or rows are shown."""


@dataclass(frozen=True)
class Outcome:
    """The result of one check on one dataset.

    rows: how many were looked at. violations: how many of them break the rule. observed: the measured value, where
    the check measures one; measured: what it was made of. checked: False where something that it needs is not there.
    gx: the result as Great Expectations gives it, where the check is one of its.
    """

    check: str
    passed: bool
    summary: str
    rows: int = 0
    violations: int = 0
    observed: Any = None
    examples: list[Any] = field(default_factory=list)
    measured: dict[str, Any] = field(default_factory=dict)
    checked: bool = True
    gx: dict[str, Any] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: numbers and truth values as they are, all else as text of at most 200 characters."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bool | int) or (isinstance(value, float) and value == value):
        return value
    return None if value is None or value != value else str(value)[:200]


def place(home: Home, name: str, asset: str) -> Path:
    """Where the outcomes of an asset's checks in a dataset are kept."""
    return home.lake / name / "checks" / f"{asset}.json"


def latest(home: Home, name: str, asset: str) -> list[Outcome]:
    """The outcomes of an asset's checks when they ran last; none where they never did."""
    path = place(home, name, asset)
    return [Outcome(**entry) for entry in read_json(path)["outcomes"]] if path.exists() else []


def recall(path: Path, fingerprint: str) -> list[Outcome] | None:
    """The outcomes kept at `path`, if they are those of `fingerprint`."""
    if not path.exists():
        return None
    kept = read_json(path)
    return [Outcome(**entry) for entry in kept["outcomes"]] if kept["fingerprint"] == fingerprint else None


def keep(path: Path, fingerprint: str, outcomes: list[Outcome]) -> None:
    """Keep outcomes for `recall`."""
    write_json(path, {"fingerprint": fingerprint, "outcomes": [asdict(outcome) for outcome in outcomes]})


def together(found: dict[str, Outcome]) -> Outcome:
    """One outcome for a check that ran on several datasets: it passes if it does on each."""
    if len(found) == 1:
        return next(iter(found.values()))
    red = {name: outcome for name, outcome in found.items() if not outcome.passed}
    return Outcome(
        check=next(iter(found.values())).check,
        passed=not red,
        summary="; ".join(f"{name}: {o.summary}" for name, o in red.items()) or f"holds in {len(found)} datasets",
        rows=sum(outcome.rows for outcome in found.values()),
        violations=sum(outcome.violations for outcome in found.values()),
        observed={name: outcome.observed for name, outcome in found.items() if outcome.observed is not None} or None,
        examples=[{"dataset": name, "example": e} for name, o in red.items() for e in o.examples][:EXAMPLES],
        measured={name: outcome.measured for name, outcome in found.items() if outcome.measured},
        checked=all(outcome.checked for outcome in found.values()),
    )


def shown(outcome: Outcome, asset: str, blocking: bool, facts: dict[str, Any]) -> dg.AssetCheckResult:
    """The outcome as Dagster records it. What could not be checked is a warning, never a pass, and stops nothing."""
    metadata = {"rows": outcome.rows, "violations": outcome.violations, **facts}
    if outcome.observed is not None:
        json_like = isinstance(outcome.observed, dict | list)
        metadata["observed"] = dg.MetadataValue.json(outcome.observed) if json_like else outcome.observed
    for name in ("examples", "measured"):
        if getattr(outcome, name):
            metadata[name] = dg.MetadataValue.json(getattr(outcome, name))
    severe = blocking and outcome.checked
    return dg.AssetCheckResult(
        passed=outcome.passed,
        asset_key=asset,
        check_name=outcome.check,
        severity=dg.AssetCheckSeverity.ERROR if severe else dg.AssetCheckSeverity.WARN,
        description=outcome.summary,
        metadata=metadata,
    )
