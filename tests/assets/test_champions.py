"""Who recommends: the sound winner on validation, or whom a person has set; and the way back."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from assets.champions import assets as champions
from assets.champions import candidates, versions
from assets.champions.history import ROLLED_BACK, SET, WON, History
from assets.champions.limits import Limit, limits
from assets.files import sha256_of
from orchestration.champion import _change
from orchestration.cli import invoke
from orchestration.tables import answer
from tests.assets.trained_home import NAME, PROTOCOL, TrainedHome

KEY = dg.MultiPartitionKey({"dataset": NAME, "protocol": PROTOCOL})


def judge(made: TrainedHome) -> dg.ExecuteInProcessResult:
    """Materialize challenger and champion with the check between them."""
    return dg.materialize(
        [champions.challenger, champions.champion, champions.challenger_is_sound],
        partition_key=KEY, resources={"home": made.home}, raise_on_error=False,
    )  # fmt: skip


def present(made: TrainedHome) -> tuple[str, bool, str]:
    """Model, whether it is pinned, and why it is the champion."""
    entry = History(made.home, NAME, PROTOCOL).present()
    return entry.model, entry.pinned, entry.why


def lists(made: TrainedHome) -> pd.DataFrame:
    """What recommend() answers for some users, from a new snapshot."""
    made.publish()
    return listed(made)


def listed(made: TrainedHome) -> pd.DataFrame:
    query = "FROM recommend($d, $u, 5)"
    return pd.concat(answer(made.home.serving, query, {"d": NAME, "u": user}) for user in ("1", "2", "7"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> TrainedHome:
    return TrainedHome(tmp_path_factory.mktemp("champions")).run("run-1")


def test_a_winner_that_is_not_sound_is_red_and_promotes_nobody(made, monkeypatch):
    never = limits().model_copy(update={"milliseconds_per_user": Limit(at_most=0, why="a test")})
    monkeypatch.setattr(candidates, "limits", lambda: never)
    monkeypatch.setattr(champions, "limits", lambda: never)
    result = judge(made)
    (found,) = result.get_asset_check_evaluations()
    assert not found.passed and not result.success
    assert [e.asset_key.to_user_string() for e in result.get_asset_materialization_events()] == ["challenger"]
    assert History(made.home, NAME, PROTOCOL).present() is None
    board = "SELECT model FROM metrics WHERE metric = 'valid_rmse' ORDER BY value LIMIT 1"
    assert set(lists(made).model) == set(answer(made.home.serving, board).model), "until then the best recommends"


def test_the_sound_winner_recommends_and_a_second_run_changes_nothing(made):
    result = judge(made)
    assert result.success and all(e.passed for e in result.get_asset_check_evaluations())
    model, pinned, why = present(made)
    assert model.startswith("item-cf@") and not pinned and why == WON
    assert set(lists(made).model) == {"item-cf"}
    again = [e.materialization.metadata["computed"].value for e in judge(made).get_asset_materialization_events()]
    assert again == [False, False] and len(History(made.home, NAME, PROTOCOL).entries()) == 1


def test_a_prediction_that_is_no_number_is_found(made):
    contest = candidates.Contest(made.home, NAME, PROTOCOL)
    board = contest.board()
    winner = contest.winner(board)
    path = candidates.Cell.parse(winner.partition).folder(made.home) / "predictions.parquet"
    kept = path.read_bytes()
    try:
        rows = pd.read_parquet(path)
        rows.loc[3, "prediction"] = np.nan
        path.unlink()  # the kept version has the same file
        rows.to_parquet(path, index=False)
        failed = {gate.name: gate.found for gate in contest.gates(winner, board) if not gate.passed}
    finally:
        path.write_bytes(kept)
    assert set(failed) == {"finite"} and failed["finite"].startswith("1 of")


def test_a_winner_no_better_than_the_baselines_is_found_though_they_were_not_trained(made, tmp_path):
    contest = candidates.Contest(made.home, NAME, PROTOCOL)
    trained = contest.board()
    contest.cells = {"item-cf": contest.cells["item-cf"]}
    assert contest.board() == pytest.approx(trained, abs=1e-6)
    worse = trained | {"item-cf": trained["bias"]}
    assert not contest._beats("item-cf", worse).passed and contest._beats("item-cf", trained).passed


def command(made: TrainedHome, monkeypatch, *options: str) -> int:
    for name, value in (("HOME", made.home.root), ("RAW", made.home.raw), ("DEVICE", "cpu"), ("THREADS", "1")):
        monkeypatch.setenv(f"TRIFUSE_{name}", value)
    return invoke(["champion", NAME, "--protocol", PROTOCOL, *options])


def change(made: TrainedHome, rollback: bool = False) -> None:
    """What the command does before it publishes: roll back, or release."""
    _change(made.home, NAME, PROTOCOL, None, rollback)
    judge(made)


def test_a_rollback_brings_the_old_lists_back_and_lasts_until_it_is_released(made, monkeypatch, capsys):
    judge(made)
    first, old = present(made)[0], lists(made)
    made.rate_one_more()
    made.run("run-2")
    judge(made)
    second, new = present(made)[0], lists(made)
    assert first != second and not old.score.equals(new.score)

    assert command(made, monkeypatch, "--rollback") == 0
    assert present(made) == (first, True, ROLLED_BACK) and "pinned" in capsys.readouterr().out
    pd.testing.assert_frame_equal(listed(made), old)
    made.rate_one_more()
    made.run("run-3")
    assert judge(made).success and present(made)[:2] == (first, True), "a refresh leaves it"
    pd.testing.assert_frame_equal(lists(made), old)

    change(made, rollback=True)
    assert present(made)[0] == second
    pd.testing.assert_frame_equal(lists(made), new)
    change(made)
    third, pinned, why = present(made)
    assert third not in (first, second) and not pinned and why == WON
    assert command(made, monkeypatch, "--set", "bias") == 0
    assert present(made)[0].startswith("bias@") and present(made)[1:] == (True, SET)
    assert set(listed(made).model) == {"bias"}
    capsys.readouterr()
    assert command(made, monkeypatch, "--set", "bias@ffff") == 1
    assert "kept are: bias@" in capsys.readouterr().err


def test_every_version_is_listed_with_its_files_and_old_ones_are_bounded(made, monkeypatch):
    """After the three versions of the test above, of which one was rolled back to and the last set by hand."""
    monkeypatch.setattr(versions, "VERSIONS_KEPT", 1)
    assert versions.collect(made.home, NAME), "there is something to delete"
    made.publish()
    rows = answer(made.home.serving, "FROM model_versions ORDER BY model, number")
    items = rows[rows.model == "item-cf"]
    assert list(items.number) == [1, 2, 3] and list(items.current) == [False, False, True]
    champion_before = History(made.home, NAME, PROTOCOL).before().version
    gone = items[items.folder.isna()]
    assert len(gone) and champion_before not in set(gone.version)
    for row in rows[rows.folder.notna()].itertuples():
        for file in row.files:
            assert sha256_of(made.home.path / row.folder / file["path"].rpartition("/")[2]) == file["sha256"]
    assert list(rows[rows.champion].model) == ["bias"]


@pytest.mark.parametrize(
    ("text", "named"), [('[quickness]\nat_most = 1\nwhy = "x"', "calibration_slope"), ("", "calibration_slope")]
)
def test_a_bad_file_of_limits_names_the_file_and_the_key(tmp_path, text, named):
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"limits.toml: {named}"):
        limits(path)
