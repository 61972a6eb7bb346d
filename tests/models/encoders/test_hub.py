"""The real huggingface_hub client, in a process of its own, against a hub of one model on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from models.encoders import hub
from models.encoders.folders import hub_commit, revision

ROOT = Path(__file__).parents[3]
COMMIT, OLDER = "a" * 40, "b" * 40
REVISIONS = {"main": COMMIT, "v1": OLDER, COMMIT: COMMIT, OLDER: OLDER}
CLIENT = """
import sys, time
time.sleep = lambda seconds: None  # between the client's attempts
from models.encoders import hub
try:
    print("found", hub.download(sys.argv[1], "TRIFUSE_IMAGE_ENCODER"))
except hub.EncoderUnavailable as error:
    print("refused", error)
"""


class Hub(BaseHTTPRequestHandler):
    """The three questions that snapshot_download asks: which commit, which files, and the bytes of each."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Requests are remembered, not printed."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append((self.command, path, self.headers.get("Range")))
        if path.startswith("/api/models/owner/model/revision/"):
            wanted = path.rsplit("/", 1)[1]
            if wanted not in REVISIONS:
                return self._refuse(404, "RevisionNotFound")
            return self._json({"id": "owner/model", "sha": REVISIONS[wanted], "siblings": []})
        if path.startswith("/api/models/owner/model/tree/"):
            return self._json([
                {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for name, data in self.server.files.items()
            ])  # fmt: skip
        if path.startswith("/owner/model/resolve/"):
            _, commit, name = path.removeprefix("/owner/model/").split("/", 2)
            return self._refuse(401, "GatedRepo") if self.server.gated else self._file(commit, name)
        return self._refuse(404, "RepoNotFound")

    def _file(self, commit: str, name: str) -> None:
        data = self.server.files[name]
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if self.headers.get("Range") else 200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        if self.headers.get("Range"):
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self._body(data[start:], breaks=name == "model.safetensors" and bool(self.server.breaks))

    def _body(self, data: bytes, breaks: bool = False) -> None:
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if breaks:
            data, self.close_connection = data[: self.server.breaks.pop(0)], True
        self.wfile.write(data)

    def _json(self, value: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self._body(json.dumps(value).encode())

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self._body(b"{}")


@pytest.fixture
def server(tiny_timm):
    made = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    made.daemon_threads = True
    made.files = {path.name: path.read_bytes() for path in tiny_timm.iterdir()}
    made.files |= {"pytorch_model.bin": b"a pickle", "modeling.py": b"print()", "model.fp16.safetensors": b"another"}
    made.asked, made.gated, made.breaks = [], False, []
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def download(server, tmp_path):
    def run(name: str, **more: str) -> tuple[str, str]:
        """The client's verdict and what it says; its cache lasts as long as the test."""
        about = {
            "HF_HOME": str(tmp_path),
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
            "PYTHONPATH": str(ROOT),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, name], env=kept | about | more, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        verdict, said = done.stdout.strip().split(" ", 1)
        return verdict, said

    return run


def fetched(server) -> set[str]:
    return {path.rsplit("/", 1)[1] for method, path, _ in server.asked if "/resolve/" in path}


def test_a_model_is_fetched_whole_and_knows_its_commit(download, server, tiny_timm):
    verdict, said = download("owner/model")
    folder = Path(said)
    assert (verdict, hub_commit(folder)) == ("found", COMMIT)
    assert fetched(server) == {"config.json", "model.safetensors"}, "no pickle, no code, no second copy of the weights"
    assert revision(folder) == revision(tiny_timm)

    from models.encoders.timm_image import TimmImage

    encoder = TimmImage(folder, "owner/model", "cpu", 1, "float32")
    assert COMMIT in encoder.identity.description
    assert encoder.telemetry["hub_commit"] == COMMIT
    assert encoder.identity.key() == TimmImage(tiny_timm, "owner/model", "cpu", 1, "float32").identity.key()


@pytest.mark.parametrize("pinned", ["v1", OLDER])
def test_a_pinned_revision_is_asked_for_as_such(download, server, pinned):
    verdict, said = download(f"owner/model@{pinned}")
    assert (verdict, hub_commit(Path(said))) == ("found", OLDER)
    assert not any(COMMIT in path or "main" in path for _, path, _ in server.asked)


def test_the_second_load_needs_no_hub(download, server):
    first = download("owner/model")
    server.asked.clear()
    assert download("owner/model", HF_HUB_OFFLINE="1") == first
    assert download("owner/model", HF_ENDPOINT="http://127.0.0.1:9") == first
    assert server.asked == []


def test_what_cannot_be_had_is_told_in_one_paragraph(download, server):
    for name, words in {
        "owner/none": "no public model of that name",
        "owner/model@v9": "no such revision",
        "no such name": "neither a folder here nor a hub name",
    }.items():
        verdict, said = download(name)
        assert verdict == "refused" and repr(name) in said and words in said and "\n" not in said
    server.gated = True
    assert "accept them there, and set HF_TOKEN" in download("owner/model")[1]
    assert "the hub cannot be reached" in download("owner/model", HF_HUB_OFFLINE="1")[1], "half a model is none"


KEPT = 10 * 2**20
"""The client writes what it got in pieces of 10 MiB; what came of a piece that broke off is lost."""


def test_a_connection_that_breaks_is_taken_up_where_it_broke(download, server, tiny_timm):
    server.breaks = [KEPT + 1000]
    verdict, said = download("owner/model")
    assert verdict == "found" and revision(Path(said)) == revision(tiny_timm)
    assert ("GET", f"/owner/model/resolve/{COMMIT}/model.safetensors", f"bytes={KEPT}-") in server.asked


def test_a_hub_that_dies_is_told_and_the_next_attempt_keeps_what_came_whole(download, server, tiny_timm):
    server.breaks = [KEPT + 1000] + [0] * 20
    verdict, said = download("owner/model")
    assert verdict == "refused" and "its download broke off" in said and "\n" not in said
    server.breaks.clear()
    server.asked.clear()
    verdict, said = download("owner/model")
    assert verdict == "found" and revision(Path(said)) == revision(tiny_timm)
    assert fetched(server) == {"model.safetensors"}


def test_nothing_that_runs_code_is_among_the_patterns():
    assert not any(pattern.endswith((".bin", ".py", ".pt", ".pth", ".pkl", "*")) for pattern in hub.FILES)
