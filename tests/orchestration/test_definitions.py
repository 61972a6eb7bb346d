"""The definitions load fast, as they import Dagster, DuckDB and numpy alone, and hold what the house plan says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets.partitions import BY_DATASET

HOUSE = ["assets", "models", "orchestration"]
ASSETS = {
    "01_raw": {"raw_files"},
    "02_staging": {"staged_records"},
    "03_pictures": {"fetched_pictures"},
    "04_catalog": {"users", "items", "interactions", "reviews", "images", "media"},
    "05_splits": {"folds"},
    "07_embeddings": {
        "text_embeddings",
        "image_embeddings",
        "audio_embeddings",
        "video_embeddings",
        "review_embeddings",
        "user_embeddings",
        "retraining_trigger",
    },
    "08_sentiment": {"further_texts", "sentiment_model", "review_sentiment", "contradictions"},
    "09_recommenders": {"recommender", "recommendations"},
    "13_champions": {"challenger", "champion"},
    "10_studies": {"study"},
    "11_evaluation": {"metrics", "run_history"},
    "06_validation": {"data_docs"},
    "12_reports": {"report", "report_index", "user_profiles_over_time"},
    "14_serving": {"serving_snapshot"},
    "15_upkeep": {"retention"},
}


@pytest.fixture
def definitions(monkeypatch, tmp_path) -> dg.Definitions:
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    from orchestration.definitions import definitions

    return definitions()


def test_loading_imports_nothing_that_dagster_duckdb_and_numpy_do_not(tmp_path):
    code = """
import json, sys
import dagster, duckdb, numpy
import sqlalchemy  # by which Dagster opens its history
def packages():
    return {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
floor = packages()
from orchestration.definitions import definitions
definitions().resolve_all_asset_specs()
print(json.dumps(sorted(packages() - floor)))
"""
    environment = {"TRIFUSE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == HOUSE


def test_every_asset_stands_in_its_group_with_owner_and_description(definitions):
    specs = list(definitions.resolve_all_asset_specs())
    groups = {}
    for spec in specs:
        groups.setdefault(spec.group_name, set()).add(spec.key.to_user_string())
        assert spec.owners and spec.description and spec.kinds and spec.code_version, spec.key
    assert groups == ASSETS


def test_every_asset_is_linked_to_the_line_of_its_code(definitions):
    for spec in definitions.resolve_all_asset_specs():
        (place,) = spec.metadata["dagster/code_references"].code_references
        line = Path(place.file_path).read_text().splitlines()[place.line_number - 1]
        assert line.lstrip().startswith(("@dg.asset", "@dg.multi_asset", "def ")), (spec.key, line)


def test_assets_with_numbers_lead_to_the_reports(definitions, tmp_path):
    found = {s.key.to_user_string(): s.metadata.get("reports") for s in definitions.resolve_all_asset_specs()}
    assert found["metrics"] == found["recommender"] == dg.MetadataValue.path(str(tmp_path / "reports/index.html"))
    assert found["raw_files"] is None and found["retention"] is None


def test_with_an_address_of_the_repository_the_links_lead_there(monkeypatch, tmp_path):
    address = "https://github.com/some/where"
    for name, value in {"HOME": str(tmp_path), "GIT_URL": address, "GIT_BRANCH": "night"}.items():
        monkeypatch.setenv(f"TRIFUSE_{name}", value)
    from orchestration.definitions import definitions

    specs = definitions().resolve_all_asset_specs()
    urls = {s.key.to_user_string(): s.metadata["dagster/code_references"].code_references[0].url for s in specs}
    assert re.fullmatch(rf"{address}/tree/night/assets/upkeep/assets\.py#L\d+", urls["retention"])
    assert re.fullmatch(rf"{address}/tree/night/assets/ingest/assets\.py#L\d+", urls["raw_files"])


def test_partitions_jobs_schedule_and_sensor(definitions):
    repository = definitions.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs()}
    assert {f"refresh_{name.replace('-', '_')}" for name in BY_DATASET.get_partition_keys()} <= jobs
    assert {"train_recommender", "train_sentiment_model", "run_study", "measure_and_publish"} <= jobs
    assert all(one.description for one in (*repository.schedule_defs, *repository.sensor_defs))
    assert [schedule.name for schedule in repository.schedule_defs] == ["nightly_refresh", "weekly_retention"]
    sensors = ["follow_changes", "new_files", "tell_of_failures", "tell_of_late_nights"]
    assert sorted(sensor.name for sensor in repository.sensor_defs) == sensors


def test_every_table_of_the_catalog_has_blocking_checks(definitions):
    graph = definitions.resolve_asset_graph()
    blocked = {key.asset_key.to_user_string() for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    assert ASSETS["04_catalog"] <= blocked


def test_the_schedule_asks_only_for_datasets_in_use(definitions, tmp_path):
    from assets.home import Home
    from assets.manifests import Manifest, Manifests
    from orchestration.schedules import nightly_refresh

    def requested():
        context = dg.build_schedule_context(
            resources={"home": Home(root=str(tmp_path))},
            scheduled_execution_time=_three_o_clock(),
            repository_def=definitions.get_repository_def(),
        )
        return [r.partition_key for r in nightly_refresh.evaluate_tick(context).run_requests]

    assert requested() == []
    Manifests(tmp_path).save(Manifest("raw_files", "sample-shop", "r", "1", "f", "v", {}))
    assert requested() == ["sample-shop"]


def _three_o_clock():
    from datetime import UTC, datetime

    return datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_groups_are_listed_in_the_order_in_which_data_flows(definitions):
    """Each group after those that it is made from; within the flow, people's own order."""
    graph = definitions.resolve_asset_graph()
    later = {
        (graph.get(upstream).group_name, graph.get(key).group_name)
        for key in graph.materializable_asset_keys
        for upstream in graph.get(key).parent_keys
        if graph.get(upstream).group_name > graph.get(key).group_name
    }
    assert later == set()


def test_the_launchpad_offers_what_a_run_decides_and_not_what_the_environment_does(definitions):
    job = definitions.resolve_job_def("train_recommender")
    fields = job.run_config_schema.config_type.fields["ops"].config_type.fields["recommender"].config_type.fields
    assert all(field.description for field in fields["config"].config_type.fields.values())
    assert set(fields["config"].config_type.fields) == {"protocols", "seeds", "parameters"}
    resources = job.run_config_schema.config_type.fields["resources"].config_type.fields
    config = [resources[name].config_type.fields["config"].config_type for name in ("home", "web")]
    assert not any(getattr(one, "fields", {}) for one in config)
