"""What follows a change, and what does not: the policies evaluated tick by tick, as the sensor does."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.limits import DUCKDB_WRITE, GPU
from orchestration.groups import listed
from orchestration.policies import AGAIN, CHOOSE, FOLLOW, MEASURE, OPINIONS, REPORTED, RETRAIN

DATASETS = dg.StaticPartitionsDefinition(["films", "shop"])


@dg.asset(partitions_def=DATASETS)
def folds() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds])
def retraining_trigger() -> None: ...


@dg.asset(
    partitions_def=DATASETS, deps=[folds, retraining_trigger], automation_condition=RETRAIN, code_version="1",
    group_name=listed("recommenders"),
)  # fmt: skip
def model() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], group_name=listed("studies"))
def study() -> None: ...


@dg.asset(
    partitions_def=DATASETS, deps=[folds, retraining_trigger], automation_condition=OPINIONS, code_version="1",
    group_name=listed("sentiment"),
)  # fmt: skip
def words() -> None: ...


@dg.asset(
    partitions_def=DATASETS, deps=[folds, model, study, words], automation_condition=MEASURE, code_version="1",
    group_name=listed("evaluation"),
)  # fmt: skip
def metrics() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds, model], automation_condition=CHOOSE, code_version="1")
def winner() -> None: ...


@dg.asset_check(asset=metrics, blocking=True)
def honest() -> None: ...


@dg.asset_check(asset=words, blocking=True)
def complete() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], automation_condition=FOLLOW, code_version="1")
def profiles() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[metrics], automation_condition=FOLLOW, code_version="1")
def follower() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds, metrics], automation_condition=REPORTED, code_version="1")
def page() -> None: ...


@dg.asset(partitions_def=DATASETS, deps=[folds], automation_condition=AGAIN, code_version="1")
def texts() -> None: ...


EVERY = [folds, retraining_trigger, model, study, words, metrics, winner, profiles, follower, page, texts]


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
        definitions = dg.Definitions(EVERY, asset_checks=[honest, complete])
        result = dg.evaluate_automation_conditions(definitions, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return set(result.get_requested_partitions(dg.AssetKey(asset)))

    def refresh(self, version: str, trigger: str) -> None:
        """A night with this data."""
        self.materialize("folds", version)
        self.materialize("retraining_trigger", trigger)


def test_training_follows_the_trigger_only():
    night = Night()
    assert night.tick() == set(), "nothing can be trained before there are folds"
    night.refresh("1", "a")
    assert night.tick() == {"shop"}
    night.materialize("model", "a")
    assert night.tick() == set(), "what was trained is not trained again"
    night.refresh("1", "a")
    assert night.tick() == set(), "an identical refresh starts nothing"
    night.refresh("2", "a")
    assert night.tick() == set(), "nor does one with too little that is new"
    night.refresh("3", "b")
    assert night.tick() == {"shop"}


def test_metrics_wait_for_no_study_nor_reviews_and_follow_one_that_was_made():
    night = Night()
    night.tick()
    night.refresh("1", "a")
    assert night.tick("metrics") == set(), "there is no model yet"
    night.materialize("model", "1")
    assert night.tick("metrics") == {"shop"}
    night.materialize("metrics", "1")
    assert night.tick("metrics") == set()
    night.materialize("study", "1")
    assert night.tick("metrics") == {"shop"}


@pytest.mark.parametrize("asset", ["metrics", "page", "winner"])
def test_what_tells_of_models_follows_them_and_not_the_data(asset):
    night = Night()
    night.tick()
    night.refresh("1", "a")
    for made in ("model", "metrics", "winner", "page", "profiles"):
        night.materialize(made, "1")
    night.tick()
    night.refresh("2", "a")
    assert night.tick(asset) == set()
    night.materialize({"metrics": "model", "winner": "model", "page": "metrics"}[asset], "2")
    assert night.tick(asset) == {"shop"}


def test_what_is_made_of_data_alone_follows_every_change():
    night = Night()
    night.tick()
    night.refresh("1", "a")
    assert night.tick("profiles") == {"shop"}
    night.materialize("profiles", "1")
    assert night.tick("profiles") == set()
    night.refresh("2", "a")
    assert night.tick("profiles") == {"shop"}


def test_champions_are_chosen_again_only_where_one_was_chosen_before():
    night = Night()
    night.tick()
    night.refresh("1", "a")
    night.materialize("model", "1")
    assert night.tick("winner") == set(), "nobody has begun with it"
    night.materialize("winner", "1")
    assert night.tick("winner") == set()
    night.materialize("model", "2")
    assert night.tick("winner") == {"shop"}


def checked(night: Night, asset: str, check: str, passed: bool) -> None:
    """A blocking check of an asset has this outcome."""
    severity = dg.AssetCheckSeverity.ERROR
    evaluation = dg.AssetCheckEvaluation(dg.AssetKey(asset), check, passed, severity=severity, metadata={})
    night.instance.report_runless_asset_event(evaluation)


@pytest.mark.parametrize("passed", [True, False])
def test_reviews_that_are_there_must_be_sound(passed):
    night = Night()
    night.tick()
    night.refresh("1", "a")
    night.materialize("words", "1")
    checked(night, "words", "complete", passed)
    night.materialize("model", "1")
    assert night.tick("metrics") == ({"shop"} if passed else set())


@pytest.mark.parametrize("passed", [True, False])
def test_the_report_is_made_of_red_numbers_too_and_nothing_else_is(passed):
    def made(asset: str) -> set[str]:
        night = Night()
        night.tick()
        night.refresh("1", "a")
        for name in ("model", "metrics"):
            night.materialize(name, "1")
        checked(night, "metrics", "honest", passed)
        return night.tick(asset)

    assert made("page") == {"shop"}
    assert made("follower") == ({"shop"} if passed else set())


def test_sentiment_is_made_again_when_the_trigger_says_so_and_never_unasked():
    night = Night()
    night.tick("words")
    night.refresh("1", "a")
    assert night.tick("words") == set(), "nobody has asked for it"
    night.materialize("words", "1")
    night.refresh("2", "a")
    assert night.tick("words") == set()
    night.refresh("3", "b")
    assert night.tick("words") == {"shop"}


def test_texts_are_gathered_again_when_their_sources_changed_and_never_unasked():
    night = Night()
    night.tick("texts")
    night.materialize("folds", "1")
    assert night.tick("texts") == set()
    night.materialize("texts", "1")
    assert night.tick("texts") == set()
    night.materialize("folds", "2")
    assert night.tick("texts") == {"shop"}


@pytest.fixture
def graph(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    from orchestration.definitions import definitions

    return definitions().resolve_asset_graph()


def test_models_metrics_and_reports_follow_and_raw_files_do_not(graph):
    expected = {
        RETRAIN: ["recommender"], MEASURE: ["recommendations", "metrics", "run_history"], REPORTED: ["report"],
        CHOOSE: ["challenger", "champion"], OPINIONS: ["sentiment_model", "review_sentiment", "contradictions"],
        AGAIN: ["further_texts"], FOLLOW: ["user_profiles_over_time", "report_index"],
    }  # fmt: skip
    for condition, assets in expected.items():
        for asset in assets:
            assert graph.get(dg.AssetKey(asset)).automation_condition.get_label() == condition.get_label(), asset
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
