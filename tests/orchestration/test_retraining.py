"""A few new ratings train no model anew, many do; what people read holds together in between."""

from __future__ import annotations

import gzip
import json
import random

import dagster as dg
import pandas as pd
import pytest

from assets.datasets import dataset
from assets.evaluation import behind, judged_cells, require_cells
from assets.upkeep.stale import stale
from orchestration.definitions import definitions
from orchestration.groups import refreshed
from tests.orchestration.small_shop import NAME, Place, evaluation

REVIEWS = "amazon/2023/Sample_Shop.jsonl.gz"


def whole(line: bytes) -> bool:
    """Whether it is a review: the sample has broken lines, as real files do."""
    return line.startswith(b"{") and line.endswith(b"}")


class Nights:
    """The refreshes of a shop, and what the sensor asks for after each."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRIFUSE_HOME", str(place.home.path))
        monkeypatch.setenv("TRIFUSE_DEVICE", "cpu")
        self.place, self.reviews = place, place.home.raw_root(dataset(NAME)) / REVIEWS
        self.trained = self.version()

    def version(self) -> str:
        """The trigger's."""
        return self.place.manifests.require("retraining_trigger", NAME).data_version

    def facts(self) -> dict:
        """What the trigger's last night found."""
        return self.place.manifests.require("retraining_trigger", NAME).metadata

    def rated(self, share: float) -> None:
        """So many of the reviews are written again, of other items."""
        rng = random.Random(1)
        known = [json.loads(line) for line in gzip.decompress(self.reviews.read_bytes()).splitlines() if whole(line)]
        items = sorted({review["parent_asin"] for review in known})
        ratings = self.place.manifests.require("interactions", NAME).metadata["rows"]
        new = [rng.choice(known) | {"parent_asin": rng.choice(items), "timestamp": 1_700_000_000_000 + n}
               for n in range(round(share * ratings))]  # fmt: skip
        with gzip.open(self.reviews, "at") as file:
            file.writelines(json.dumps(review) + "\n" for review in new)
        self.place.arrived(f"{share}")

    def refresh(self, checked: bool = False, **config: dict) -> str:
        """A night; the trigger's version after it. checked: with all checks, for which the sensor waits."""
        selection = refreshed() - dg.AssetSelection.assets("raw_files", "data_docs")
        self.place.make(selection if checked else selection.without_checks(), folds=evaluation(), **config)
        return self.version()

    def train(self, model: str) -> None:
        """A person trains one model."""
        key = dg.MultiPartitionKey({"dataset": NAME, "model": model})
        self.place.make(dg.AssetSelection.assets("recommender"), key, recommender=evaluation())


@pytest.fixture
def nights(place, monkeypatch) -> Nights:
    return Nights(place, monkeypatch)


def test_nothing_new_and_a_few_ratings_train_nothing_and_many_train(nights):
    assert nights.refresh() == nights.trained
    nights.rated(0.01)
    assert nights.refresh() == nights.trained
    assert 0 < nights.facts()["ratings changed"] < 0.02
    nights.rated(0.02)
    assert nights.refresh() != nights.trained, "changes add up from night to night"
    assert "has changed" in nights.facts()["why"]
    settled = nights.version()
    assert nights.refresh() == settled


def test_new_pictures_count_by_their_items(nights):
    table = nights.place.home.embedding(NAME, "image")
    few, many = 1, 10
    for changed in (few, many):
        nights.place.rewrite(table, lambda rows, n=changed: rows.assign(key=["new"] * n + rows.key.tolist()[n:]))
        made = nights.place.manifests.require("image_embeddings", NAME)
        nights.place.manifests.save(type(made)(**vars(made) | {"data_version": f"with {changed}"}))
        nights.place.make(dg.AssetSelection.assets("retraining_trigger"))
        assert (nights.version() == nights.trained) == (changed == few), nights.facts()


@pytest.mark.parametrize(
    ("settings", "config", "why"),
    [
        ({"retrain_days": 0}, {}, "something has changed since"),
        ({"retrain_share": 0}, {}, "has changed"),
        ({}, {"retraining_trigger": {"config": {"now": True}}}, "a person asked for it"),
    ],
)
def test_a_few_ratings_train_when_they_wait_for_long_or_a_person_says_so(nights, settings, config, why):
    nights.place.settings = nights.place.settings.model_copy(update=settings)
    assert nights.refresh() == nights.trained, "without any change nothing is trained"
    nights.rated(0.01)
    assert nights.refresh(**config) != nights.trained
    assert why in nights.facts()["why"]


def test_what_one_model_was_trained_on_by_hand_all_are_trained_on(nights):
    nights.rated(0.01)
    assert nights.refresh() == nights.trained
    nights.train("bias")
    assert nights.refresh() != nights.trained
    assert nights.facts()["why"] == "one of them was, by hand"


def test_other_code_of_the_folds_trains(nights, monkeypatch):
    made = nights.place.manifests.require("folds", NAME)
    nights.place.manifests.save(type(made)(**vars(made) | {"code_version": "new", "data_version": "of new code"}))
    nights.place.make(dg.AssetSelection.assets("retraining_trigger"))
    assert nights.facts()["why"] == "folds are made by other code"


def test_where_the_record_of_what_was_learned_is_lost_models_are_trained(nights):
    next((nights.place.home.lake / NAME / "training_rows").iterdir()).unlink()
    nights.place.make(dg.AssetSelection.assets("retraining_trigger"))
    assert nights.facts()["why"] == "there is nothing to compare with"


def test_the_sensor_trains_with_the_trigger_alone(nights):
    with nights.place.instance() as instance:
        cursor = None

        def tick() -> dict[str, int]:
            nonlocal cursor
            result = dg.evaluate_automation_conditions(definitions(), instance, cursor=cursor)
            cursor = result.cursor
            names = ("recommender", "recommendations", "metrics", "report", "serving_snapshot")
            return {name: result.get_num_requested(dg.AssetKey(name)) for name in names}

        nights.refresh(checked=True)
        tick()
        nights.rated(0.01)
        nights.refresh(checked=True)
        assert set(tick().values()) == {0}, "the refresh itself has published"
        nights.rated(0.05)
        nights.refresh(checked=True)
        assert tick()["recommender"] > 20


def test_between_two_trainings_lists_metrics_and_predictions_stay_without_what_was_rated_since(nights):
    place = nights.place
    before = {table: place.answer(f"SELECT count(*) FROM {table}") for table in ("metrics", "predictions")}
    ((user, item),) = place.answer("SELECT user_id, item_id FROM recommendations WHERE rank = 3 LIMIT 1")
    with gzip.open(nights.reviews, "at") as file:
        known = json.loads(next(filter(whole, gzip.decompress(nights.reviews.read_bytes()).splitlines())))
        file.write(json.dumps(known | {"user_id": user, "parent_asin": item, "timestamp": 1_700_000_000_000}) + "\n")
    place.arrived("one more")
    assert nights.refresh() == nights.trained and behind(place.home, NAME)
    assert place.answer(f"SELECT count(*) FROM interactions WHERE user_id = '{user}' AND item_id = '{item}'") == [(1,)]
    assert {table: place.answer(f"SELECT count(*) FROM {table}") for table in before} == before
    asked = f"FROM recommendations WHERE user_id = '{user}'"
    assert place.answer(f"SELECT count(*) {asked} AND item_id = '{item}'") == [(0,)]
    ranks = pd.DataFrame(place.answer(f"SELECT model, rank {asked}"), columns=["model", "rank"])
    assert all(sorted(of) == list(range(1, len(of) + 1)) for _, of in ranks.groupby("model")["rank"])
    with pytest.raises(LookupError, match="trained on earlier data"):
        require_cells(place.home, NAME)
    assert len(judged_cells(place.home, NAME)) == 6
    assert not [one for one in stale(place.home, 0) if "models" in one.kind], "they are still what people are shown"


def test_a_report_of_models_that_are_behind_stays_as_it_was(nights):
    place = nights.place
    nights.refresh()
    place.make(dg.AssetSelection.assets("report"))
    version = place.manifests.require("report", NAME).data_version
    nights.rated(0.01)
    nights.refresh()
    place.watch()
    place.make(dg.AssetSelection.assets("report"))
    assert "report" in place.made() and place.manifests.require("report", NAME).data_version == version
