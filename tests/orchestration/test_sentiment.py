"""`trifuse sentiment` from a file of reviews to scored reviews, as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.cli import invoke

GOOD, BAD = ("good", "great", "fine", "lovely"), ("bad", "awful", "poor", "dull")
ROOT = Path(__file__).parents[2]


def reviews(path: Path, n: int, seed: int, scale: int = 10) -> Path:
    """Reviews with obvious ratings, one rating in ten turned around, and three lines that are none."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(n):
        liked = bool(rng.random() < 0.5)
        said = rng.choice(GOOD if liked else BAD, 6)
        stars = rng.integers(scale * 0.7, scale + 1) if liked != (rng.random() < 0.1) else rng.integers(1, scale * 0.4)
        other = rng.choice([f"word{w}" for w in range(200)], 12)
        lines.append(json.dumps({"id": f"r{number}", "text": " ".join([*said, *other]), "rating": int(stars)}))
    lines[5:5] = ["not json", '{"text": null, "rating": 3}', '{"text": "nothing said of it", "rating": "x"}']
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRIFUSE_DEVICE", "cpu")
    monkeypatch.setenv("TRIFUSE_THREADS", "1")
    monkeypatch.delenv("TRIFUSE_WEIGHTS", raising=False)
    return tmp_path / "home"


def test_trained_scored_and_judged(home, tmp_path, capfd) -> None:
    source = reviews(tmp_path / "train.jsonl", 600, 0)
    assert invoke(["sentiment", "train", "--model", "majority,nbsvm,tfidf-lr,ensemble", "--input", str(source)]) == 0
    said = capfd.readouterr()
    assert "line 6: not a JSON object" in said.err and "rating: 'x' is not a number" in said.err
    assert "champion by validation" in said.out
    record = json.loads((home / "artifacts/sentiment/reviews/binary/nbsvm/record.json").read_text())
    assert record["test"]["accuracy"] > 0.8 and sum(record["texts"].values()) == 600

    fresh, output = reviews(tmp_path / "fresh.jsonl", 200, 1), tmp_path / "out" / "scored.parquet"
    assert invoke(["sentiment", "score", "--model", "best", "--input", str(fresh), "--output", str(output)]) == 0
    said = capfd.readouterr().out
    rows = pd.read_parquet(output)
    assert rows.line.tolist() == list(range(1, 204))
    assert rows.reason.notna().tolist() == [line in (6, 7) for line in rows.line]
    scored = rows[rows.reason.isna()]
    assert scored.probability.between(0, 1).all() and set(scored.label) == {"positive", "negative"}
    rated = scored[scored.rating.notna()]
    accuracy = ((rated.probability > 0.5) == (rated.rating > 5.5)).mean()
    assert f"accuracy {accuracy:.4f} (200 reviews" in said and "AUC 0." in said
    assert accuracy > 0.8


def test_a_second_training_finds_everything_done(home, tmp_path, capfd) -> None:
    command = ["sentiment", "train", "--model", "nbsvm", "--input", str(reviews(tmp_path / "a.jsonl", 300, 0))]
    assert invoke(command) == 0 and invoke(command) == 0
    assert "nbsvm: unchanged" in capfd.readouterr().err


def test_stars_and_texts_without_ratings(home, tmp_path, capfd) -> None:
    source = reviews(tmp_path / "train.jsonl", 500, 0, scale=5)
    assert invoke(["sentiment", "train", "--model", "tfidf-lr", "--head", "stars", "--input", str(source)]) == 0
    bare = tmp_path / "bare.jsonl"
    bare.write_text('{"text": "good great fine"}\n{"text": "bad awful poor"}\n')
    output = tmp_path / "s.parquet"
    options = ["--head", "stars", "--model", "tfidf-lr", "--input", str(bare), "--output", str(output)]
    assert invoke(["sentiment", "score", *options]) == 0
    assert "no review has a rating" in capfd.readouterr().out
    rows = pd.read_parquet(output)
    assert int(rows.label[0]) > int(rows.label[1]) and rows.probability[0] > rows.probability[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "--model", "nonsense", "--input", "x"], 2, "no sentiment model 'nonsense'"),
        (["train", "--model", "nbsvm", "--input", "x", "--minutes", "0"], 2, "minutes"),
        (["train", "--model", "nbsvm", "--input", "not-there.jsonl"], 1, "not-there.jsonl is not there"),
        (["score", "--model", "best", "--input", "x", "--output", "y"], 1, "trifuse sentiment train"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(home, capfd, arguments, code, words) -> None:
    assert invoke(["sentiment", *arguments]) == code
    said = capfd.readouterr().err
    assert words in said and "Traceback" not in said


def test_bert_without_weights_is_named_or_passed_over(home, tmp_path, capfd) -> None:
    source = str(reviews(tmp_path / "a.jsonl", 200, 0))
    assert invoke(["sentiment", "train", "--model", "bert", "--input", source]) == 1
    assert "TRIFUSE_WEIGHTS" in capfd.readouterr().err


def test_killed_while_it_trains_it_goes_on(home, tmp_path) -> None:
    """SIGKILL in the middle of the epochs; the next run begins after the last whole one and ends as usual."""
    source = reviews(tmp_path / "train.jsonl", 2000, 0)
    command = [
        sys.executable,
        "-m",
        "orchestration.cli",
        "sentiment",
        "train",
        "--model",
        "lstm",
        "--input",
        str(source),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert any("epoch 2/6" in line for line in process.stderr)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert "epoch 1/6" not in again.stderr and "lstm: valid accuracy" in again.stderr
    assert not list((home / "artifacts/sentiment/reviews/binary/checkpoints").iterdir())
