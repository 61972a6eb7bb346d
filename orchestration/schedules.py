"""Every night, each dataset that has been materialized before is refreshed; every week, what is stale is deleted."""

import os
from collections.abc import Iterator

import dagster as dg

from assets.datasets import datasets
from assets.home import Home
from assets.manifests import Manifests
from orchestration.groups import refreshed


@dg.schedule(
    target=refreshed(),
    cron_schedule=os.environ.get("TRIFUSE_NIGHTLY_CRON") or "0 3 * * *",
    execution_timezone="UTC",
    name="nightly_refresh",
    description="Refreshes every dataset in use, at 03:00 UTC or as TRIFUSE_NIGHTLY_CRON says. What has not changed is "
    "found unchanged and not computed again.",
)
def nightly_refresh(context: dg.ScheduleEvaluationContext, home: dg.ResourceParam[Home]) -> Iterator:
    """Asks for a run of each dataset that has been materialized before."""
    manifests = Manifests(home.path)
    used = [name for name in datasets() if manifests.current("raw_files", name)]
    if not used:
        yield dg.SkipReason("no dataset has been materialized yet; materialize one, or use `trifuse run`")
    for name in used:
        yield dg.RunRequest(run_key=f"{name} {context.scheduled_execution_time:%Y-%m-%d %H:%M}", partition_key=name)


weekly_retention = dg.ScheduleDefinition(
    "weekly_retention",
    target=dg.AssetSelection.assets("retention"),
    cron_schedule="0 5 * * 0",
    execution_timezone="UTC",
    description="Deletes what nothing refers to any more, on Sundays at 05:00 UTC, after the nightly refresh.",
)
