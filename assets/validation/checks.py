"""The asset checks: one per expectation and per fact, run together for each asset, partition by partition."""

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.datasets import Dataset, dataset, datasets
from assets.files import digest, sha256_of
from assets.home import Home
from assets.ingest.landing import raw_files
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.steps import partition_of
from assets.validation import gx
from assets.validation.facts import FACTS, Fact
from assets.validation.outcomes import Outcome, keep, recall, shown, together
from assets.validation.sql_checks import Files, examine
from assets.validation.suites import ROW_KEYS, SUITES, Expectation

CHECKED = ("staged_records", "interactions", "reviews", "images", "users", "items", "folds")
WAITS_FOR = {"reviews": ("users", "items")}
"""Asset -> others than its upstream that its checks look at, so must wait for where they are made in the same run."""
STAGING = ("ingest_audit", "rejects")


def suite_of(asset: str, about: Dataset) -> list[Expectation]:
    """The expectations of a catalog table; none for other assets."""
    return SUITES[asset](about) if asset in SUITES else []


def facts_of(asset: str) -> list[Fact]:
    """The facts that are checked when an asset has been made."""
    return [fact for fact in FACTS if fact.asset == asset]


def _files(home: Home, name: str, table: str) -> list[Path]:
    if table == "folds":
        # By the manifest, not by what lies there: folds of earlier data may lie beside them.
        manifest = Manifests(home.path).current("folds", name)
        paths = [home.path / file for file in manifest.files] if manifest else []
    else:
        paths = [home.lake / name / "staging" / f"{table}.parquet" if table in STAGING else home.table(name, table)]
    return [path for path in paths if path.exists()]


def _variables(home: Home, asset: str, about: Dataset) -> dict[str, Any]:
    if asset != "staged_records":
        return {}
    manifest = Manifests(home.path).require("staged_records", about.name)
    ratings = [file.path.as_posix() for file in raw_files(about, home.raw_root(about)) if file.table == "ratings"]
    return {"staged_ratings": manifest.metadata["rows"], "rating_files": ratings}


def outcomes(home: Home, asset: str, name: str) -> tuple[list[Outcome], bool]:
    """What the asset's checks find in a dataset, and whether that had to be computed now.

    It is kept under lake/<dataset>/checks, and found again by the bytes of the files and the text of the checks.
    """
    about = dataset(name)
    suite, facts = suite_of(asset, about), facts_of(asset)
    tables = sorted({table for fact in facts for table in fact.reads} | (SUITES.keys() & {asset}))
    files: Files = {table: _files(home, name, table) for table in tables}
    variables = _variables(home, asset, about)
    hashes = {
        table: [(str(path.relative_to(home.path)), sha256_of(path)) for path in paths] for table, paths in files.items()
    }
    fingerprint = digest([vars(e) for e in suite], [(vars(f), f.query) for f in facts], hashes, variables)
    place = home.lake / name / "checks" / f"{asset}.json"
    found = recall(place, fingerprint)
    if found is not None:
        return found, False
    found = gx.validate(home.table(name, asset), suite, ROW_KEYS[asset]) if suite else []
    found += examine(facts, files, variables)
    keep(place, fingerprint, found)
    return found, True


def _materialized(home: Home, asset: str) -> list[str]:
    names = [name for name in datasets() if Manifests(home.path).current(asset, name)]
    if not names:
        raise LookupError(f"{asset} has not been materialized for any dataset yet. Materialize it first.")
    return names


def _spec(asset: str, check: Expectation | Fact, waits: tuple[str, ...]) -> dg.AssetCheckSpec:
    # Partitioned checks are a preview in the Dagster that pyproject.toml pins. Without, one dataset's red check would
    # hold back the automation of all others, and the next dataset's green one would hide it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            check.name,
            asset=asset,
            description=check.description,
            blocking=check.blocking,
            additional_deps=waits,
            partitions_def=BY_DATASET,
        )


def checks_of(asset: str) -> dg.AssetChecksDefinition:
    """One definition with all checks of an asset; a process that has imported Great Expectations runs them all."""
    declared = {check.name: check for check in (*suite_of(asset, next(iter(datasets().values()))), *facts_of(asset))}
    waits = WAITS_FOR.get(asset, ())
    specs = [_spec(asset, check, waits) for check in declared.values()]

    @dg.multi_asset_check(name=f"{asset}_checks", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, home: Home) -> Iterator[dg.AssetCheckResult]:
        # Started by hand in the UI, a check has no partition: then it looks at every dataset that there is.
        partition = partition_of(context)
        names = [partition] if partition else _materialized(home, asset)
        started = time.monotonic()
        found = {name: outcomes(home, asset, name) for name in names}
        facts = {
            "datasets": ", ".join(names),
            "computed": any(computed for _, computed in found.values()),
            "seconds": round(time.monotonic() - started, 3),
        }
        for key in sorted(context.selected_asset_check_keys, key=lambda key: list(declared).index(key.name)):
            of_each = {name: next(o for o in known if o.check == key.name) for name, (known, _) in found.items()}
            yield shown(together(of_each), asset, declared[key.name].blocking, facts)

    return check


CHECKS = [checks_of(asset) for asset in CHECKED]
