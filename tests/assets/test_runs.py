"""What changed between two runs, and what that did to each number."""

from __future__ import annotations

import json

import dagster as dg
import pytest

from assets import judging
from assets.reports.rendering import written
from assets.runs import states
from assets.runs.assets import COMMAND_TAG, SHOWN, run_history, summary
from assets.runs.comparing import Comparison, compare
from models.registry import recommender
from orchestration.cli import invoke
from orchestration.tables import answer
from tests.assets.trained_home import NAME, TrainedHome

MODELS = ("global-mean", "bias", "item-cf")
COMMANDS = ("11111111-a", "22222222-a", "33333333-a")


def record(made: TrainedHome, command: str) -> bool:
    """Materialize the history; whether that had to be computed."""
    result = dg.materialize(
        [run_history], partition_key=NAME, resources={"home": made.home}, tags={COMMAND_TAG: command}
    )
    return result.get_asset_materialization_events()[0].materialization.metadata["computed"].value


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> TrainedHome:
    """Three runs: a first, one with another rating and another parameter, one with other code of a model."""
    made = TrainedHome(tmp_path_factory.mktemp("runs"))
    made.run("a" * 12, MODELS)
    assert record(made, COMMANDS[0]) and not record(made, "nothing has changed")
    made.rate_one_more()
    made.settings = {"item-cf": {"neighbours": [3]}}
    made.run("b" * 12, MODELS)
    assert record(made, COMMANDS[1])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recommender("bias"), "version", "9")
        patched.setattr(judging, "JUDGEMENT_VERSION", "99")
        made.run("c" * 12, MODELS)
        assert record(made, COMMANDS[2])
    return made


def compared(made: TrainedHome, before: int, after: int) -> Comparison:
    kept = [states.load(*one) for one in states.kept(made.home, NAME)]
    return compare(kept[before], kept[after])


def test_the_file_and_the_parameter_are_named_and_each_number_has_its_own_reasons(made):
    found = compared(made, 0, 1)
    told = {(d.kind, d.what): i for i, d in enumerate(found.differences)}
    assert set(told) == {("data", "file ml-100k/u.data"), ("parameters", "recommender item-cf: neighbours")}
    file, parameter = told["data", "file ml-100k/u.data"], told["parameters", "recommender item-cf: neighbours"]
    assert found.differences[parameter].after == "[3]"
    rows = next(e for e in found.changed if e.number["kind"] == "rows" and e.metric == "interactions")
    assert rows.change == 1 and rows.because == (file,) and rows.verdict == ""
    of_model = {(e.number["model"], e.metric): e for e in found.changed}
    assert of_model["bias", "valid_rmse"].because == (file,)
    assert of_model["item-cf", "valid_rmse"].because == tuple(sorted((file, parameter)))
    before, after = (states.load(*one).numbers for one in states.kept(made.home, NAME)[:2])
    for e in (of_model["bias", "valid_rmse"], of_model["item-cf", "valid_mae"]):
        was, now = (
            n[(n.model == e.number["model"]) & (n.metric == e.number["metric"])].value.item() for n in (before, after)
        )
        assert (e.before, e.after) == (was, now)
        assert e.verdict == "better" if now < was else "worse"
    assert not found.came and not found.went


def test_the_ui_is_told_the_numbers_that_changed_most(made):
    found = compared(made, 0, 1)
    told = summary(found)
    assert (
        "| parameters | recommender item-cf: neighbours |" in told and f"{len(found.changed)} numbers changed" in told
    )
    rows = told.partition("numbers changed")[2].splitlines()[4:]
    assert len(found.changed) > SHOWN and len(rows) == SHOWN
    first = next(e for e in found.changed if e.verdict)
    assert f"| {first.label} | {first.metric} | {first.before:.5g} | {first.after:.5g} | {first.verdict} |" in rows


def test_code_that_changed_no_number_is_told_all_the_same(made):
    found = compared(made, 1, 2)
    told = {(d.kind, d.what): d.after for d in found.differences}
    assert told == {("code", "judgement"): "99", ("code", "recommender bias"): "2.9"}
    assert not found.changed and found.same > 10


def test_numbers_that_come_and_go_and_libraries_are_told(made):
    before, after = (states.load(*one) for one in states.kept(made.home, NAME)[1:])
    after.numbers = after.numbers[after.numbers.model != "bias"]
    before.numbers = before.numbers[before.numbers.model != "item-cf"]
    before.about.libraries["numpy"] = "1.0"
    found = compare(before, after)
    assert {e.number["model"] for e in found.went} == {"bias"} and {e.number["model"] for e in found.came} == {
        "item-cf"
    }
    assert ("library", "numpy", "1.0") in {(d.kind, d.what, d.before) for d in found.differences}


def told(made: TrainedHome, monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setenv("TRIFUSE_HOME", made.home.root)
    code = invoke(["diff", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_runs_are_found_by_the_beginning_of_any_of_their_ids(made, monkeypatch, capsys, tmp_path):
    code, out, _ = told(made, monkeypatch, capsys)
    assert code == 0 and "run 22222222" in out and "run 33333333" in out, "the last two"
    for asked in (("1111", "2222"), ("aaaa", "bbbb")):
        code, out, _ = told(made, monkeypatch, capsys, *asked, "--json")
        (one,) = json.loads(out)
        assert (one["before"], one["after"]) == ("11111111", "22222222")
        assert {d["what"] for d in one["differences"]} == {"file ml-100k/u.data", "recommender item-cf: neighbours"}
    code, out, _ = told(made, monkeypatch, capsys, "1111", "2222")
    assert "file ml-100k/u.data" in out and "neighbours" in out and "valid_rmse" in out
    code, _, err = told(made, monkeypatch, capsys, "dddd")
    assert code == 1 and "no run 'dddd' is kept" in err
    assert told(made, monkeypatch, capsys, "1", "2", "3")[0] == 2
    assert told(made, monkeypatch, capsys, "1111", "2222", "--page", str(tmp_path / "page.html"))[0] == 0
    assert "ml-100k/u.data" in (tmp_path / "page.html").read_text()


def test_the_snapshot_has_every_number_as_it_was_after_each_run(made):
    query = "SELECT run, value FROM metric_history WHERE metric = 'interactions' ORDER BY recorded_at"
    found = answer(made.publish(), query)
    assert list(found.run) == ["11111111", "22222222", "33333333"] and list(found.value.diff()[1:]) == [1, 0]
    assert answer(made.home.serving, "SELECT count(*) AS n FROM runs").n[0] == 3
    uncommented = "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name IN "
    own = "('champions', 'model_versions', 'lineage_files', 'runs', 'metric_history')"
    assert answer(made.home.serving, uncommented + own).empty


def test_an_id_that_is_not_unique_asks_for_more(made, monkeypatch, capsys):
    from orchestration.diff import _find

    ((_, place), *_) = states.kept(made.home, NAME)
    ids = ["f1", "f2"]
    about = states.About(NAME, "x", "", "2026-01-01T00:00:00+00:00", {}, ids)
    with pytest.raises(LookupError, match=r"several runs begin with 'f' \(f1, f2\)"):
        _find({NAME: [(about, place)]}, "f")


def test_the_page_escapes_what_comes_from_data_and_says_which_difference_is_behind_a_number(made):
    found = compared(made, 0, 1)
    found.changed[0].number["model"] = "<script>alert(1)</script>"
    page = written("changes.html.j2", {"c": found})
    assert "<script>alert(1)" not in page and "&lt;script&gt;" in page
    assert page.count('<a href="#d1">1</a>') > 5 and 'id="d2"' in page
    assert (made.home.reports / "changes" / f"{NAME}.html").exists(), "the last two runs' page is made by itself"


def test_only_the_latest_states_are_kept(made, monkeypatch):
    monkeypatch.setattr(states, "STATES_KEPT", 2)
    states.keep(made.home, states.load(*states.kept(made.home, NAME)[-1]))
    assert [about.name for about, _ in states.kept(made.home, NAME)] == ["22222222", "33333333"]
