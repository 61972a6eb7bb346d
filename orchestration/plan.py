"""What `trifuse run` does: a dataset's part of the graph, stage by stage, in this process, on the UI's own instance."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from assets.cluster import kept
from assets.datasets import dataset
from assets.limits import DUCKDB_WRITE, GPU, WEB
from assets.manifests import Manifests
from assets.processes import this_process
from assets.reports.assets import report_page
from assets.runs.assets import COMMAND_TAG
from assets.sentiment.assets import TEXTS
from assets.studies.cross import obstacle
from assets.studies.declared import CROSS, OF_REVIEWS, STUDIES
from assets.validation.checks import data_docs_page
from models.registry import RECOMMENDERS
from models.sentiment.registry import SENTIMENT
from orchestration.definitions import assets_and_checks
from orchestration.groups import FLOW, REFRESHED, of_groups
from orchestration.instance import OWNER_TAG, close_dead_runs, open_instance
from orchestration.resources import home, resources
from orchestration.settings import Settings

QUICK = ("majority", "tfidf-lr", "nbsvm", "ensemble")
"""Sentiment models that are trained unasked; networks take minutes to hours."""
ALL = "all"
"""Among the studies of a request: all that can be made of the dataset."""


class RunFailed(RuntimeError):
    """A stage that did not succeed; the message is one readable paragraph."""


@dataclass(frozen=True)
class Stage:
    """One Dagster run. partition: its partition key, None where there is none. study: the one it is for. computes:
    whether its first step needs the device. reviews: whether it makes sense only where there are written reviews.
    goes_on: whether what a failed check of it blocks is nothing that later stages need."""

    title: str
    selection: dg.AssetSelection
    partition: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    study: str = ""
    computes: bool = False
    reviews: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; empty means the dataset's defaults, and no study."""

    dataset: str
    models: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    until: str = "serving"
    studies: tuple[str, ...] = ()
    since: str = FLOW[0]
    """The group to begin with; what comes before it is there and unchanged."""

    @property
    def recommenders(self) -> tuple[str, ...]:
        """The recommenders asked for; all where no model was."""
        return tuple(name for name in RECOMMENDERS if not self.models or name in self.models)

    @property
    def sentiment_models(self) -> tuple[str, ...]:
        """The sentiment models asked for; those that take seconds where no model was."""
        return tuple(name for name in SENTIMENT if name in (self.models or QUICK))

    @property
    def studied(self) -> dict[str, list[str]]:
        """The studies asked for, and which of its models each is to vary: those asked for, all where it has none of
        them. `all` is every study that varies one of the models asked for."""
        asked = {name: [m for m in study.models if m in self.models] for name, study in STUDIES.items()}
        if ALL in self.studies:
            return {name: models for name, models in asked.items() if models or not self.models}
        return {name: asked[name] for name in self.studies}

    @property
    def evaluation(self) -> dict[str, Any]:
        """The run configuration of folds, recommenders and studies."""
        return {"config": {"protocols": list(self.protocols), "seeds": list(self.seeds)}}


def stages(request: Request) -> Iterator[Stage]:
    """The runs that the request needs, in order."""
    groups = FLOW[FLOW.index(request.since) : FLOW.index(request.until) + 1]
    data = [group for group in groups if group in REFRESHED]
    config = {"folds": request.evaluation} if "splits" in data else {}
    if not request.recommenders:
        groups = [group for group in groups if group not in ("recommenders", "champions", "evaluation", "reports")]
    if "embeddings" in data and "recommenders" in groups:
        config["retraining_trigger"] = {"config": {"now": True}}  # what follows trains on all that is there
    if data:
        yield Stage("data", of_groups(*data), request.dataset, config)
    if "sentiment" in groups and request.sentiment_models:
        yield from _sentiment(request)
    if "recommenders" in groups:
        for model in request.recommenders:
            key = dg.MultiPartitionKey({"dataset": request.dataset, "model": model})
            yield Stage(
                model, dg.AssetSelection.assets("recommender"), key, {"recommender": request.evaluation}, computes=True
            )
        yield Stage("recommendations", dg.AssetSelection.assets("recommendations"), request.dataset, computes=True)
    if "studies" in groups:
        for study, models in request.studied.items():
            key = dg.MultiPartitionKey({"dataset": request.dataset, "study": study})
            config = {"study": {"config": request.evaluation["config"] | {"models": models}}}
            selection, written = dg.AssetSelection.assets("study"), study == OF_REVIEWS
            yield Stage(f"study {study}", selection, key, config, study, computes=True, reviews=written)
    judged = [group for group in groups if group in ("evaluation", "reports")]
    if judged:
        yield Stage(" and ".join(judged), of_groups(*judged), request.dataset, computes=True)
    if "champions" in groups:
        for protocol in request.protocols or dataset(request.dataset).protocols:
            key = dg.MultiPartitionKey({"dataset": request.dataset, "protocol": protocol})
            selection = of_groups("champions")
            yield Stage(f"champion {protocol}", selection, key, computes=True, goes_on=True)
    if "serving" in groups:
        yield Stage("serving", of_groups("serving"))


def _sentiment(request: Request) -> Iterator[Stage]:
    yield Stage("further texts", dg.AssetSelection.assets("further_texts"), request.dataset)
    for model in request.sentiment_models:
        key = dg.MultiPartitionKey({"dataset": request.dataset, "model": model})
        selection = dg.AssetSelection.assets("sentiment_model")
        yield Stage(f"sentiment {model}", selection, key, computes=True, reviews=True)
    selection = dg.AssetSelection.assets("review_sentiment", "contradictions")
    yield Stage("sentiment of the reviews", selection, request.dataset, computes=True, reviews=True)


def run(request: Request, settings: Settings, tell, command: str = "") -> dict[str, int]:
    """Run all stages; tell(title) before each. Returns how many materializations were computed and unchanged.

    command: what all its Dagster runs are tagged with. Raises RunFailed at the first stage that fails.
    """
    counts = {"computed": 0, "unchanged": 0}
    tags = {OWNER_TAG: this_process(), "trifuse/dataset": request.dataset} | ({COMMAND_TAG: command} if command else {})
    definitions = assets_and_checks(settings)
    with open_instance(settings) as instance, kept():
        for stage in stages(request):
            if ALL in request.studies and stage.study == CROSS and (why := obstacle(home(settings), request.dataset)):
                tell(f"{stage.title} is passed over: {why}")
                continue
            if stage.reviews and not _reviews(settings, request.dataset):
                continue
            tell(stage.title)
            _wait(stage, instance, tell)
            try:
                result = dg.materialize(
                    definitions,
                    selection=stage.selection,
                    partition_key=stage.partition,
                    instance=instance,
                    resources=resources(settings),
                    run_config={"ops": stage.config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                    tags=tags,
                    raise_on_error=False,
                )
            except dg.DagsterExecutionInterruptedError as interrupted:
                raise KeyboardInterrupt from interrupted
            _count(result, counts)
            if not result.success:
                failed = _blocked(result)
                if stage.goes_on and failed:
                    tell(f"{stage.title} stays who it was: {', '.join(e.check_name for e in failed)} is red")
                    continue
                if failed:
                    _show_checks(definitions, request.dataset, instance, settings, _page_of(failed))
                raise _failure(stage, result, settings)
    return counts


def _reviews(settings: Settings, dataset: str) -> bool:
    made = [Manifests(settings.home).current(asset, dataset) for asset in TEXTS]
    return any(one is not None and one.metadata["rows"] for one in made)


def _page_of(failed: list[dg.AssetCheckEvaluation]) -> str:
    """The asset that shows what these checks saw: the report of numbers, the Data Docs of anything before them."""
    return "report" if any(e.asset_key.to_user_string() == "metrics" for e in failed) else "data_docs"


def _show_checks(definitions: list, dataset: str, instance: dg.DagsterInstance, settings: Settings, page: str) -> None:
    """Make the page of a dataset that a check has stopped: it says what is red."""
    dg.materialize(
        definitions,
        selection=dg.AssetSelection.assets(page).without_checks(),
        partition_key=dataset,
        instance=instance,
        resources=resources(settings),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={OWNER_TAG: this_process(), "trifuse/dataset": dataset},
        raise_on_error=False,
    )


def _wait(stage: Stage, instance: dg.DagsterInstance, tell) -> None:
    """Tell of full pools, as a step says nothing while it waits for one; a stage that computes waits for the device.

    It waits here since Dagster (1.13) asks again without a pause, and keeps a processor busy with that.
    """
    close_dead_runs(instance)
    for pool in (DUCKDB_WRITE, WEB, GPU):
        if _full(instance, pool):
            tell(f"another run holds the pool {pool}; steps that need it wait until it ends")
    while stage.computes and _full(instance, GPU):
        time.sleep(1)
        close_dead_runs(instance)


def _full(instance: dg.DagsterInstance, pool: str) -> bool:
    info = instance.event_log_storage.get_concurrency_info(pool)
    return info.active_slot_count >= max(info.slot_count, 1)


def _count(result: dg.ExecuteInProcessResult, counts: dict[str, int]) -> None:
    for event in result.get_asset_materialization_events():
        computed = event.materialization.metadata.get("computed")
        counts["computed" if computed is None or computed.value else "unchanged"] += 1


def _blocked(result: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
    """The blocking checks that failed."""
    evaluations = result.get_asset_check_evaluations()
    return [e for e in evaluations if not e.passed and e.severity == dg.AssetCheckSeverity.ERROR]


def _failure(stage: Stage, result: dg.ExecuteInProcessResult, settings: Settings) -> BaseException:
    """What to raise for a stage that did not succeed."""
    if failed := _blocked(result):
        names = "; ".join(f"{e.asset_key.to_user_string()}: {e.check_name}: {e.description}" for e in failed)
        name, there = str(stage.partition or ""), home(settings)
        page = report_page(there, name) if _page_of(failed) == "report" else data_docs_page(there, name)
        return RunFailed(
            f"{stage.title}: blocked by failed checks ({names}). See {page}, or in `make ui`, run {result.run_id}."
        )
    event = result.get_step_failure_events()[0]
    error = event.event_specific_data.error
    # Dagster's own error, then the step's, which was written to be read; what that was raised from is for --debug.
    error = error.cause or error
    if error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        return KeyboardInterrupt()
    # Dagster writes "Class: message"; the message was written to be read on its own.
    message = error.message.strip().partition(": ")[2] or error.message.strip()
    return RunFailed(f"{event.step_key} failed: {message} (run {result.run_id})")
