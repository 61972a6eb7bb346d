"""The one Definitions object. Loads in under 2 s: whatever is heavy is imported by the step that needs it."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from assets import (  # noqa: E402
    catalog,
    data_docs,
    embeddings,
    evaluation,
    profiles,
    published,
    recommendations,
    recommenders,
    retraining,
    serving,
    splits,
)
from assets.champions import assets as champions  # noqa: E402
from assets.ingest import assets as ingest  # noqa: E402
from assets.media import assets as media  # noqa: E402
from assets.mistakes import CHECKS as MISTAKES  # noqa: E402
from assets.posters import assets as posters  # noqa: E402
from assets.reports import assets as reports  # noqa: E402
from assets.runs import assets as runs  # noqa: E402
from assets.sentiment import assets as sentiment  # noqa: E402
from assets.sentiment import contradictions, further_texts  # noqa: E402
from assets.studies import assets as studies  # noqa: E402
from assets.upkeep import assets as upkeep  # noqa: E402
from assets.validation import CHECKS  # noqa: E402
from orchestration import jobs, policies, resources, schedules, sensors  # noqa: E402
from orchestration.history import wait_for_checkpoints_only  # noqa: E402
from orchestration.links import with_links  # noqa: E402
from orchestration.settings import Settings  # noqa: E402

MODULES = [
    ingest,
    posters,
    catalog,
    media,
    data_docs,
    splits,
    embeddings,
    retraining,
    further_texts,
    sentiment,
    contradictions,
    recommenders,
    recommendations,
    champions,
    studies,
    evaluation,
    profiles,
    runs,
    reports,
    serving,
    upkeep,
]

NEEDED = ["orchestration.definitions", "dagster._core.storage.sqlite_storage", "dagster._core.instance.factory"]
STEPS = {"max_concurrent": 2, "start_method": {"forkserver": {"preload_modules": NEEDED}}}
"""Each step is a process of its own, forked from one of the run's that has imported these and done nothing else: it
knows of no device and holds no database, and importing is 1.5 s of a step that finds its result unchanged."""
EVERY_CHECK = [*CHECKS, *MISTAKES, champions.challenger_is_sound]


def made(settings: Settings) -> list[dg.AssetsDefinition]:
    """Every asset with its policies; the copy in object storage only where one is wanted."""
    modules = [*MODULES, *([published] if settings.publish else [])]
    return policies.with_policies(dg.load_assets_from_modules(modules))


def assets_and_checks(settings: Settings) -> list:
    """Every asset, and every check."""
    return [*made(settings), *EVERY_CHECK]


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, checks, jobs, the schedules, the sensors, and the resource built from the environment."""
    wait_for_checkpoints_only()  # the UI's run workers and steps come by here
    settings = Settings.from_environment()
    return dg.Definitions(
        assets=with_links(made(settings), settings, resources.home(settings)),
        asset_checks=EVERY_CHECK,
        jobs=[*jobs.refresh_jobs(), *jobs.jobs_by_hand()],
        schedules=[schedules.nightly_refresh, schedules.weekly_retention],
        sensors=sensors.SENSORS,
        resources=resources.resources(settings),
        executor=dg.multiprocess_executor.configured(STEPS),
    )
