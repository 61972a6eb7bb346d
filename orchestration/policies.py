"""Automation conditions and owners, mapped over the specs of the asset groups from outside."""

from __future__ import annotations

from functools import reduce
from operator import or_

import dagster as dg

from orchestration.groups import listed, of_groups

A = dg.AutomationCondition


def _changed(*of: dg.AssetSelection) -> dg.AutomationCondition:
    """Its own code, or what one of its upstreams holds. of: only of these upstreams; none: of any."""
    changed = A.any_deps_match(A.data_version_changed())
    return A.code_version_changed() | (changed.allow(reduce(or_, of)) if of else changed)


_quiet = ~A.any_deps_in_progress() & ~A.in_progress()
_believed = A.all_deps_match(
    A.missing() | A.all_checks_match(A.check_passed() | A.will_be_requested(), blocking_only=True)
).with_label("no blocking check of what it is made from is red")
"""all_deps_blocking_checks_passed() would wait for the checks of reviews for ever where nobody wrote any."""


def _follow(changed: dg.AutomationCondition, label: str) -> dg.AutomationCondition:
    """What is to be made wherever it can be, and again when it has changed."""
    return (
        ((A.missing().newly_true() | changed).since_last_handled())
        & ~A.any_deps_missing().ignore(of_groups("studies", "sentiment"))
        & _quiet
        & _believed
    ).with_label(label)


def _again(changed: dg.AutomationCondition, label: str) -> dg.AutomationCondition:
    """What is made again when it has changed, once a person has made it."""
    return (changed.since_last_handled() & ~A.missing() & _quiet & _believed).with_label(label)


TRIGGER = dg.AssetSelection.assets("retraining_trigger")
MODELS = of_groups("recommenders", "studies", "evaluation", "champions")

FOLLOW = _follow(_changed(), "when what it is made from has changed")
"""Unlike eager(), an upstream that was materialized again with identical content starts nothing. Nothing waits for
studies, which only people start, nor for the sentiment of reviews, which most films lack."""

RETRAIN = _follow(_changed(TRIGGER), "when enough has changed of what it learns from")
"""The trigger says when; a few ratings a night do not train every model anew."""

MEASURE = _follow(_changed(MODELS), "when models have changed")
"""Lists and metrics stay those of the models that there are: on later data the same folds would hold other ratings."""

OPINIONS = _again(_changed(TRIGGER, of_groups("sentiment")), "when enough has changed, once it was made")
"""Only datasets and sentiment models that people have begun with: some take hours."""

AGAIN = _again(_changed(), "when what it is made from has changed, once it was made")

CHOOSE = _again(_changed(MODELS), "when models have changed, once it was made")
"""The same of protocols: under most of them nothing is ever trained."""

PAGES = (((A.missing().newly_true() | _changed()).since_last_handled()) & _quiet).with_label(
    "when anything that was checked has changed"
)
"""Data Docs show what a check has stopped, so they wait for no check to pass."""

REPORTED = (
    ((A.missing().newly_true() | _changed(MODELS, of_groups("sentiment"))).since_last_handled())
    & ~A.any_deps_missing().ignore(of_groups("sentiment"))
    & _quiet
).with_label("when numbers have changed, those that a check calls red included")
"""A report says at its top what is red, so it waits for no check to pass; nor for reviews, which most films lack."""

SNAPSHOT = (_changed().since_last_handled() & _quiet).with_label("when anything that it publishes has changed")
"""The snapshot holds whatever datasets there are, so it does not wait for the missing ones."""

OWNERS = {
    "raw": "team:data", "staging": "team:data", "pictures": "team:data", "catalog": "team:data",
    "splits": "team:data", "validation": "team:data",
    "embeddings": "team:ml", "sentiment": "team:ml",
    "recommenders": "team:ml", "champions": "team:ml", "studies": "team:ml", "evaluation": "team:ml",
    "reports": "team:ml", "serving": "team:data", "upkeep": "team:data",
}  # fmt: skip
CONDITIONS = {
    "sentiment": OPINIONS,
    "recommenders": MEASURE, "evaluation": MEASURE, "reports": FOLLOW,
    "champions": CHOOSE, "serving": SNAPSHOT,
}  # fmt: skip
"""By group; what stands before them is started by the schedule."""
OF_ASSETS = {"recommender": RETRAIN, "further_texts": AGAIN, "data_docs": PAGES, "report": REPORTED}
"""Those that differ from their group's."""


def with_policies(assets: list[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The same assets with owners and automation conditions by group, and the groups by their place in the flow."""
    return [asset.map_asset_specs(_with_policy) for asset in assets]


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    group = spec.group_name or "default"
    condition = OF_ASSETS.get(spec.key.to_user_string(), CONDITIONS.get(group))
    return spec.replace_attributes(owners=[OWNERS[group]], automation_condition=condition, group_name=listed(group))
