"""What follows a change, and what does not: the policies evaluated tick by tick, as the sensor does."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.limits import DUCKDB_WRITE, GPU
from orchestration.policies import AGAIN, FOLLOW

DATASETS = dg.StaticPartitionsDefinition(["films", "shop"])


@dg.asset(partitions_def=DATASETS)
def folds() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], automation_condition=FOLLOW, code_version="1")
def model() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], group_name="studies")
def study() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[model, study], automation_condition=FOLLOW, code_version="1")
def metrics() -> None: ...


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
        definitions = dg.Definitions([folds, model, study, metrics, sentiment])
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


def test_metrics_wait_for_no_study_and_follow_one_that_was_made():
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
    for asset in ("recommender", "recommendations", "metrics", "report"):
        assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == FOLLOW.get_label()
    for asset in ("sentiment_model", "review_sentiment"):
        assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == AGAIN.get_label()
    assert graph.get(dg.AssetKey("serving_snapshot")).automation_condition is not None
    assert graph.get(dg.AssetKey("raw_files")).automation_condition is None
    assert graph.get(dg.AssetKey("study")).automation_condition is None, "studies take long; people start them"


def test_writers_and_computing_steps_stand_in_their_pools(graph):
    pools = {}
    for asset in graph.assets_defs:
        if asset.op.pool:
            pools.setdefault(asset.op.pool, set()).update(key.to_user_string() for key in asset.keys)
    assert pools[DUCKDB_WRITE] == {"staged_records", "users", "items", "interactions", "reviews", "images"}
    assert {"recommender", "study", "text_embeddings", "image_embeddings"} <= pools[GPU]
