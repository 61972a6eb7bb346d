"""What a killed command leaves behind on the Dagster instance is put right by the next one."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from unittest import mock

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.events import EngineEventData
from dagster._core.test_utils import create_run_for_test

from assets.processes import this_process
from assets.studies.declared import STUDIES
from orchestration import plan
from orchestration.cli import invoke
from orchestration.demo import side_by_side
from orchestration.instance import OWNER_TAG, close_orphans, open_instance, ui_lock
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    return Settings(home=tmp_path)


def test_runs_of_dead_processes_are_closed_and_their_slots_given_back(settings):
    machine, pid, _ = this_process().split("-")
    with open_instance(settings) as instance:
        dead, alive = (
            create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED, tags={OWNER_TAG: tag})
            for tag in (f"{machine}-{pid}-1", this_process())
        )
        older = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED, tags={OWNER_TAG: pid})
        instance.event_log_storage.initialize_concurrency_limit_to_default("gpu")
        assert instance.event_log_storage.claim_concurrency_slot("gpu", dead.run_id, "step").is_claimed
    with open_instance(settings) as instance:
        assert instance.get_run_by_id(dead.run_id).status == DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(older.run_id).status == DagsterRunStatus.FAILURE, "as a version before named it"
        assert instance.get_run_by_id(alive.run_id).status == DagsterRunStatus.STARTED
        assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 0


def test_runs_that_the_ui_launched_are_closed_when_their_worker_is_gone(settings):
    ended = subprocess.Popen(["true"])
    ended.wait()
    with open_instance(settings) as instance:
        pids = {"dead": ended.pid, "alive": os.getpid(), "silent": None}
        runs = {name: create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED) for name in pids}
        for name, pid in pids.items():
            if pid:
                instance.report_engine_event("Started process", runs[name], EngineEventData.in_process(pid))
        with mock.patch("orchestration.instance._is_dagster", lambda pid: pid == os.getpid()):
            close_orphans(instance)
        now = {name: instance.get_run_by_id(run.run_id).status.value for name, run in runs.items()}
        assert now == {"dead": "FAILURE", "alive": "STARTED", "silent": "STARTED"}


def test_the_runs_of_a_running_ui_are_left_alone(settings):
    with open_instance(settings) as instance:
        run = create_run_for_test(instance, job_name="x", status=DagsterRunStatus.STARTED)
        ended = subprocess.Popen(["true"])
        ended.wait()
        instance.report_engine_event("Started process", run, EngineEventData.in_process(ended.pid))
        with ui_lock(settings), open_instance(settings):
            assert instance.get_run_by_id(run.run_id).status == DagsterRunStatus.STARTED
        with open_instance(settings):
            assert instance.get_run_by_id(run.run_id).status == DagsterRunStatus.FAILURE


def test_a_stage_that_computes_waits_for_the_device_and_says_so(settings):
    told: list[str] = []
    computing, other = (plan.Stage("x", dg.AssetSelection.assets("metrics"), computes=value) for value in (True, False))
    with open_instance(settings) as instance:
        storage = instance.event_log_storage
        run = create_run_for_test(
            instance, job_name="x", status=DagsterRunStatus.STARTED, tags={OWNER_TAG: this_process()}
        )
        storage.initialize_concurrency_limit_to_default("gpu")
        plan._wait(computing, instance, told.append)
        assert not told
        assert storage.claim_concurrency_slot("gpu", run.run_id, "step").is_claimed
        plan._wait(other, instance, told.append)
        assert len(told) == 1 and "the pool gpu" in told[0]
        ended = threading.Timer(1.5, storage.free_concurrency_slots_for_run, (run.run_id,))
        ended.start()
        began = time.monotonic()
        plan._wait(computing, instance, told.append)
        assert 1 < time.monotonic() - began < 60


def test_the_demo_computes_side_by_side_and_leaves_the_pool_as_it_was(settings):
    def limits() -> dict[str, int]:
        with open_instance(settings) as instance:
            return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}

    assert "gpu" not in limits(), "dagster.yaml decides"
    with pytest.raises(KeyboardInterrupt), side_by_side(settings, 2):
        assert limits()["gpu"] == 2
        raise KeyboardInterrupt
    assert "gpu" not in limits()


@dg.asset
def winner() -> None: ...


@dg.asset_check(asset=winner, blocking=True)
def sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


def test_a_red_winner_ends_its_own_stage_and_nothing_else(settings, monkeypatch):
    monkeypatch.setattr(plan, "assets_and_checks", lambda _settings: [winner, sound])
    stages = [plan.Stage("champion x", dg.AssetSelection.assets("winner"), goes_on=True)] * 2
    monkeypatch.setattr(plan, "stages", lambda request: stages)
    said = []
    assert plan.run(plan.Request("sample-movies"), settings, said.append)["computed"] == 2
    assert said.count("champion x stays who it was: sound is red") == 2
    monkeypatch.setattr(plan, "stages", lambda request: [plan.Stage("x", dg.AssetSelection.assets("winner"))])
    monkeypatch.setattr(plan, "_show_checks", lambda *_: None)
    with pytest.raises(plan.RunFailed, match="winner: sound"):
        plan.run(plan.Request("sample-movies"), settings, said.append)


def test_until_cuts_the_stages_off_and_models_are_those_asked_for():
    titles = [stage.title for stage in plan.stages(plan.Request("ml-100k", until="embeddings"))]
    assert titles == ["data"]
    request = plan.Request("ml-100k", models=("bias", "svd"), protocols=("u1",), seeds=(3,))
    stages = list(plan.stages(request))
    titles = [stage.title for stage in stages]
    assert titles == ["data", "bias", "svd", "recommendations", "evaluation and reports", "champion u1", "serving"]
    assert stages[0].config["folds"]["config"] == {"protocols": ["u1"], "seeds": [3]}
    assert stages[1].partition.keys_by_dimension == {"dataset": "ml-100k", "model": "bias"}


def test_since_leaves_out_what_comes_before():
    titles = [stage.title for stage in plan.stages(plan.Request("ml-100k", since="serving"))]
    assert titles == ["serving"]
    titles = [stage.title for stage in plan.stages(plan.Request("ml-100k", models=("bias",), since="recommenders"))]
    judged = ["evaluation and reports", "champion xia2024", "champion u1"]
    assert titles == ["bias", "recommendations", *judged, "serving"]


def test_sentiment_models_are_those_asked_for_or_the_quick_ones():
    unasked = [stage.title for stage in plan.stages(plan.Request("sample-shop", until="sentiment"))]
    assert unasked == [
        "data",
        "further texts",
        *(f"sentiment {name}" for name in plan.QUICK),
        "sentiment of the reviews",
    ]
    asked = list(plan.stages(plan.Request("sample-shop", models=("bilstm",))))
    assert [s.title for s in asked] == [
        "data",
        "further texts",
        "sentiment bilstm",
        "sentiment of the reviews",
        "serving",
    ]
    assert [s.reviews for s in asked] == [False, False, True, True, False]


def test_studies_run_after_the_recommenders_and_only_if_they_are_asked_for():
    request = plan.Request("ml-100k", models=("bias",), protocols=("xia2024",), studies=("decay", "data-size"))
    stages = list(plan.stages(request))
    titles = [stage.title for stage in stages]
    assert titles[2:5] == ["recommendations", "study decay", "study data-size"] and titles[5:7] == [
        "evaluation and reports",
        "champion xia2024",
    ]
    assert stages[3].partition.keys_by_dimension == {"dataset": "ml-100k", "study": "decay"}
    assert stages[3].config["study"]["config"]["protocols"] == ["xia2024"]
    assert [s.study for s in plan.stages(plan.Request("ml-100k", studies=("all",))) if s.study] == list(STUDIES)
    assert not [s for s in plan.stages(plan.Request("ml-100k")) if s.study]


def test_a_study_varies_the_models_asked_for_and_all_of_its_own_where_it_has_none_of_them():
    asked = plan.Request("ml-100k", models=("bert-cnn-mlp",), studies=("ablation", "knock-outs")).studied
    assert asked == {"ablation": ["bert-cnn-mlp"], "knock-outs": []}
    every = plan.Request("ml-100k", models=("bert-cnn-mlp",), studies=("all",)).studied
    assert "knock-outs" not in every and every["depth"] == ["bert-cnn-mlp"]


def test_all_passes_over_the_study_whose_other_dataset_is_not_there_and_its_name_is_refused(settings, monkeypatch):
    request = plan.Request("sample-movies", studies=("all",))
    stages = [stage for stage in plan.stages(request) if stage.study == "cross-dataset"]
    monkeypatch.setattr(plan, "stages", lambda request: stages)
    said = []
    assert plan.run(request, settings, said.append) == {"computed": 0, "unchanged": 0}
    why = "`trifuse run sample-shop --until embeddings` first"
    assert len(said) == 1 and "cross-dataset is passed over" in said[0] and why in said[0]
    with pytest.raises(plan.RunFailed, match=why):
        plan.run(plan.Request("sample-movies", studies=("cross-dataset",)), settings, said.append)


@pytest.mark.parametrize("wrong", [["--studies", "depht"], ["--studies", "depth", "--until", "embeddings"]])
def test_studies_that_are_unknown_or_would_not_run_are_bad_usage(wrong, capsys):
    assert invoke(["run", "sample-shop", *wrong]) == 2
    assert "stud" in capsys.readouterr().err


def test_help_says_what_each_study_is(capsys):
    assert invoke(["run", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(f"{study.name} {study.description[:20]}" in said for study in STUDIES.values())


def test_what_the_command_trains_it_trains_on_all_that_there_is():
    now = {"config": {"now": True}}
    data, *_ = plan.stages(plan.Request("sample-shop", models=("bias",)))
    assert data.config["retraining_trigger"] == now
    for without in ({"until": "embeddings"}, {"models": ("nbsvm",)}):
        data, *_ = plan.stages(plan.Request("sample-shop", **without))
        assert "retraining_trigger" not in data.config
