"""New files start a refresh once they have arrived; failures and late nights are told, and no secret with them."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from assets.datasets import datasets
from assets.home import Home
from assets.manifests import Manifest, Manifests
from orchestration import sensors
from orchestration.alerts import NotTold, alert
from orchestration.instance import open_instance
from orchestration.settings import Settings

DATASET = "amazon-2014-musical_instruments"


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"))


@pytest.fixture
def instance(home, tmp_path, monkeypatch):
    home.path.mkdir()
    monkeypatch.setenv("TRIFUSE_HOME", str(home.path))
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield instance


def put(home: Home, name: str, seconds_ago: float) -> None:
    """Lay a raw file of the dataset down, last changed so long ago."""
    path = Path(home.raw) / "amazon" / "2014" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    os.utime(path, (time.time() - seconds_ago,) * 2)


class Ticks:
    """The sensor for new files, tick by tick."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home, self.instance, self.cursor = home, instance, None

    def tick(self) -> list[str]:
        """Datasets whose refresh is asked for."""
        from orchestration.definitions import definitions

        context = dg.build_sensor_context(
            self.instance, self.cursor, resources={"home": self.home}, definitions=definitions()
        )
        result = sensors.new_files.evaluate_tick(context)
        self.cursor, self.skipped = result.cursor, result.skip_message
        return [request.partition_key for request in result.run_requests]


def test_files_that_have_arrived_start_a_refresh_and_those_that_are_arriving_do_not(home, instance):
    ticks = Ticks(home, instance)
    assert ticks.tick() == [], "what is there at first starts nothing"
    put(home, "reviews_Musical_Instruments_5.json", 3600)
    put(home, "meta_Musical_Instruments.json", 1)
    assert ticks.tick() == [], "one is still arriving"
    put(home, "meta_Musical_Instruments.json", 100)
    assert ticks.tick() == [DATASET]
    assert ticks.tick() == []
    put(home, "reviews_Musical_Instruments_5.json", 200)
    assert ticks.tick() == [DATASET], "changed"
    shutil.rmtree(home.raw)
    assert ticks.tick() == [], "what is gone starts nothing"


def test_a_dataset_that_is_new_in_the_registry_is_told_of(home, instance, tmp_path, monkeypatch):
    datasets()
    entry = datasets()[DATASET].model_dump(include={"source", "layout", "folder", "title", "version", "url", "licence"})
    entry |= {"citation": "x", "category": "Toys"}
    lines = [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
    (tmp_path / "more.toml").write_text("\n".join(["[amazon-2014-toys]", *lines, 'protocols = ["xia2024"]']))
    monkeypatch.setenv("TRIFUSE_DATASETS", str(tmp_path / "more.toml"))
    ticks = Ticks(home, instance)
    assert ticks.tick() == []
    assert "amazon-2014-toys. Reload the code location" in ticks.skipped


class Webhook:
    """A server that remembers what it was sent, and answers as told."""

    def __init__(self) -> None:
        self.sent, self.status = [], 200
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                webhook.sent.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(webhook.status)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/secret-token"


@pytest.fixture
def webhook(monkeypatch):
    webhook = Webhook()
    monkeypatch.setenv("TRIFUSE_WEBHOOK_URL", webhook.url)
    yield webhook
    webhook.server.shutdown()
    webhook.server.server_close()


def test_a_failed_run_is_told_in_the_log_and_at_the_webhook(home, instance, webhook):
    @dg.op
    def broken() -> None:
        raise ValueError("no")

    @dg.job
    def refresh() -> None:
        broken()

    result = refresh.execute_in_process(instance=instance, raise_on_error=False, tags={"dagster/partition": DATASET})
    context = dg.build_run_status_sensor_context(
        "tell_of_failures", result.get_run_failure_event(), instance, result.dagster_run, resources={"home": home}
    )
    sensors.tell_of_failures(context.for_run_failure())
    (told,) = webhook.sent
    assert told["text"].startswith(f"refresh {DATASET}: failed (broken).") and told["run"] == result.run_id
    assert [json.loads(line) for line in (home.path / "alerts.jsonl").read_text().splitlines()] == [told]


@pytest.mark.parametrize("status", [500, 302])
def test_a_webhook_that_does_not_take_it_is_named_without_its_secret(home, instance, webhook, status):
    webhook.status, said = status, []
    with pytest.raises(NotTold) as caught:
        alert(home.path, {"text": "x"}, said.append)
    assert "127.0.0.1" in str(caught.value) and str(status) in str(caught.value)
    assert len(webhook.sent) == 1, "no redirection is followed"
    webhook.server.server_close()
    with pytest.raises(NotTold) as unreached:
        alert(home.path, {"text": "x"}, said.append)
    for text in (str(caught.value), str(unreached.value), (home.path / "alerts.jsonl").read_text(), *said):
        assert "secret-token" not in text


def test_a_night_that_did_not_come_is_told_once(home, webhook, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    home.path.mkdir()
    with open_instance(Settings(home=home.path)) as instance:
        _late_night(home, instance, webhook, monkeypatch)


def _late_night(home, instance, webhook, monkeypatch):
    Manifests(home.path).save(Manifest("raw_files", DATASET, "r", "1", "f", "v", {}))
    instance.report_runless_asset_event(dg.AssetMaterialization("raw_files", partition=DATASET))
    cursor = None

    def tick() -> int:
        nonlocal cursor
        context = dg.build_sensor_context(instance, cursor, resources={"home": home})
        sensors.tell_of_late_nights(context)
        cursor = context.cursor
        return len(webhook.sent)

    late = time.time() + sensors.LATE_HOURS * 3600 + 60
    monkeypatch.setattr(sensors.time, "time", lambda: late)
    assert tick() == 0, "nothing is awaited while the schedule is off"
    monkeypatch.setattr(sensors, "_switched_on", lambda _instance: True)
    assert (tick(), tick()) == (1, 1)
    assert webhook.sent[0]["kind"] == "late" and DATASET in webhook.sent[0]["text"]
