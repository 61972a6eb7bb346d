"""From raw files to a published snapshot by the command line: the embedded places, killed on the way and run again."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import duckdb
import pytest

from assets.files import sha256_of
from orchestration.cli import invoke
from orchestration.condition import examine_home
from orchestration.settings import Settings
from tests.orchestration.test_serving import documented

DATASET = "sample-places"
SEEING = {("poster-transformer", "cro"), ("early-fusion", ""), ("fusion-stack", "")}
"""Models that look at pictures; the others look at ratings."""
MODELS = ("popularity", "bias", "svd", "ials", "neumf", *(name for name, _ in sorted(SEEING)))
"""One of each family: the contract tests train all the others."""
SENTIMENT = ("majority", "nbsvm")
RUN = ["run", DATASET, "--protocol", "xia2024", "--seeds", "0", "--models", ",".join((*MODELS, *SENTIMENT))]
TABLES = ("items", "users", "interactions", "reviews", "images", "rejects", "predictions", "recommendations")
TABLES += ("review_sentiment", "contradictions")
pytestmark = pytest.mark.end_to_end


@cache
def temporary() -> tempfile.TemporaryDirectory:
    """Temporary files of these runs alone: what other killed processes of the machine left is not counted here."""
    return tempfile.TemporaryDirectory(prefix="e2e-")


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TRIFUSE_", "DAGSTER_"))}
    encoders = {"TRIFUSE_TEXT_ENCODER": "tfidf-svd", "TRIFUSE_IMAGE_ENCODER": "color-gradient-histogram"}
    # One thread: sums in another order would make the last digits differ between the runs that are compared.
    computing = {"TRIFUSE_DEVICE": "cpu", "TRIFUSE_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return kept | encoders | computing | {"TRIFUSE_HOME": str(home), "TMPDIR": temporary().name}


def trifuse(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(home), timeout=500, check=False)


def contents(home: Path) -> dict[str, list]:
    """Every table that holds no times of day, sorted."""
    with duckdb.connect(str(home / "serving.duckdb"), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


def stop_when(home: Path, word: str, how: signal.Signals) -> str:
    """Start the run, send the signal as soon as a line of progress holds the word; returns what was said after it."""
    command = [sys.executable, "-m", "orchestration.cli", *RUN]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment(home), start_new_session=True
    )
    for line in process.stderr:
        if word in line:
            break
    process.send_signal(how)
    said = process.stderr.read()
    assert process.wait(60) == (1 if how == signal.SIGINT else -how), "it ended before it could be stopped"
    process.stderr.close()
    return said


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home in which the run went undisturbed."""
    home = tmp_path_factory.mktemp("home")
    done = trifuse(home, *RUN)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "poster-transformer" in done.stdout and "index.html" in done.stdout
    return home


def rows(home: Path, query: str) -> list[dict]:
    """What `trifuse sql` answers; in this process, as starting one takes longer than any query."""
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(io.StringIO()) as said:
        patched.setenv("TRIFUSE_HOME", str(home))
        assert invoke(["sql", query, "--format", "json"]) == 0
    return json.loads(said.getvalue())


def test_stopped_and_killed_on_the_way_it_ends_with_the_same_tables(home, tmp_path, monkeypatch):
    said = stop_when(tmp_path, "inspected 1,000", signal.SIGINT)
    assert "same command again" in said and "Traceback" not in said
    for word in ("inspected 1,000", "folds sample-places: done", "epoch 2"):
        stop_when(tmp_path, word, signal.SIGKILL)
    done = trifuse(tmp_path, *RUN)
    assert done.returncode == 0, done.stderr[-3000:]
    assert contents(tmp_path) == contents(home)
    monkeypatch.setattr(tempfile, "tempdir", temporary().name)
    assert not [c.what for c in examine_home(Settings(home=tmp_path), repair=False) if not c.ok], (
        "nothing is left behind"
    )


def test_a_second_run_computes_nothing(home):
    started = time.monotonic()
    done = trifuse(home, *RUN)
    assert done.returncode == 0 and "nothing has changed, nothing was computed" in done.stdout
    assert time.monotonic() - started < 120, "nothing to do may not take minutes"


def test_models_that_see_pictures_beat_all_others_with_intervals_that_do_not_overlap(home):
    board = {(r["model"], r["variant"]): r for r in rows(home, f"from leaderboard('{DATASET}', 'rmse')")}
    seeing = [board.pop(name) for name in SEEING]
    assert ("poster-transformer", "sin") in board and len(board) == len(MODELS) - 2
    for other in board.values():
        assert all(one["ci_high"] < other["ci_low"] for one in seeing), other


def test_every_review_has_its_sentiment_and_the_words_are_believed(home):
    of_fold = rows(
        home,
        "select fold, count(*) as n, avg(((probability > 0.5) = (rating > 3))::int) as accuracy "
        "from review_sentiment join interactions using (dataset, review_id) group by fold",
    )
    assert {row["fold"] for row in of_fold} == {"train", "valid", "test"}
    assert all(row["accuracy"] > 0.8 for row in of_fold)
    (counted,) = rows(
        home, "select (select count(*) from reviews) as written, (select count(*) from review_sentiment) as scored"
    )
    assert counted["written"] == counted["scored"] > 0
    board = rows(home, "from sentiment_metrics where head = 'stars' and fold = 'test' and metric = 'accuracy'")
    accuracy = {row["model"]: row["value"] for row in board}
    assert accuracy["nbsvm"] > accuracy["majority"] + 0.2
    assert "What the reviews say" in (home / "reports" / DATASET / "content.html").read_text()


def test_every_question_of_the_docs_has_an_answer(home):
    questions = documented(DATASET)
    assert len(questions) == 21, "twenty, and what the columns mean"
    for question in questions:
        assert rows(home, question), question


def test_every_file_is_accounted_for(home):
    for audit in rows(home, "from ingest_audit"):
        assert audit["rows_read"] == audit["rows_loaded"] + audit["rows_rejected"] + audit["rows_duplicate"], audit
    truth = json.loads((home / f"landing/samples/{DATASET}/{DATASET}.truth.json").read_text())
    assert truth["name"] == DATASET
    assert rows(home, "select count(*) as n from rejects")[0]["n"] >= 20


def test_each_model_was_held_against_the_test_once_and_judged_by_slice(home):
    reads = rows(home, "select model, variant, count(*) as n from test_reads group by all")
    assert {(row["model"], row["variant"]) for row in reads} >= SEEING and {row["n"] for row in reads} == {1}
    sizes = rows(home, "select model, variant, sum(n) as n from metric_slices where slice like '%picture' group by all")
    tested = rows(home, "select distinct n from metrics where metric = 'rmse'")
    assert {row["n"] for row in sizes} == {row["n"] for row in tested} and len(sizes) == len(reads)


def test_trace_ends_at_files_whose_hash_is_right(home):
    metric = rows(home, f"from leaderboard('{DATASET}', 'rmse')")[0]["metric_id"]
    done = trifuse(home, "trace", metric, "--verify", "--json")
    assert done.returncode == 0, done.stderr
    chain = {(row["asset"], row["partition"]): row for row in json.loads(done.stdout)}
    for name in ("yelp/yelp_academic_dataset_review.json", "yelp/yelp_academic_dataset_business.json"):
        digest = sha256_of(home / "landing" / "samples" / DATASET / name)
        assert chain["file", name]["data_version"] == digest
    assert ("image_embeddings", DATASET) in chain
    assert {row["found"] for (asset, _), row in chain.items() if asset in ("file", "artifact")} == {"equal"}
    assert trifuse(home, "trace", "no-such-id").returncode == 1


def test_recommendations_leave_out_what_was_rated_and_say_why(home):
    user = rows(home, "select user_id from users order by interactions desc limit 1")[0]["user_id"]
    listed = rows(home, f"from recommend('{DATASET}', '{user}', 10)")
    assert [r["rank"] for r in listed] == list(range(1, 11)) and listed[0]["model"] in dict(SEEING)
    assert all("which you liked" in r["why"] for r in listed)
    seen = {r["item_id"] for r in rows(home, f"select item_id from interactions where user_id = '{user}'")}
    assert not seen & {r["item_id"] for r in listed}
    done = trifuse(home, "recommend", DATASET, user, "-k", "3", "--model", "svd")
    assert done.returncode == 0 and "svd" in done.stdout
    assert trifuse(home, "recommend", DATASET, "nobody").returncode == 1


def test_similar_items_share_the_picture_or_the_words(home):
    item = rows(home, "select item_id from items where has_image order by item_id limit 1")[0]["item_id"]
    near = rows(home, f"from similar_items('{DATASET}', '{item}', 5)")
    assert len(near) == 5 and near[0]["similarity"] >= near[-1]["similarity"] > 0


def test_formats_and_exit_statuses(home, tmp_path):
    text = trifuse(home, "sql", "select 1 as a, 'x,y' as b", "--format", "csv").stdout
    assert list(csv.DictReader(io.StringIO(text))) == [{"a": "1", "b": "x,y"}]
    assert trifuse(home, "sql", "select nonsense").returncode == 1
    assert trifuse(home, "run", "no-such-dataset").returncode == 2
    assert trifuse(home, "run", DATASET, "--models", "no-such-model").returncode == 2
    nothing = trifuse(tmp_path, "sql", "select 1")
    assert nothing.returncode == 1 and "make demo" in nothing.stderr and "Traceback" not in nothing.stderr


def test_readers_never_meet_a_lock_while_a_refresh_writes(home):
    with duckdb.connect(str(home / "warehouse.duckdb")):
        done = trifuse(home, "sql", "select count(*) as n from items", "--format", "json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["n"] > 0


def test_doctor_says_that_the_demo_can_run(home):
    done = trifuse(home, "doctor")
    assert done.returncode == 0 and "the demo can run" in done.stdout and "ml-1m" in done.stdout


def test_a_dataset_without_files_says_how_to_get_them(tmp_path):
    done = trifuse(tmp_path, "run", "yelp")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "yelp_dataset.tar" in done.stderr


def test_a_failure_is_told_in_the_words_of_the_step_not_of_what_it_came_from(tmp_path):
    folder = tmp_path / "raw" / "amazon" / "2014"
    folder.mkdir(parents=True)
    (folder / "reviews_Musical_Instruments_5.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    command = [
        sys.executable,
        "-m",
        "orchestration.cli",
        "run",
        "amazon-2014-musical_instruments",
        "--until",
        "staging",
    ]
    there = environment(tmp_path / "home") | {"TRIFUSE_RAW": str(tmp_path / "raw")}
    done = subprocess.run(command, capture_output=True, text=True, env=there, timeout=100, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "reviews_Musical_Instruments_5.json cannot be read: it is a Git LFS pointer" in done.stderr
