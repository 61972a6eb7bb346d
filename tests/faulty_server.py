"""A web server on this machine that misbehaves as told, and remembers what it was asked."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY, OTHER = random.Random(0).randbytes(200_000), random.Random(1).randbytes(150_000)
"""Two files."""
SHA256, MD5 = hashlib.sha256(BODY).hexdigest(), hashlib.md5(BODY).hexdigest()
"""The checksums of the first."""

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Asked:
    """One request. at: seconds of the monotonic clock."""

    path: str
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)


class FaultyServer(ThreadingHTTPServer):
    """answers: path -> what is answered to the first, second, ... request; the last goes on for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []

    @property
    def netloc(self) -> str:
        """host:port, as TRIFUSE_ALLOW_HOSTS takes it."""
        return f"127.0.0.1:{self.server_port}"

    def put(self, path: str, *answers: Answer) -> str:
        """Serve `path` so from now on; returns its URL."""
        self.answers[path] = list(answers)
        return f"http://{self.netloc}{path}"

    def handle_error(self, request, client_address) -> None:
        """A client that goes away in the middle is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(Asked(self.path, dict(self.headers)))
        answers = self.server.answers.get(self.path, [status(404)])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *_) -> None:
        """Silent: `asked` is the log."""


def status(code: int, **headers: str) -> Answer:
    """A status without a body; Retry_After="1" is the header Retry-After."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, code, headers | {"Content-Length": "0"})

    return answer


@dataclass
class File:
    """A file as a decent server has it, and what may be wrong with it.

    drop_after: bytes of body after which the connection breaks. length: a Content-Length that lies; "" for none.
    ranges: whether it knows Range. starts_late: bytes by which its parts begin after what was asked for.
    pause: seconds between 16 kB. etag, modified: "" for none. headers: further ones.
    """

    body: bytes
    drop_after: int | None = None
    length: str | None = None
    ranges: bool = True
    honours_if_range: bool = True
    starts_late: int = 0
    pause: float = 0.0
    etag: str | None = None
    modified: str = formatdate(1_700_000_000, usegmt=True)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.etag is None:
            self.etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request, plain, conditional or for a range."""
        headers = {"ETag": self.etag, "Last-Modified": self.modified, **self.headers}
        headers = {name: value for name, value in headers.items() if value}
        asked = handler.headers
        if asked.get("If-None-Match") == self.etag or asked.get("If-Modified-Since") == self.modified:
            return _head(handler, 304, headers)
        start = self._start(asked)
        if start is not None and start >= len(self.body):
            return _head(handler, 416, {"Content-Range": f"bytes */{len(self.body)}", "Content-Length": "0"})
        body = self.body[start or 0 :]
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        if self.length != "":
            headers["Content-Length"] = self.length or str(len(body))
        _head(handler, 200 if start is None else 206, headers)
        return self._send(handler, body)

    def _start(self, asked) -> int | None:
        """The first byte of the range asked for, None for the whole file."""
        same = asked.get("If-Range") in (None, self.etag, self.modified) or not self.honours_if_range
        wanted = asked.get("Range") if self.ranges and same else None
        return None if wanted is None else int(wanted.removeprefix("bytes=").removesuffix("-")) + self.starts_late

    def _send(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        for at in range(0, len(body[: self.drop_after]), 16_384):
            handler.wfile.write(body[: self.drop_after][at : at + 16_384])
            time.sleep(self.pause)
        if self.drop_after is not None or self.length is not None:
            handler.close_connection = True


def _head(handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    """A running server."""
    with FaultyServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
