"""A number's chain ends at files whose SHA-256 anybody can compute again."""

from __future__ import annotations

import json

import duckdb
import pytest

from assets.files import read_json, sha256_of, write_json
from assets.manifests import Manifest
from orchestration.cli import invoke
from orchestration.tables import answer
from tests.assets.trained_home import NAME, PROTOCOL, TrainedHome

CELL = f"{NAME}|bias|{PROTOCOL}|0|"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> TrainedHome:
    made = TrainedHome(tmp_path_factory.mktemp("lineage"))
    made.run("run-1", ("bias", "global-mean", "content"))
    _with_sentiment(made)
    made.publish()
    return made


def _with_sentiment(made: TrainedHome) -> None:
    """A sentiment model and its numbers, written as its assets write them."""
    import pandas as pd

    folder = made.home.artifacts / "sentiment" / NAME / "binary" / "nbsvm"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    name, hashes = (
        str((folder / "model.safetensors").relative_to(made.home.path)),
        sha256_of(folder / "model.safetensors"),
    )
    upstream = {f"staged_records@{NAME}": made.manifests.require("staged_records", NAME).data_version}
    trained = Manifest("sentiment_model", f"{NAME}|nbsvm", "run-s", "1", "f", "sv", upstream, {name: 7}, {name: hashes})
    made.manifests.save(trained)
    made.manifests.save(
        Manifest("review_sentiment", NAME, "run-s", "1", "f", "rv", {f"sentiment_model@{NAME}|nbsvm": "sv"})
    )
    row = {"dataset": NAME, "model": "nbsvm", "head": "binary", "fold": "test", "metric": "accuracy", "value": 0.9,
           "n": 7, "fit_seconds": 1.0, "parameters": 3}  # fmt: skip
    path = made.home.sentiment_metrics(NAME)
    path.parent.mkdir(parents=True)
    pd.DataFrame([row]).to_parquet(path, index=False)


def numbers(made: TrainedHome) -> dict[str, str]:
    """What is traced: a test metric, one of training, and one of a sentiment model."""
    found = answer(
        made.home.serving,
        "SELECT metric, metric_id FROM metrics WHERE model = 'bias' AND metric IN ('auc', 'valid_rmse') "
        "UNION ALL SELECT 'sentiment', metric_id FROM sentiment_metrics",
    )
    return dict(zip(found.metric, found.metric_id, strict=True))


@pytest.mark.parametrize(
    ("number", "through", "model"),
    [
        ("auc", ["judgement", "recommender", "folds", "interactions"], f"artifacts/{NAME}/bias"),
        ("valid_rmse", ["recommender", "folds", "interactions"], f"artifacts/{NAME}/bias"),
        ("sentiment", ["sentiment_model"], f"artifacts/sentiment/{NAME}"),
    ],
)
def test_a_number_ends_at_files_with_the_sha256_that_they_have(made, number, through, model):
    chain = answer(made.home.serving, "FROM trace($m)", {"m": numbers(made)[number]})
    assert [asset for asset in through if asset not in set(chain.asset)] == []
    raw = chain[chain.asset == "file"]
    assert {"ml-100k/u.data", "ml-100k/u.user", "ml-100k/u.item"} <= set(raw.partition)
    for row in raw.itertuples():
        assert sha256_of(made.home.raw_root(made.about) / row.partition) == row.data_version
    own = chain[(chain.asset == "artifact") & chain.partition.str.startswith(model)]
    assert any(path.endswith("model.safetensors") for path in own.partition)
    for row in own.itertuples():
        assert sha256_of(made.home.path / row.partition) == row.data_version
    steps = chain[~chain.asset.isin(["file", "artifact"])]
    assert steps.run_id.notna().all() and steps.code_version.notna().all()


def trace(made: TrainedHome, capsys, monkeypatch, *options: str) -> tuple[int, str, str]:
    monkeypatch.setenv("TRIFUSE_HOME", made.home.root)
    monkeypatch.setenv("TRIFUSE_RAW", made.home.raw)
    code = invoke(["trace", numbers(made)["auc"], *options])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_tree_stands_from_the_number_to_the_files(made, capsys, monkeypatch):
    code, out, err = trace(made, capsys, monkeypatch, "--verify")
    lines = [line.strip(" │├└─") for line in out.splitlines()]
    assert code == 0 and lines[0].startswith("metric auc = ")
    at = next(i for i, line in enumerate(lines) if line == "file ml-100k/u.data")
    assert lines[at + 1] == f"SHA-256 {sha256_of(made.ratings)}  equal"
    assert lines.index(f"recommender {CELL}") < lines.index(f"folds {NAME}") < lines.index(f"interactions {NAME}") < at
    assert "equal" in err and "differs" not in out


def test_vectors_name_their_encoder_and_its_revision(made, capsys, monkeypatch):
    query = "SELECT metric_id FROM metrics WHERE model = 'content' AND metric = 'auc'"
    (number,) = answer(made.home.serving, query).metric_id
    chain = answer(made.home.serving, "FROM trace($m)", {"m": number}).set_index("asset")
    identity = made.manifests.require("text_embeddings", NAME).metadata["identity"]
    assert chain.encoder["text_embeddings"] == f"tfidf-svd, revision {identity['revision']}"
    assert chain.encoder.drop(["text_embeddings", "user_embeddings"], errors="ignore").isna().all()
    monkeypatch.setenv("TRIFUSE_HOME", made.home.root)
    assert (
        invoke(["trace", number]) == 0 and f"by tfidf-svd, revision {identity['revision']}" in capsys.readouterr().out
    )


def test_what_changed_or_vanished_since_is_said_and_fails(made, capsys, monkeypatch):
    folder = made.home.artifacts / NAME / "bias" / PROTOCOL / "seed-0" / "plain"
    kept = {path: path.read_bytes() for path in (made.ratings, folder / "model.safetensors")}
    try:
        made.ratings.write_bytes(kept[made.ratings] + b"1\t1\t5\t1\n")
        (folder / "model.safetensors").unlink()
        code, out, err = trace(made, capsys, monkeypatch, "--verify", "--json")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    found = {row["partition"].split("/")[-1]: row["found"] for row in json.loads(out) if row["found"]}
    assert code == 1 and "1 differs" in err and "1 missing" in err
    assert found["u.data"] == "differs" and found["model.safetensors"] == "missing"
    assert found["u.item"] == "equal"


def test_of_equal_versions_the_chain_takes_the_one_that_was_made_before(made, tmp_path):
    """Two raw files that read the same: a number leads to the bytes of its own time, not to both."""
    other = TrainedHome(tmp_path)
    for hour, (raw, number) in enumerate([("a" * 64, "first"), ("b" * 64, "second")]):
        at = {"created_at": f"2026-01-01T0{hour}:00:00+00:00"}
        save = other.manifests.save
        save(Manifest("raw_files", NAME, "r", "1", raw, raw, {"file:ml-100k/u.data": raw}, **at))
        save(Manifest("staged_records", NAME, "r", "1", raw, "same", {f"raw_files@{NAME}": raw}, **at))
        save(Manifest("recommender", CELL, "r", "1", number, number, {f"staged_records@{NAME}": "same"}, **at))
    with duckdb.connect() as connection:
        from assets.lineage import publish_lineage
        from assets.warehouse import sql

        connection.execute(sql("serving/tables"))
        connection.execute(sql("macros"))
        publish_lineage(connection, other.manifests)
        for hour, number in enumerate(["first", "second"]):
            connection.execute(
                "INSERT INTO metrics (metric_id, dataset, model, protocol, seed, variant, metric, value, data_version, "
                "created_at) VALUES (?, ?, 'bias', ?, 0, '', 'valid_rmse', 1, ?, ?)",
                [number, NAME, PROTOCOL, number, f"2026-01-01 0{hour}:00:00"],
            )
            files = connection.execute("SELECT data_version FROM trace(?) WHERE asset = 'file'", [number]).fetchall()
            assert files == [(("a", "b")[hour] * 64,)]


def test_manifests_of_before_hashes_were_kept_can_still_be_read(made, tmp_path):
    path = tmp_path / "lake/manifests/thing/d/current.json"
    old = vars(Manifest("thing", "d", "r", "1", "f", "v", {}, {"x": 1}))
    write_json(path, {key: value for key, value in old.items() if key != "hashes"})
    assert Manifest(**read_json(path)).hashes == {}
