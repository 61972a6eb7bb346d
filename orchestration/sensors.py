"""What starts or tells something between two nights: changed data and code, new files, failures, late nights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from assets.datasets import datasets, registered
from assets.home import Home
from assets.manifests import Manifests
from orchestration.alerts import alert
from orchestration.arrivals import Arrivals
from orchestration.groups import refreshed
from orchestration.schedules import nightly_refresh

LATE_HOURS = 26
"""A dataset that the nightly refresh has not looked at for so long is late: a day, and two hours for the night."""

follow_changes = dg.AutomationConditionSensorDefinition(
    "follow_changes",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Retrains, evaluates, reports and publishes when data or code has changed.",
)


@dg.sensor(
    target=refreshed(),
    minimum_interval_seconds=60,
    description="Refreshes a dataset as soon as its raw files have changed or come, and have been left alone for a "
    "minute. What is there when it is switched on starts nothing. A dataset that is new in datasets.toml is told of; "
    "the code location has to be reloaded before it has a partition.",
)
def new_files(context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]) -> Iterator:
    """Asks for a run of each dataset whose files have come to rest since the last tick."""
    before = Arrivals.from_json(context.cursor)
    now = Arrivals.of(home, datasets().values())
    for name in now.changed_since(before, time.time()):
        yield dg.RunRequest(run_key=f"{name} {now.stamps[name]}", partition_key=name)
    context.update_cursor(now.keeping(before, time.time()).to_json())
    if unknown := [name for name in registered() if name not in datasets()]:
        yield dg.SkipReason(f"new in the registry: {', '.join(unknown)}. Reload the code location to materialize them.")


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes every failed run to alerts.jsonl and to the webhook that TRIFUSE_WEBHOOK_URL names.",
)
def tell_of_failures(context: dg.RunFailureSensorContext, home: dg.ResourceParam[Home]) -> None:
    """Names the steps and the run; what went wrong stands there, as the words of an error may be nobody else's."""
    run = context.dagster_run
    failed = [event.step_key or "" for event in context.get_step_failure_events()]
    steps = ", ".join(filter(None, failed)) or "no step of it"
    text = f"{run.job_name} {run.tags.get('dagster/partition', '')}: failed ({steps}). Run {run.run_id}."
    alert(home.path, {"kind": "failure", "text": " ".join(text.split()), "run": run.run_id}, context.log.error)


@dg.sensor(
    minimum_interval_seconds=600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells, once, of a dataset that the nightly refresh has not looked at in time, if it is switched on.",
)
def tell_of_late_nights(context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]) -> dg.SkipReason:
    """Keeps in its cursor of which refresh it has told already."""
    if not _switched_on(context.instance):
        return dg.SkipReason("nightly_refresh is switched off")
    told = dict(json.loads(context.cursor or "{}"))
    seen = {
        name: last_look(context.instance, name)
        for name in datasets()
        if Manifests(home.path).current("raw_files", name)
    }
    for name, at in seen.items():
        if at and time.time() - at > LATE_HOURS * 3600 and told.get(name) != at:
            since = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
            text = f"{name} was last refreshed at {since}, more than {LATE_HOURS} hours ago; see the schedule's ticks."
            alert(home.path, {"kind": "late", "text": text, "dataset": name}, context.log.error)
            told[name] = at
            context.update_cursor(json.dumps(told))
    return dg.SkipReason(f"{len(seen)} datasets looked at")


def last_look(instance: dg.DagsterInstance, name: str) -> float | None:
    """When a dataset's raw files were last looked at, changed or not; None where never."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey("raw_files"), asset_partitions=[name])
    records = instance.fetch_materializations(wanted, limit=1).records
    return records[0].timestamp if records else None


def _switched_on(instance: dg.DagsterInstance) -> bool:
    states = instance.all_instigator_state()
    return any(state.name == nightly_refresh.name and state.is_running for state in states)


SENSORS = [follow_changes, new_files, tell_of_failures, tell_of_late_nights]
