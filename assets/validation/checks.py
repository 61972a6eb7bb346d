"""The asset checks: one per expectation and per fact, run together for each asset, partition by partition."""

import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import dagster as dg

from assets.datasets import datasets
from assets.home import Home
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.steps import partition_of
from assets.validation.facts import Check, Fact
from assets.validation.outcomes import Outcome, shown, together
from assets.validation.running import CHECKED, checks_of, facts_of, outcomes, suite_of
from assets.validation.suites import Expectation

__all__ = ["CHECKED", "CHECKS", "facts_of", "outcomes", "suite_of"]

WAITS_FOR = {"reviews": ("users", "items")}
"""Asset -> others than its upstream that its checks look at, so must wait for where they are made in the same run."""


def data_docs_page(home: Home, name: str) -> Path:
    """The path of the first page of a dataset's Data Docs, made by the asset `data_docs`."""
    return home.reports / "data-docs" / name / "index.html"


def _materialized(home: Home, asset: str) -> list[str]:
    names = [name for name in datasets() if Manifests(home.path).current(asset, name)]
    if not names:
        raise LookupError(f"{asset} has not been materialized for any dataset yet. Materialize it first.")
    return names


def _spec(asset: str, check: Expectation | Fact | Check, waits: tuple[str, ...]) -> dg.AssetCheckSpec:
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


def definition_of(
    asset: str,
    checks: Iterable[Expectation | Fact | Check],
    find: Callable[[Home, str, str], tuple[list[Outcome], bool]],
    docs: bool = False,
) -> dg.AssetChecksDefinition:
    """One definition with all checks of an asset, run together. find: (home, asset, dataset) -> their outcomes, and
    whether these were computed now. docs: whether they stand in the Data Docs."""
    declared = {check.name: check for check in checks}
    waits = WAITS_FOR.get(asset, ())
    specs = [_spec(asset, check, waits) for check in declared.values()]

    @dg.multi_asset_check(name=f"{asset}_checks", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, home: Home) -> Iterator[dg.AssetCheckResult]:
        # Started by hand in the UI, a check has no partition: then it looks at every dataset that there is.
        partition = partition_of(context)
        names = [partition] if partition else _materialized(home, asset)
        started = time.monotonic()
        found = {name: find(home, asset, name) for name in names}
        facts = {
            "datasets": ", ".join(names),
            "computed": any(computed for _, computed in found.values()),
            "seconds": round(time.monotonic() - started, 3),
        }
        if partition and docs:
            facts["data_docs"] = dg.MetadataValue.path(data_docs_page(home, partition))
        for key in sorted(context.selected_asset_check_keys, key=lambda key: list(declared).index(key.name)):
            of_each = {name: next(o for o in known if o.check == key.name) for name, (known, _) in found.items()}
            yield shown(together(of_each), asset, declared[key.name].blocking, facts)

    return check


_ANY = next(iter(datasets().values()))
CHECKS = [definition_of(asset, checks_of(asset, _ANY), outcomes, docs=True) for asset in CHECKED]
