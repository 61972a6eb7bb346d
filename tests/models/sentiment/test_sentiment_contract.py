"""What every sentiment model keeps: it learns the board, repeats itself, survives a file, and gives probabilities."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from models.sentiment.classifier import Labelled, Means
from models.sentiment.registry import SENTIMENT, sentiment_model

SMALL = {
    "width": 16,
    "epochs": 8,
    "learning_rate": 1e-2,
    "batch_size": 16,
    "dropout": 0.1,
    "at_least": 1,
    "patience": 8,
}
SETTINGS = {
    "tfidf-lr": {"at_least": 1},
    "nbsvm": {"at_least": 1},
    "fasttext": SMALL | {"buckets": 64, "learning_rate": 0.1},
    "rnn": SMALL | {"states": 8},
    "lstm": SMALL | {"states": 8},
    "bilstm": SMALL | {"states": 8},
    "cnn": SMALL | {"filters": 8},
    "seq-cnn-attention": SMALL | {"states": 8, "filters": 8, "dense": 8},
    "bert": {"epochs": 8, "learning_rate": 1e-2, "batch_size": 16, "longest": 32, "patience": 8},
    "ensemble": {"members": ("nbsvm", "majority")},
}
LEARNS = [name for name in SENTIMENT if name != "majority"]


@pytest.fixture(scope="module")
def means(tiny_bert) -> Means:
    """Everything that any model wants."""
    return Means(weights=tiny_bert)


def made(name: str, classes: int = 2, seed: int = 0):
    cls = sentiment_model(name)
    return cls(cls.Config(**SETTINGS.get(name, {})), classes=classes, seed=seed)


@pytest.fixture(scope="module", params=list(SENTIMENT))
def trained(request, board, means):
    """Each model, trained on the board, with its report."""
    model = made(request.param)
    return model, model.fit(board(240, 0), board(80, 1), means)


def test_learns_the_board(trained, board) -> None:
    model, report = trained
    unseen = board(100, 2)
    accuracy = (model.probabilities(unseen.texts).argmax(1) == unseen.labels).mean()
    assert accuracy == 0.5 if model.name == "majority" else accuracy >= 0.95
    assert report.parameters > 0 and report.trials >= 1


def test_probabilities_of_any_text(trained) -> None:
    """Empty, unknown, very long, in tags: a row each that sums to 1."""
    model, _ = trained
    found = model.probabilities(["", "   ", "zxqv", "good " * 5000, "<br />good<br />", "\x00\U0001f600"])
    assert found.shape == (6, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    assert model.probabilities([]).shape == (0, 2)


def test_a_text_is_judged_alike_in_any_company(trained, board) -> None:
    model, _ = trained
    texts = [*board(9, 5).texts, "good", "bad story " * 20]
    together = model.probabilities(texts)
    alone = np.concatenate([model.probabilities([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=2e-2)  # bfloat16 where there is AMX


def test_saved_and_loaded_it_answers_the_same(trained, board, tmp_path) -> None:
    model, _ = trained
    model.save(tmp_path)
    again = type(model).load(tmp_path)
    texts = board(20, 3).texts
    np.testing.assert_array_equal(model.probabilities(texts), again.probabilities(texts))
    assert not list(tmp_path.rglob("*.pkl"))


@pytest.mark.parametrize("name", LEARNS)
def test_same_seed_same_probabilities(name, board, means) -> None:
    texts = board(20, 3).texts
    one, other = (made(name) for _ in range(2))
    for model in (one, other):
        model.fit(board(120, 0), board(40, 1), means)
    np.testing.assert_array_equal(one.probabilities(texts), other.probabilities(texts))


@pytest.mark.parametrize("name", ["tfidf-lr", "nbsvm", "lstm", "cnn", "ensemble"])
def test_five_stars(name, board, means) -> None:
    """Shares of good words stand for stars; a neighbouring star is a small mistake."""
    model = made(name, classes=5)
    model.fit(board(500, 0, 5), board(100, 1, 5), means)
    unseen = board(100, 2, 5)
    found = model.probabilities(unseen.texts)
    assert found.shape == (100, 5)
    assert np.abs(found.argmax(1) - unseen.labels).mean() < 0.8
    assert (model.positive(unseen.texts)[unseen.labels == 4] > 0.5).mean() > 0.8


@pytest.mark.parametrize("name", ["nbsvm", "cnn", "ensemble"])
def test_a_class_that_never_occurs_has_no_probability(name, board, means) -> None:
    """As the Large Movie Review Dataset, which has no three stars; the validation texts hold one all the same."""
    train = board(200, 0, 5)
    model = made(name, classes=5)
    model.fit(train.take(train.labels != 2), board(40, 1, 5), means)
    found = model.probabilities(board(50, 2, 5).texts)
    assert not found[:, 2].any() and found[:, [0, 1, 3, 4]].max(0).min() > 0.2
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


def test_texts_of_one_class_are_an_error(board, means) -> None:
    texts = board(40, 0)
    with pytest.raises(ValueError, match="2 classes"):
        made("nbsvm").fit(Labelled(texts.texts, np.zeros(40, np.int64)), texts, means)


@pytest.mark.parametrize("name", ["lstm", "bert"])
def test_a_killed_fit_resumes_to_the_same_probabilities(name, board, means, tmp_path) -> None:
    texts = board(20, 3).texts
    undisturbed = made(name)
    undisturbed.fit(board(120, 0), board(40, 1), means)

    class Killed(BaseException):
        """Nothing catches this."""

    def kill(line: str) -> None:
        if "epoch 3/" in line:
            raise Killed

    with pytest.raises(Killed):
        made(name).fit(board(120, 0), board(40, 1), replace(means, checkpoint=tmp_path, progress=kill))
    said: list[str] = []
    resumed = made(name)
    resumed.fit(board(120, 0), board(40, 1), replace(means, checkpoint=tmp_path, progress=said.append))
    assert not any("epoch 2/" in line for line in said)
    np.testing.assert_allclose(resumed.probabilities(texts), undisturbed.probabilities(texts), atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "bert"])
def test_little_time_is_enough_for_something(name, board, means) -> None:
    """Not a second is left: it learns from a part of the texts, once, and both labels are in that part."""
    train = board(2000, 0)
    in_order = train.take(np.argsort(train.labels, kind="stable"))
    model = made(name)
    report = model.fit(in_order, board(40, 1), replace(means, until=time.monotonic()))
    assert report.chosen["epochs"] <= 8 and 0 < report.chosen["share"] <= 1
    assert np.isfinite(model.probabilities(["good", "bad"])).all()


def test_an_encoder_is_needed(board) -> None:
    with pytest.raises(ValueError, match="TRIFUSE_WEIGHTS"):
        made("bert").fit(board(40, 0), board(20, 1))


def test_an_ensemble_takes_what_was_trained(board, means) -> None:
    train, valid = board(120, 0), board(40, 1)
    there = made("tfidf-lr")
    there.fit(train, valid, means)
    model = sentiment_model("ensemble")()
    report = model.fit(train, valid, replace(means, trained={"tfidf-lr": there}))
    assert list(report.chosen["weights"]) == ["tfidf-lr"]
    with pytest.raises(ValueError, match="none of"):
        sentiment_model("ensemble")().fit(train, valid, replace(means, trained={"rnn": there}))


def test_bert_learns_from_less_of_a_text_than_it_reads_when_trained(tiny_bert, board) -> None:
    """64 positions, of which training uses 32: what stands only beyond its reach is read afterwards."""
    model = made("bert")
    model.fit(board(240, 0), board(80, 1), Means(weights=tiny_bert))
    verdicts = [model.probabilities([f"{'film ' * n}good good good {'film ' * n}"])[0, 1] for n in (0, 25)]
    assert min(verdicts) > 0.5
    assert len(model._cut(["film " * 99], 32).numbers) == 32 and len(model._read(["film " * 99]).numbers) == 64


def test_a_model_of_another_version_is_refused(board, means, tmp_path, monkeypatch) -> None:
    model = made("nbsvm")
    model.fit(board(100, 0), board(40, 1), means)
    model.save(tmp_path)
    monkeypatch.setattr(type(model), "version", "of tomorrow")
    with pytest.raises(ValueError, match=r"version 1 of nbsvm, and this is of tomorrow: train it again"):
        type(model).load(tmp_path)
