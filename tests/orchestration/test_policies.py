"""What follows a change, and what does not: the policies evaluated tick by tick, as the sensor does."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.limits import DUCKDB_WRITE, GPU
from orchestration.groups import listed
from orchestration.policies import AGAIN, FOLLOW, REPORTED

DATASETS = dg.StaticPartitionsDefinition(["films", "shop"])


@dg.asset(partitions_def=DATASETS)
def folds() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], automation_condition=FOLLOW, code_version="1")
def model() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], group_name=listed("studies"))
def study() -> None: ...


@dg.asset(partitions_def=DATASETS, group_name=listed("sentiment"))
def words() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[model, study, words], automation_condition=FOLLOW, code_version="1")
def metrics() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[model], automation_condition=AGAIN, code_version="1")
def winner() -> None: ...


@dg.asset_check(asset=metrics, blocking=True)
def honest() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[metrics], automation_condition=FOLLOW, code_version="1")
def follower() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[metrics], automation_condition=REPORTED, code_version="1")
def page() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], automation_condition=AGAIN, code_version="1")
def sentiment() -> None: ...


class Night:
    """An instance in which assets are materialized by word alone, and the sensor's ticks."""

    def __init__(self) -> None:
        self.instance, self.cursor = dg.DagsterInstance.ephemeral(), None

    def materialize(self, asset: str, version: str) -> None:
        tags = {"dagster/data_version": version}
        event = dg.AssetMaterialization(dg.AssetKey(asset), partition="shop", tags=tags)
        self.instance.report_runless_asset_event(event)

    def tick(self, asset: str = "model") -> set[str]:
        """Partitions of the asset that are to be made."""
        made = [folds, model, study, words, metrics, winner, sentiment, follower, page]
        definitions = dg.Definitions(made, asset_checks=[honest])
        result = dg.evaluate_automation_conditions(definitions, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return set(result.get_requested_partitions(dg.AssetKey(asset)))


def test_training_follows_changed_data_only():
    night = Night()
    assert night.tick() == set(), "nothing can be trained before there are folds"
    night.materialize("folds", "1")
    assert night.tick() == {"shop"}
    night.materialize("model", "a")
    assert night.tick() == set(), "what was trained is not trained again"
    night.materialize("folds", "1")
    assert night.tick() == set(), "an identical refresh starts nothing"
    night.materialize("folds", "2")
    assert night.tick() == {"shop"}


def test_metrics_wait_for_no_study_nor_reviews_and_follow_one_that_was_made():
    night = Night()
    night.tick()
    night.materialize("folds", "1")
    assert night.tick("metrics") == set(), "there is no model yet"
    night.materialize("model", "1")
    assert night.tick("metrics") == {"shop"}
    night.materialize("metrics", "1")
    assert night.tick("metrics") == set()
    night.materialize("study", "1")
    assert night.tick("metrics") == {"shop"}


def test_champions_are_chosen_again_only_where_one_was_chosen_before():
    night = Night()
    night.tick()
    night.materialize("folds", "1")
    night.materialize("model", "1")
    assert night.tick("winner") == set(), "nobody has begun with it"
    night.materialize("winner", "1")
    assert night.tick("winner") == set()
    night.materialize("model", "2")
    assert night.tick("winner") == {"shop"}


@pytest.mark.parametrize("passed", [True, False])
def test_the_report_is_made_of_red_numbers_too_and_nothing_else_is(passed):
    def made(asset: str) -> set[str]:
        night = Night()
        night.tick()
        for name in ("folds", "model", "metrics"):
            night.materialize(name, "1")
        night.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                dg.AssetKey("metrics"), "honest", passed, severity=dg.AssetCheckSeverity.ERROR, metadata={}
            )
        )
        return night.tick(asset)

    assert made("page") == {"shop"}
    assert made("follower") == ({"shop"} if passed else set())


def test_sentiment_is_made_again_when_its_reviews_changed_and_never_unasked():
    night = Night()
    night.tick("sentiment")
    night.materialize("folds", "1")
    assert night.tick("sentiment") == set(), "nobody has asked for it"
    night.materialize("sentiment", "a")
    assert night.tick("sentiment") == set()
    night.materialize("folds", "1")
    assert night.tick("sentiment") == set(), "an identical refresh starts nothing"
    night.materialize("folds", "2")
    assert night.tick("sentiment") == {"shop"}


@pytest.fixture
def graph(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    from orchestration.definitions import definitions

    return definitions().resolve_asset_graph()


def test_models_metrics_and_reports_follow_and_raw_files_do_not(graph):
    for asset in ("recommender", "recommendations", "metrics"):
        assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == FOLLOW.get_label()
    assert graph.get(dg.AssetKey("report")).automation_condition.get_label() == REPORTED.get_label()
    for asset in ("sentiment_model", "review_sentiment"):
        assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == AGAIN.get_label()
    assert graph.get(dg.AssetKey("serving_snapshot")).automation_condition is not None
    for asset in ("challenger", "champion"):
        assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == AGAIN.get_label()
    assert graph.get(dg.AssetKey("raw_files")).automation_condition is None
    assert graph.get(dg.AssetKey("study")).automation_condition is None, "studies take long; people start them"


def test_writers_and_computing_steps_stand_in_their_pools(graph):
    pools = {}
    for asset in graph.assets_defs:
        if asset.op.pool:
            pools.setdefault(asset.op.pool, set()).update(key.to_user_string() for key in asset.keys)
    assert pools[DUCKDB_WRITE] == {"staged_records", "users", "items", "interactions", "reviews", "images"}
    assert {"recommender", "study", "text_embeddings", "image_embeddings"} <= pools[GPU]
