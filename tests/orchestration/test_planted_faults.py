"""Each planted fault turns its own check red, and nothing is made of it: nor published, neither in the same Dagster
run nor by the command that goes on stage by stage. All with the real definitions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from assets import splits
from assets.cells import Cell
from assets.datasets import dataset
from assets.lake import attached
from assets.matrices import load_catalog
from assets.splits import load_fold
from assets.validation.outcomes import Outcome, keep
from assets.validation.outcomes import place as outcomes_place
from assets.vectors.store import write_shard
from models.baselines.bias import Bias
from models.baselines.popularity import Popularity
from models.splits import TEST, TRAIN
from orchestration import plan
from tests.orchestration.small_shop import NAME, PROTOCOLS, Place


def blocked(place: Place, since: str, until: str, model: str) -> str:
    """What the command says as it stops."""
    with pytest.raises(plan.RunFailed, match="blocked by failed checks") as stopped:
        place.run(since, until, model)
    return str(stopped.value)


def split_anew(place: Place, monkeypatch, change: Callable) -> None:
    """A new release of the split: change(fold, interactions, protocol) -> fold."""
    split = splits.split

    def changed(protocol, interactions, seed, official):
        return change(split(protocol, interactions, seed, official), interactions, protocol)

    monkeypatch.setattr(splits, "split", changed)
    monkeypatch.setattr(splits, "refuse_leakage", lambda *of: None)
    monkeypatch.setattr(splits, "CODE_VERSION", "of the new release")
    place.forget("folds")


def published(place: Place) -> dict[str, int]:
    """Rows of the dataset in the tables of the snapshot that a red check holds back."""
    tables = ("items", "interactions", "metrics", "metric_slices", "predictions", "item_vectors", "review_sentiment")
    counts = {}
    for table in tables:
        ((counts[table],),) = place.answer(f"SELECT count(*) FROM {table} WHERE dataset = '{NAME}'")
    return counts


def test_an_honest_split_is_trained_on(place, monkeypatch) -> None:
    split_anew(place, monkeypatch, lambda fold, *of: fold)
    place.run("splits", "recommenders", "bias")
    assert place.red() == set() and place.made() >= {"folds", "recommender", "recommendations"}


def test_nothing_is_trained_on_a_future_rating(place, monkeypatch) -> None:
    def careless(fold, interactions, protocol):
        rows = np.flatnonzero(fold == TRAIN)[0], interactions.timestamps.argmax()
        fold[list(rows)] = fold[list(reversed(rows))]
        return fold

    split_anew(place, monkeypatch, careless)
    assert "folds: fold_times" in blocked(place, "splits", "recommenders", "bias")
    assert place.red() == {("folds", "fold_times")}
    assert "folds" in place.made() and "recommender" not in place.made()


def test_nothing_is_trained_on_a_pair_that_stands_in_two_folds(place) -> None:
    fold = load_fold(place.home, NAME, "xia2024", 0)
    one, other = np.flatnonzero(fold == TRAIN)[0], np.flatnonzero(fold == TEST)[0]

    def twice(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[other, ["user_id", "item_id"]] = rows.loc[one, ["user_id", "item_id"]].to_numpy()
        return rows

    place.rewrite(place.home.table(NAME, "interactions"), twice)
    place.forget("recommender", f"{NAME}|bias")
    assert "folds: fold_pairs" in blocked(place, "splits", "recommenders", "bias")
    assert place.red() == {("folds", "fold_pairs")}
    assert "folds" in place.made() and "recommender" not in place.made()


def test_nothing_is_encoded_of_test_reviews_in_the_text_of_items(place) -> None:
    fold, rows = load_fold(place.home, NAME, "xia2024", 0), pd.read_parquet(place.home.table(NAME, "interactions"))
    tested = rows[fold == TEST].review_id.tolist()
    with attached(place.home, NAME) as connection:
        query = "SELECT item_id, text FROM reviews WHERE review_id IN (SELECT unnest(?)) AND length(text) > 60 LIMIT 1"
        ((item, text),) = connection.execute(query, [tested]).fetchall()
    described = next(place.home.raw_root(dataset(NAME)).rglob("meta_Sample_Shop.jsonl.gz"))
    lines = gzip.decompress(described.read_bytes()).decode().splitlines()
    at = next(n for n, line in enumerate(lines) if f'"parent_asin": "{item}"' in line)
    told = json.loads(lines[at])
    lines[at] = json.dumps(told | {"description": [*told["description"], text]})
    described.write_bytes(gzip.compress("\n".join(lines).encode()))
    place.forget("staged_records")
    place.make(dg.AssetSelection.assets("staged_records").without_checks())
    place.make(dg.AssetSelection.assets("items", "text_embeddings"))
    assert place.red() == {("items", "item_text_without_reviews")}
    assert place.made() == {"staged_records", "items"}


def test_what_is_measured_on_sampled_candidates_is_not_published(place, monkeypatch) -> None:
    score = Popularity.score

    def sampled(self, users):
        scores = score(self, users)
        scores[:, ::3] = -np.inf
        return scores

    monkeypatch.setattr(Popularity, "score", sampled)
    assert "metrics: full_catalogue" in blocked(place, "recommenders", "serving", "popularity")
    assert place.red() == {("metrics", "full_catalogue")}
    assert "metrics" in place.made()
    assert not place.made() & {"run_history", "champion", "serving_snapshot"}
    # Another dataset's run publishes everything there is: this one stays as it was.
    before = published(place)
    place.make(dg.AssetSelection.assets("serving_snapshot"), None)
    assert "serving_snapshot" in place.made() and published(place) == before
    ((files,),) = place.answer("SELECT count(DISTINCT partition) FROM lineage WHERE partition LIKE '%|popularity|%'")
    assert files == len(PROTOCOLS), "how it came to that can be traced"


def test_a_dataset_that_was_red_from_the_first_is_not_published(place) -> None:
    place.home.serving.unlink()
    red = Outcome("fold_times", False, "a future rating in train")
    keep(outcomes_place(place.home, NAME, "folds"), "of these folds", [red])
    place.make(dg.AssetSelection.assets("serving_snapshot"), None)
    assert set(published(place).values()) == {0}


def test_nothing_is_trained_on_a_stale_vector(place) -> None:
    shard = next(place.home.vectors.glob("*/*.parquet"))
    vectors = pd.read_parquet(shard)
    write_shard(shard, vectors.key.tolist(), np.stack(vectors.vector.to_list())[::-1])
    assert "vectors_are_current" in blocked(place, "embeddings", "recommenders", "content")
    assert {check for _, check in place.red()} == {"vectors_are_current"}
    assert "text_embeddings" in place.made() and "recommender" not in place.made()


def test_what_a_model_that_reads_the_test_is_good_for_is_not_published(place, monkeypatch) -> None:
    catalog = load_catalog(place.home, NAME)
    rows = catalog.interactions.take(load_fold(place.home, NAME, "xia2024", 0) == TEST)
    known = {(int(u), int(i)): r for u, i, r in zip(rows.users, rows.items, rows.ratings, strict=True)}
    predict = Bias.predict

    def peeking(self, users, items, timestamps=None):
        honest = predict(self, users, items, timestamps)
        pairs = zip(users.tolist(), items.tolist(), strict=True)
        return np.array([known.get(p, h) for p, h in zip(pairs, honest, strict=True)], np.float32)

    monkeypatch.setattr(Bias, "predict", peeking)
    for name in PROTOCOLS:
        place.forget("recommender", Cell(NAME, "bias", name, 0, "").partition)
    place.forget("recommender", f"{NAME}|bias")
    assert "metrics: test_not_known_before" in blocked(place, "recommenders", "serving", "bias")
    assert place.red() == {("metrics", "test_not_known_before")} and "metrics" in place.made()
    assert not place.made() & {"run_history", "champion", "serving_snapshot"}
