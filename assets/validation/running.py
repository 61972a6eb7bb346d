"""Runs all checks of an asset on a dataset, or finds again what they found in the same bytes."""

from __future__ import annotations

from typing import Any

from assets.datasets import Dataset, dataset
from assets.files import digest
from assets.hashing import Hashes
from assets.home import Home
from assets.ingest.landing import raw_files
from assets.manifests import Manifests
from assets.validation import drift, gx
from assets.validation.facts import FACTS, Check, Fact
from assets.validation.freshness import FRESH, freshness
from assets.validation.outcomes import Outcome, keep, place, recall
from assets.validation.sql_checks import examine
from assets.validation.suites import ROW_KEYS, SUITES, Expectation
from assets.validation.tables import Files, files_of, opened
from assets.validation.thresholds import thresholds

CHECKED = ("staged_records", "interactions", "reviews", "images", "users", "items", "media", "folds")


def suite_of(asset: str, about: Dataset) -> list[Expectation]:
    """The expectations of a catalog table; none for other assets."""
    return SUITES[asset](about) if asset in SUITES else []


def facts_of(asset: str) -> list[Fact]:
    """The facts that are checked when an asset has been made."""
    return [fact for fact in FACTS if fact.asset == asset]


def checks_of(asset: str, about: Dataset) -> list[Expectation | Fact | Check]:
    """Everything that is checked of an asset, in the order in which `outcomes` gives it."""
    others = drift.CHECKS if asset in SUITES else (FRESH,) if asset == "staged_records" else ()
    return [*suite_of(asset, about), *facts_of(asset), *others]


def outcomes(home: Home, asset: str, name: str) -> tuple[list[Outcome], bool]:
    """What the asset's checks find in a dataset, and whether that had to be computed now.

    It is kept under lake/<dataset>/checks, and found again by the bytes of the files and the text of the checks.
    """
    about = dataset(name)
    suite, facts = suite_of(asset, about), facts_of(asset)
    tables = sorted({table for fact in facts for table in fact.reads} | (SUITES.keys() & {asset}))
    files: Files = {table: files_of(home, name, table) for table in tables}
    if suite and not files[asset]:
        raise LookupError(f"the Parquet of {asset} of {name} is gone from the lake. Materialize {asset} again.")
    with Hashes(home.hashes) as known:
        hashes = {
            t: [(str(path.relative_to(home.path)), known.sha256(path)) for path in paths] for t, paths in files.items()
        }
    variables = _variables(home, asset, about)
    fingerprint = digest([vars(e) for e in suite], [(vars(f), f.query) for f in facts], hashes, variables,
                         thresholds(about).model_dump(), drift.basis(home, about, asset))  # fmt: skip
    kept = place(home, name, asset)
    found = recall(kept, fingerprint)
    computed = found is None
    if found is None:
        with opened(home, name, files, variables) as connection:
            found = gx.validate(connection, asset, suite, ROW_KEYS[asset]) if suite else []
            found += examine(connection, facts, files, about)
            found += drift.compared(connection, home, about, asset, _version(hashes[asset])) if suite else []
        keep(kept, fingerprint, found)
    return [*found, freshness(home, about)] if asset == "staged_records" else found, computed


def _version(hashes: list[tuple[str, str]]) -> str:
    # A catalog table's data version, where it is one file.
    return hashes[0][1] if len(hashes) == 1 else digest(hashes)


def _variables(home: Home, asset: str, about: Dataset) -> dict[str, Any]:
    if asset != "staged_records":
        return {}
    manifest = Manifests(home.path).require("staged_records", about.name)
    ratings = [file.path.as_posix() for file in raw_files(about, home.raw_root(about)) if file.table == "ratings"]
    return {"staged_ratings": manifest.metadata["rows"], "rating_files": ratings}
