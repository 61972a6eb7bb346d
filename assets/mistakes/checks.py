"""The asset checks of the mistakes that are not facts about tables: those stand in assets/validation/facts.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assets.datasets import dataset
from assets.files import digest, sha256_of
from assets.home import Home
from assets.manifests import Manifests
from assets.mistakes import comparing, numbers, reviews, training, vectors
from assets.mistakes.evidence import Evidence, Mistake
from assets.reads import ledger
from assets.validation.checks import definition_of
from assets.validation.facts import Check
from assets.validation.outcomes import Outcome, keep, place, recall

MISTAKES = [
    one for module in (training, comparing, numbers) for one in vars(module).values() if isinstance(one, Mistake)
]


@dataclass(frozen=True)
class Checked:
    """The checks of one asset. basis(home, asset, dataset): changes with what the outcomes depend on."""

    checks: tuple[Check, ...]
    basis: Callable[[Home, str, str], str]
    find: Callable[[Home, str, str], list[Outcome]]


def _of_metrics(home: Home, _asset: str, name: str) -> str:
    reads = ledger(home, name)
    return digest(
        Manifests(home.path).require("metrics", name).data_version, reads.read_text() if reads.exists() else ""
    )


def _find_mistakes(home: Home, _asset: str, name: str) -> list[Outcome]:
    evidence = Evidence(home, dataset(name))
    return [mistake.find(evidence) for mistake in MISTAKES]


BY_ASSET: dict[str, Checked] = {
    "metrics": Checked(tuple(mistake.check for mistake in MISTAKES), _of_metrics, _find_mistakes),
    **{asset: Checked(vectors.CHECKS, vectors.basis, vectors.find) for asset in vectors.ENCODED},
    "review_sentiment": Checked(reviews.CHECKS, reviews.basis, reviews.find),
}


def outcomes(home: Home, asset: str, name: str) -> tuple[list[Outcome], bool]:
    """What an asset's checks find in a dataset, and whether that had to be computed now."""
    checked, kept = BY_ASSET[asset], place(home, name, asset)
    fingerprint = digest(asset, _wording(), checked.basis(home, asset, name))
    if (known := recall(kept, fingerprint)) is not None:
        return known, False
    found = checked.find(home, asset, name)
    keep(kept, fingerprint, found)
    return found, True


@cache
def _wording() -> str:
    """The code of the checks: where it has changed, they look again."""
    return digest([(path.name, sha256_of(path)) for path in sorted(Path(__file__).parent.glob("*.py"))])


CHECKS = [definition_of(asset, checked.checks, outcomes) for asset, checked in BY_ASSET.items()]
