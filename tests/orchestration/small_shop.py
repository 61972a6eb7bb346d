"""A small shop that the real assets have made: data, three models, their numbers and a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
from dagster import DagsterEventType

from assets.datasets import dataset
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.reports.red_checks import verdict
from assets.samples import generate
from orchestration import plan
from orchestration.definitions import assets_and_checks
from orchestration.groups import of_groups
from orchestration.instance import open_instance
from orchestration.settings import Settings

NAME, PROTOCOLS, MODELS = "sample-shop", ("xia2024", "global-time"), ("global-mean", "bias", "item-cf")
UP_TO_FOLDS = of_groups("staging", "pictures", "catalog", "splits", "embeddings")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Place:
    """A home, its Dagster instance, and what has been made there since `watch`."""

    def __init__(self, root: Path) -> None:
        encoders = {"text_encoder": "tfidf-svd", "image_encoder": "color-gradient-histogram"}
        self.settings = Settings(home=root, device="cpu", threads=1, **encoders)
        self.home: Home = plan.home(self.settings)
        self.manifests = Manifests(self.home.path)

    def make(self, selection: dg.AssetSelection, partition: object = NAME, **config: dict) -> None:
        """Materialize these in one Dagster run, as the UI does."""
        with self.instance() as instance:
            dg.materialize(
                assets_and_checks(self.settings), selection=selection, partition_key=partition, instance=instance,
                resources=plan.resources(self.settings), run_config={"ops": config, **QUIET}, raise_on_error=False,
            )  # fmt: skip

    def instance(self) -> AbstractContextManager[dg.DagsterInstance]:
        """The Dagster instance that remembers all that."""
        return open_instance(self.settings)

    def run(self, since: str, until: str, model: str) -> None:
        """`trifuse run`, from one group to another, with one model."""
        asked = {"models": (model,), "protocols": PROTOCOLS, "seeds": (0,)}
        plan.run(plan.Request(NAME, since=since, until=until, **asked), self.settings, lambda line: None)

    def watch(self) -> None:
        """From now on `made` says what is new."""
        with self.instance() as instance:
            self.runs = {run.run_id for run in instance.get_runs()}

    def made(self) -> set[str]:
        """The assets that were materialized."""
        with self.instance() as instance:
            new = {run.run_id for run in instance.get_runs()} - self.runs
            logs = [log for run in new for log in instance.all_logs(run, DagsterEventType.ASSET_MATERIALIZATION)]
        return {log.dagster_event.asset_key.to_user_string() for log in logs}

    def red(self) -> set[tuple[str, str]]:
        """Asset and name of every check that is red and blocks."""
        return {(one.asset, one.check) for one in verdict(self.home, dataset(NAME)).blocking}

    def forget(self, asset: str, partition: str = NAME) -> None:
        """As if it had not been made since it became due again."""
        self.manifests.forget(self.manifests.require(asset, partition))

    def arrived(self, version: str) -> None:
        """The raw files as they are now count as fetched; raw_files would generate the sample at full size."""
        self.manifests.save(Manifest("raw_files", NAME, "run", "1", "fingerprint", version, {}))

    def answer(self, query: str) -> list[tuple]:
        """What the snapshot answers."""
        with duckdb.connect(str(self.home.serving), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def rewrite(self, path: Path, to: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        """Another table in a Parquet file."""
        to(pd.read_parquet(path)).to_parquet(path, index=False)


def evaluation() -> dict:
    return {"config": {"protocols": list(PROTOCOLS), "seeds": [0]}}


def trained(root: Path) -> Place:
    """A small shop with three models, their numbers and a snapshot, made by the real assets."""
    place = Place(root)
    generate(NAME, place.home.raw_root(dataset(NAME)), scale=0.05)
    place.arrived("small")
    place.make(UP_TO_FOLDS.without_checks(), folds=evaluation())
    for model in MODELS:
        key = dg.MultiPartitionKey({"dataset": NAME, "model": model})
        place.make(dg.AssetSelection.assets("recommender"), key, recommender=evaluation())
    place.make(dg.AssetSelection.assets("recommendations", "metrics").without_checks())
    place.make(dg.AssetSelection.assets("serving_snapshot"), None)
    assert place.manifests.current("metrics", NAME)
    return place
