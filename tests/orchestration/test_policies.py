"""Training follows a change of data, and nothing else: evaluated tick by tick, as the sensor does."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from assets.limits import DUCKDB_WRITE, GPU
from models.registry import RECOMMENDERS
from orchestration.policies import FOLLOW

DATASET = "sample-shop"
INPUTS = ("users", "items", "interactions", "folds", "text_embeddings", "image_embeddings")


@pytest.fixture
def definitions(monkeypatch, tmp_path) -> dg.Definitions:
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    from orchestration.definitions import definitions

    return definitions()


class Night:
    """An instance in which assets are materialized by word alone, and the sensor's ticks."""

    def __init__(self, definitions: dg.Definitions) -> None:
        self.definitions, self.instance, self.cursor = definitions, dg.DagsterInstance.ephemeral(), None
        self.graph = definitions.resolve_asset_graph()

    def materialize(self, asset: str, version: str) -> None:
        tags = {"dagster/data_version": version}
        key = dg.AssetKey(asset)
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=DATASET, tags=tags))
        latest = self.instance.fetch_materializations(key, limit=1).records[0]
        target = AssetCheckEvaluationTargetMaterializationData(
            storage_id=latest.storage_id, run_id=latest.run_id, timestamp=latest.timestamp
        )
        for check in self.graph.get_check_keys_for_assets({key}):
            evaluation = dg.AssetCheckEvaluation(key, check.name, True, {}, target, blocking=True, partition=DATASET)
            self.instance.report_runless_asset_event(evaluation)

    def tick(self) -> set[str]:
        """Models of the dataset that are to be trained."""
        result = dg.evaluate_automation_conditions(
            self.definitions, self.instance, asset_selection=dg.AssetSelection.assets("recommender"), cursor=self.cursor
        )
        self.cursor = result.cursor
        partitions = result.get_requested_partitions(dg.AssetKey("recommender"))
        return {key.split("|")[1] for key in partitions if key.startswith(DATASET)}


def test_training_follows_changed_data_only(definitions):
    night = Night(definitions)
    assert night.tick() == set()
    for asset in INPUTS:
        night.materialize(asset, "1")
    assert night.tick() == set(RECOMMENDERS)
    assert night.tick() == set(), "what was asked for is not asked for again"
    night.materialize("folds", "1")
    assert night.tick() == set(), "an identical refresh starts nothing"
    night.materialize("folds", "2")
    assert night.tick() == set(RECOMMENDERS)


def test_writers_and_computing_steps_stand_in_their_pools(definitions):
    pools = {}
    for asset in definitions.resolve_asset_graph().assets_defs:
        if asset.op.pool:
            pools.setdefault(asset.op.pool, set()).update(key.to_user_string() for key in asset.keys)
    assert pools[DUCKDB_WRITE] == {"staged_records", "users", "items", "interactions", "reviews", "images"}
    assert {"recommender", "text_embeddings", "image_embeddings"} <= pools[GPU]
    assert FOLLOW.get_label()
