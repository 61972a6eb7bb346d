"""What the asset checks say against a dataset's numbers: it stands at the top of the report, before any number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assets.datasets import Dataset
from assets.home import Home
from assets.mistakes.checks import BY_ASSET
from assets.validation.outcomes import latest
from assets.validation.running import CHECKED, checks_of


@dataclass(frozen=True)
class Red:
    """A check that did not pass. blocking: what comes after it is stopped, and its numbers are not to be believed."""

    asset: str
    check: str
    blocking: bool
    summary: str
    description: str
    example: str


@dataclass(frozen=True)
class Verdict:
    """What the checks found: how many there were, and those that are red, the blocking ones first."""

    checks: int
    red: list[Red]

    @property
    def blocking(self) -> list[Red]:
        """Red checks that say that numbers are wrong."""
        return [one for one in self.red if one.blocking]

    @property
    def warnings(self) -> list[Red]:
        """Red checks that say what a reader should know."""
        return [one for one in self.red if not one.blocking]


def verdict(home: Home, about: Dataset) -> Verdict:
    """What every check of a dataset found when it ran last; what was never checked says nothing."""
    declared = {asset: checks_of(asset, about) for asset in CHECKED}
    declared |= {asset: list(checked.checks) for asset, checked in BY_ASSET.items()}
    count, red = 0, []
    for asset, checks in declared.items():
        of_name = {check.name: check for check in checks}
        for outcome in latest(home, about.name, asset):
            if outcome.check in of_name:
                count += 1
                check = of_name[outcome.check]
                if not outcome.passed:
                    severe = check.blocking and outcome.checked
                    said = check.description, _told(outcome.examples)
                    red.append(Red(asset, check.name, severe, outcome.summary, *said))
    return Verdict(count, sorted(red, key=lambda one: not one.blocking))


def _told(examples: list[Any]) -> str:
    """The first example in words, '' where there is none."""
    if not examples:
        return ""
    first = examples[0]
    return "; ".join(f"{name} {value}" for name, value in first.items()) if isinstance(first, dict) else str(first)
