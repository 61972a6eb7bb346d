"""Honest numbers pass; each planted fault turns its own check red and no other that blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.cells import Cell
from assets.datasets import dataset
from assets.files import read_json, write_json
from assets.given import given
from assets.home import Home
from assets.manifests import Manifests
from assets.matrices import load_catalog
from assets.mistakes.checks import MISTAKES
from assets.mistakes.evidence import Evidence
from assets.reads import reads_of
from assets.recommenders import Workshop
from assets.splits import load_fold
from assets.studies.changes import UNCHANGED
from assets.validation.outcomes import Outcome
from models.baselines.bias import Bias
from models.baselines.global_mean import GlobalMean
from models.splits import TEST, TRAIN, VALID
from tests.assets.finished_shop import NAME
from tests.assets.mistakes.conftest import MODELS, PROTOCOLS, measured, trained

BLOCKING = {mistake.check.name for mistake in MISTAKES if mistake.check.blocking}


def found(home: Home) -> dict[str, Outcome]:
    """What every check finds."""
    evidence = Evidence(home, dataset(NAME))
    return {mistake.check.name: mistake.find(evidence) for mistake in MISTAKES}


def red(home: Home) -> set[str]:
    """The blocking checks that are red."""
    return {name for name, outcome in found(home).items() if not outcome.passed} & BLOCKING


def change(home: Home, table: str, to) -> None:
    """Another table: to(rows) -> rows."""
    path = home.lake / NAME / f"{table}.parquet"
    to(pd.read_parquet(path)).to_parquet(path, index=False)


def test_honest_numbers_pass_and_show_what_was_looked_at(finished) -> None:
    outcomes = found(finished)
    assert {name for name, outcome in outcomes.items() if not outcome.passed} == {"equal_budgets", "enough_seeds"}
    assert outcomes["trained_without_test"].rows == outcomes["test_read_once"].rows == len(MODELS) * len(PROTOCOLS)
    assert outcomes["full_catalogue"].rows == 3 * (5 + 1), "five of global-time, NDCG of cold-item"
    assert outcomes["metrics_recomputed"].rows == 3 * (2 + 1)
    assert outcomes["known_answers"].rows == 2
    assert "global-time and xia2024" in " ".join(map(" and ".join, [sorted(k.split(" and ")) for k in
           outcomes["two_splits"].measured["kendall_tau"]]))  # fmt: skip
    sizes = outcomes["slices_complete"].measured["ratings_by_slice"]["xia2024 seed 0"]
    assert sizes["warm users"] + sizes["sparse users"] + sizes["cold users"] == 18
    assert set(outcomes["popularity_bias"].measured["of_each"]["global-time bias"]) == {
        "coverage", "gini", "popularity", "recall",
    }  # fmt: skip


def test_whatever_flatters_a_number_blocks() -> None:
    assert {
        "test_read_once", "trained_without_test", "test_not_known_before", "full_catalogue", "known_answers",
        "metrics_recomputed", "full_precision", "slices_complete",
    } == BLOCKING  # fmt: skip


def test_a_second_look_at_the_test_is_counted_and_red(honest) -> None:
    measured(honest)
    assert red(honest) == set() and len(reads_of(honest, NAME)) == 9, "what is known is not looked up again"
    for kept in (honest.lake / NAME / "judgements").iterdir():
        kept.unlink()
    measured(honest)
    assert red(honest) == {"test_read_once"} and len(reads_of(honest, NAME)) == 18
    assert found(honest)["test_read_once"].examples[0]["reads"] == 2


def test_a_training_that_was_given_the_test_is_found(honest) -> None:
    class Careless(Workshop):
        def _parts(self, cell, change, say):
            catalog, parts, features = super()._parts(cell, change, say)
            return catalog, parts | {"train": catalog.interactions}, features

    forget(honest, "bias")
    trained(honest, "bias", "xia2024", Careless)
    measured(honest)
    assert red(honest) == {"trained_without_test"}


def test_words_of_the_test_among_the_features_are_found(honest, monkeypatch) -> None:
    cell = Cell(NAME, "bias", "xia2024", 0, "")
    fold = load_fold(honest, NAME, "xia2024", 0)
    reviews = np.random.default_rng(0).normal(size=(len(fold), 4)).astype(np.float32)
    monkeypatch.setattr("assets.mistakes.evidence.owner_vectors", lambda *of: reviews)
    rows = load_catalog(honest, NAME).interactions
    train, valid = (rows.take(fold == part) for part in (TRAIN, VALID))
    record = cell.folder(honest) / "record.json"
    for words, expected in ((reviews[fold == TRAIN], set()), (reviews, {"trained_without_test"})):
        write_json(record, read_json(record) | {"given": given(train, valid, words)})
        assert red(honest) == expected
    assert found(honest)["trained_without_test"].examples[0]["not_as_split"] == "reviews"


def forget(home: Home, model: str) -> None:
    """As if the model had not been trained under xia2024."""
    place = Manifests(home.path)._place("recommender", Cell(NAME, model, "xia2024", 0, "").partition)
    (place / "current.json").unlink()


def test_a_model_that_reads_the_test_by_itself_is_found(honest, monkeypatch) -> None:
    truth = load_catalog(honest, NAME).interactions
    ratings = {(int(u), int(i)): r for u, i, r in zip(truth.users, truth.items, truth.ratings, strict=True)}
    predict = Bias.predict
    test = set(map(tuple, np.argwhere(asked_pairs(honest))))

    def peeking(self, users, items, timestamps=None):
        known = predict(self, users, items, timestamps)
        pairs = zip(users.tolist(), items.tolist(), strict=True)
        return np.array([ratings[p] if p in test else k for p, k in zip(pairs, known, strict=True)], np.float32)

    monkeypatch.setattr(Bias, "predict", peeking)
    forget(honest, "bias")
    trained(honest, "bias", "xia2024")
    measured(honest)
    outcome = found(honest)["test_not_known_before"]
    assert red(honest) == {"test_not_known_before"}
    assert [(e["model"], e["test_mse_by_valid_mse"]) for e in outcome.examples] == [("bias", 0)]


def asked_pairs(home: Home) -> np.ndarray:
    """bool [users, items]: the test pairs of xia2024."""
    catalog = load_catalog(home, NAME)
    rows = catalog.interactions.take(load_fold(home, NAME, "xia2024", 0) == TEST)
    mask = np.zeros((len(catalog.users), len(catalog.items)), bool)
    mask[rows.users, rows.items] = True
    return mask


def test_sampled_candidates_are_found(honest, monkeypatch) -> None:
    score = Bias.score

    def sampled(self, users):
        scores = score(self, users)
        scores[:, np.random.default_rng(0).random(scores.shape[1]) < 0.3] = -np.inf
        return scores

    monkeypatch.setattr(Bias, "score", sampled)
    for kept in (honest.lake / NAME / "judgements").iterdir():
        kept.unlink()
    (honest.lake / NAME / "test_reads.jsonl").unlink()
    for judged in (Manifests(honest.path).folder / "judgement").iterdir():
        (judged / "current.json").unlink()
    measured(honest)
    outcome = found(honest)["full_catalogue"]
    assert red(honest) == {"full_catalogue"}
    assert {e["model"] for e in outcome.examples} == {"bias"}
    assert all(e["candidates"] < e["catalogue_minus_seen"] for e in outcome.examples)


PLANTED = [
    ("metrics", lambda t: t.assign(value=t.value.round(3)), {"metrics_recomputed", "full_precision", "known_answers"}),
    ("metrics", lambda t: t.assign(value=t.value.where(t.metric != "mae", t.value * 1.01)), {"metrics_recomputed"}),
    ("metrics", lambda t: t.assign(value=t.value.where(t.metric != "ndcg", 1.2)), {"metrics_recomputed"}),
    ("metrics", lambda t: t.assign(ci_low=t.ci_high), {"metrics_recomputed"}),
    ("metrics", lambda t: t.assign(candidates=t.candidates.where(t.candidates.isna(), 101)), {"full_catalogue"}),
    ("metric_slices", lambda t: t.assign(n=t.n.where(t.slice != "warm users", 0)), {"slices_complete"}),
    ("metric_slices", lambda t: t[t.slice != "without picture"], {"slices_complete"}),
]


@pytest.mark.parametrize(("table", "to", "expected"), PLANTED)
def test_planted_numbers_turn_their_own_check_red(honest, table, to, expected) -> None:
    change(honest, table, to)
    assert red(honest) == expected


def test_a_mean_that_is_no_mean_is_found(honest, monkeypatch) -> None:
    predict = GlobalMean.predict
    monkeypatch.setattr(GlobalMean, "predict", lambda *asked: predict(*asked) + np.float32(0.3))
    forget(honest, "global-mean")
    trained(honest, "global-mean", "xia2024")
    measured(honest)
    assert red(honest) == {"known_answers"}


def test_a_curve_with_a_gap_is_seen(honest) -> None:
    file = Cell(NAME, "bias", "xia2024", 0, "").folder(honest) / "record.json"
    write_json(file, read_json(file) | {"curve": [{"epoch": 1}, {"epoch": 2}, {"epoch": 1}, {"epoch": 4}]})
    assert found(honest)["curves_unbroken"].examples[0]["epochs_out_of_order"] == [4]


def test_one_split_alone_is_no_evidence(honest) -> None:
    change(honest, "metrics", lambda table: table[table.protocol == "xia2024"])
    outcome = found(honest)["two_splits"]
    assert not outcome.passed and "--protocol global-time" in outcome.summary


def test_knock_outs_that_were_not_made_are_named(honest) -> None:
    change(honest, "metrics", lambda table: table.assign(model=table.model.replace({"bias": "early-fusion"})))
    evidence = Evidence(honest, dataset(NAME))
    outcome = next(mistake for mistake in MISTAKES if mistake.number == 11).find(evidence)
    assert outcome.examples[0]["model"] == "early-fusion" and "shuffled-text" in outcome.examples[0]["lacks"]


def test_test_ratings_are_not_there_while_a_model_is_trained(honest) -> None:
    workshop = Workshop(honest, dataset(NAME), Bias, Bias.Config())
    _, parts, _ = workshop._parts(Cell(NAME, "bias", "xia2024", 0, ""), UNCHANGED, lambda line: None)
    assert np.isnan(parts["test"].ratings).all() and len(parts["test"]) == 18
