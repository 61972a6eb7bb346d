"""Automation conditions and owners, mapped over the specs of the asset groups from outside."""

from __future__ import annotations

import dagster as dg

from orchestration.groups import listed, of_groups

A = dg.AutomationCondition
_changed = A.code_version_changed() | A.any_deps_match(A.data_version_changed())

FOLLOW = (
    ((A.missing().newly_true() | _changed).since_last_handled())
    & ~A.any_deps_missing().ignore(of_groups("studies", "sentiment"))
    & ~A.any_deps_in_progress()
    & ~A.in_progress()
    & A.all_deps_blocking_checks_passed()
).with_label("when what it is made from has changed")
"""Unlike eager(), an upstream that was materialized again with identical content starts nothing. Nothing waits for
studies, which only people start, nor for the sentiment of reviews, which most films lack."""

AGAIN = (
    _changed.since_last_handled()
    & ~A.missing()
    & ~A.any_deps_in_progress()
    & ~A.in_progress()
    & A.all_deps_blocking_checks_passed()
).with_label("when what it is made from has changed, once it was made")
"""Only datasets, protocols and sentiment models that people have begun with: some take hours, and under most protocols
nothing is ever trained."""

PAGES = (
    ((A.missing().newly_true() | _changed).since_last_handled()) & ~A.any_deps_in_progress() & ~A.in_progress()
).with_label("when anything that was checked has changed")
"""Data Docs show what a check has stopped, so they wait for no check to pass."""

REPORTED = (
    ((A.missing().newly_true() | _changed).since_last_handled())
    & ~A.any_deps_missing().ignore(of_groups("sentiment"))
    & ~A.any_deps_in_progress()
    & ~A.in_progress()
).with_label("when what it shows has changed, red checks included")
"""A report says at its top what is red, so it waits for no check to pass; nor for reviews, which most films lack."""

SNAPSHOT = ((_changed.since_last_handled()) & ~A.any_deps_in_progress() & ~A.in_progress()).with_label(
    "when anything that it publishes has changed"
)
"""The snapshot holds whatever datasets there are, so it does not wait for the missing ones."""

OWNERS = {
    "raw": "team:data", "staging": "team:data", "pictures": "team:data", "catalog": "team:data",
    "splits": "team:data", "validation": "team:data",
    "embeddings": "team:ml", "sentiment": "team:ml",
    "recommenders": "team:ml", "champions": "team:ml", "studies": "team:ml", "evaluation": "team:ml",
    "reports": "team:ml", "serving": "team:data", "upkeep": "team:data",
}  # fmt: skip
CONDITIONS = {
    "sentiment": AGAIN,
    "recommenders": FOLLOW, "evaluation": FOLLOW, "reports": FOLLOW,
    "champions": AGAIN, "serving": SNAPSHOT,
}  # fmt: skip
"""By group; what stands before them is started by the schedule."""


def with_policies(assets: list[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The same assets with owners and automation conditions by group, and the groups by their place in the flow."""
    return [asset.map_asset_specs(_with_policy) for asset in assets]


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    group = spec.group_name or "default"
    condition = CONDITIONS.get(group)
    condition = {"data_docs": PAGES, "report": REPORTED}.get(spec.key.to_user_string(), condition)
    return spec.replace_attributes(owners=[OWNERS[group]], automation_condition=condition, group_name=listed(group))
