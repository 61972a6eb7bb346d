"""`make ui` as a process of its own, asked as the browser asks it, and killed as a machine kills."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

WHERE = {"repositoryName": "__repository__", "repositoryLocationName": "trifuse"}
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
SENSOR = (
    """query($at: SensorSelector!) { sensorOrError(sensorSelector: $at) { ... on Sensor { sensorState { id } } } }"""
)
STOP_SENSOR = "mutation($id: String!) { stopSensor(id: $id) { __typename } }"
SCHEDULE = """query($at: ScheduleSelector!) { scheduleOrError(scheduleSelector: $at) {
  ... on Schedule { scheduleState { id } } } }"""
STOP_SCHEDULE = "mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }"
START_SCHEDULE = "mutation($at: ScheduleSelector!) { startSchedule(scheduleSelector: $at) { __typename } }"
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


class Ui:
    """The UI and daemon of one home, on a free port."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home, self.process, self.log = home, None, home.with_suffix(".ui.log")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = os.environ | environment | {"TRIFUSE_HOME": str(home), "TRIFUSE_UI_PORT": str(self.port)}

    def ensure(self) -> None:
        """Have it up, however it ended before."""
        if self.process and self.process.poll() is None and self._answers():
            return
        self.stop()
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "orchestration.ui"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(300):
            if self._answers():
                return
            if self.process.poll() is not None:
                break
            time.sleep(1)
        raise RuntimeError(f"the UI did not come up; see {self.log}")

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to a GraphQL query."""
        body = {"query": query, "variables": variables}
        answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json=body, timeout=60).json()
        wrong = [
            name for name in re.findall("'__typename': '([^']*)'", str(answer)) if "Error" in name or "Not" in name
        ]
        if "errors" in answer or wrong:
            raise RuntimeError(f"{query[:60]}: {str(answer)[:600]}")
        return answer["data"]

    def stop_following(self) -> None:
        """Switch the sensor off, which would train every model."""
        at = WHERE | {"sensorName": "follow_changes"}
        self.ask(STOP_SENSOR, id=self.ask(SENSOR, at=at)["sensorOrError"]["sensorState"]["id"])

    def start_schedule(self, name: str) -> None:
        """Switch a schedule on."""
        self.ask(START_SCHEDULE, at=WHERE | {"scheduleName": name})

    def stop_schedule(self, name: str) -> None:
        """Switch a schedule off."""
        found = self.ask(SCHEDULE, at=WHERE | {"scheduleName": name})["scheduleOrError"]
        self.ask(STOP_SCHEDULE, id=found["scheduleState"]["id"])

    def refresh(self, dataset: str) -> str:
        """Launch a dataset's refresh job; the run."""
        params = {
            "selector": WHERE | {"jobName": f"refresh_{dataset.replace('-', '_')}"},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": dataset}]},
            "runConfigData": "{}",
        }
        answer = self.ask(LAUNCH, params=params)["launchRun"]
        if "run" not in answer:
            raise RuntimeError(f"the job was not launched: {answer}")
        return answer["run"]["runId"]

    def status(self, run: str) -> str:
        """How a run stands."""
        return self.ask(STATUS, id=run)["runOrError"]["status"]

    def wait(self, run: str, seconds: float) -> str:
        """Wait until a run has ended, or so long; how it stands, '' where nobody answers."""
        deadline, status = time.monotonic() + seconds, ""
        while time.monotonic() < deadline and status not in ENDED:
            try:
                status = self.status(run)
            except httpx.HTTPError:
                return ""
            time.sleep(0.3)
        return status

    def kill(self, kind: str, rng: random.Random) -> bool:
        """SIGKILL one of a kind; False where there is none just now."""
        found = family(self.home)
        if kind != "everything":
            found = {pid: about for pid, about in found.items() if about == kind}
            found = dict([rng.choice(sorted(found.items()))]) if found else {}
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return bool(found)

    def stop(self) -> None:
        """End it and everything that it started."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.kill("everything", random.Random())
        if self.process:
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            self.ask("{ version }")
        except (httpx.HTTPError, RuntimeError):
            return False
        return True


def family(home: Path) -> dict[int, str]:
    """Living processes that work in a home, and what each is."""
    commands, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"TRIFUSE_HOME={home}\0".encode() in (folder / "environ").read_bytes():
                pid = int(folder.name)
                commands[pid] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                parents[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
    return {pid: _kind(command, commands.get(parents[pid], "")) for pid, command in commands.items() if command}


def _kind(command: str, parent: str) -> str:
    if "forkserver" in command:  # which forks the steps of a run, and is not one itself
        return "step" if "forkserver" in parent else "other"
    if "spawn_main" in command:
        return "run worker"
    return "daemon" if "_daemon" in command or "dagster-daemon" in command else "other"
