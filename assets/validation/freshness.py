"""How long ago a source that is refreshed has last brought something new."""

from __future__ import annotations

from datetime import UTC, datetime

from assets.datasets import Dataset
from assets.home import Home
from assets.manifests import Manifests
from assets.validation.facts import Check
from assets.validation.outcomes import Outcome
from assets.validation.thresholds import thresholds

FRESH = Check("source_fresh", "A dataset with refresh_days has brought new raw files in time.", blocking=False)


def freshness(home: Home, about: Dataset, now: datetime | None = None) -> Outcome:
    """The outcome of `FRESH`: depends on the day, so it is never kept. now: the current time if None."""
    days = getattr(about, "refresh_days", None)
    if days is None:
        return Outcome(FRESH.name, True, "a frozen release: nothing new is expected")
    manifest = Manifests(home.path).current("raw_files", about.name)
    if manifest is None:
        return Outcome(FRESH.name, False, "not checked: raw_files not materialized yet", checked=False)
    age = (now or datetime.now(UTC)) - datetime.fromisoformat(manifest.created_at)
    limit = thresholds(about).late_by
    late = age.total_seconds() / 86_400 / days
    summary = f"the raw files are {age.days} days old; new ones are expected every {days:g} days. {limit.why}"
    return Outcome(FRESH.name, limit.holds(late), summary, observed=late, measured={"since": manifest.created_at})
