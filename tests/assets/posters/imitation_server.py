"""An imitation of TMDB's API and image host on two loopback ports, with faults on purpose and a log of what it saw."""

from __future__ import annotations

import hashlib
import io
import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

FAULTS = ("drop", "429", "503", "wrong length", "html", "slow")
"""What may strike the first request for an address."""
HTML = b"<!DOCTYPE html><html><body>Please wait while we check your browser</body></html>"
PERMANENT = {
    "unknown film": "missing", "no poster": "missing", "image 404": "missing", "truncated": "corrupt",
    "html as jpeg": "corrupt", "html": "refused", "private redirect": "refused", "too large": "too large",
    "forbidden": "blocked", "disallowed": "blocked",
}  # fmt: skip
"""What can be wrong with a film for good, and the status that says so."""


@dataclass
class Film:
    """A film and what is true of it: `wrong` is a key of PERMANENT, or "" if its picture can be had."""

    id: int
    title: str
    picture: bytes
    wrong: str = ""

    @property
    def truth(self) -> tuple[str, str | None]:
        """The status that a crawl must end with, and the picture's SHA-256 where it is found."""
        return (PERMANENT[self.wrong], None) if self.wrong else ("found", hashlib.sha256(self.picture).hexdigest())


@dataclass
class Log:
    """What one host saw: (arrival, path) of each request, and the most at the same time."""

    requests: list[tuple[float, str]] = field(default_factory=list)
    now: int = 0
    peak: int = 0

    def paths(self) -> Counter[str]:
        """How often each path was asked, robots.txt apart."""
        return Counter(path for _, path in self.requests if path != "/robots.txt")

    def most_per(self, seconds: float) -> int:
        """The most requests that arrived within any stretch of so many seconds."""
        times, most, first = sorted(at for at, _ in self.requests), 0, 0
        for last, at in enumerate(times):
            while at - times[first] > seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


class Imitation:
    """Serves films until closed; a context manager. share: of each kind of fault; pauses: 429s that ask for 1 s."""

    def __init__(self, films: list[Film], share: float = 0.0, seed: int = 0, pauses: int = 3) -> None:
        self.films, self.share, self.seed, self.pauses = {film.id: film for film in films}, share, seed, pauses
        self.api_log, self.image_log, self.lock = Log(), Log(), threading.Lock()
        self.asked: Counter[str] = Counter()
        self.robots: dict[str, tuple[int, bytes]] = {"image": (200, b"User-agent: *\nDisallow: /p/w342/disallowed\n")}
        self._servers = [self._serve("api", self.api_log), self._serve("image", self.image_log)]
        self.api, self.image = (f"127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def _serve(self, host: str, log: Log) -> ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"world": self, "log": log, "host": host})
        server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def __enter__(self) -> Imitation:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def forget(self) -> None:
        """Begin new logs; faults that have struck stay past."""
        for log in (self.api_log, self.image_log):
            log.requests, log.peak = [], 0

    def requests_by_item(self) -> Counter[str]:
        """How often each film was asked for, on either host, by its number in five digits."""
        paths = [*self.api_log.paths().elements(), *self.image_log.paths().elements()]
        return Counter(f"{int(path.rsplit('/', 1)[1].removesuffix('.jpg')):05d}" for path in paths)

    def fault(self, path: str) -> str | None:
        """The fault that strikes this request, if any: a matter of the seed and the path, the first time only."""
        with self.lock:
            self.asked[path] += 1
            first = self.asked[path] == 1
        struck = random.Random(f"{self.seed} {path}").random() / self.share if self.share and first else len(FAULTS)
        return FAULTS[int(struck)] if struck < len(FAULTS) else None


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed, or had enough, is none of the server's errors; others end up in the log."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    world: Imitation
    log: Log
    host: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        with self.world.lock:
            self.log.requests.append((time.monotonic(), self.path))
            self.log.now += 1
            self.log.peak = max(self.log.peak, self.log.now)
        self.counted = True
        try:
            self.answer()
        finally:
            self.leave()

    def leave(self) -> None:
        """Count this request as over: before the client can know, as it may ask again at once."""
        if self.counted:
            self.counted = False
            with self.world.lock:
                self.log.now -= 1

    def answer(self) -> None:
        if self.path == "/robots.txt":
            code, body = self.world.robots.get(self.host, (404, b""))
            return self.send(code, body, "text/plain")
        code, body, kind, headers = self.api() if self.host == "api" else self.image()
        self.faulty(code, body, kind, headers)

    def faulty(self, code: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        match self.world.fault(self.path):
            case "drop":
                self.send(code, body[: len(body) // 2], kind, headers, length=len(body))
            case "wrong length":  # now too long, so that the rest never comes, now too short
                self.send(code, body, kind, headers, length=random.choice([len(body) + 100, len(body) // 2]))
            case "429":
                self.world.pauses -= 1
                self.send(429, b"", "text/plain", {"Retry-After": "1" if self.world.pauses >= 0 else "0"})
            case "503":
                self.send(503, b"", "text/plain")
            case "html":
                self.send(200, HTML, kind)
            case "slow":
                # Whoever is sent too much goes away early: that is no request in hand any more.
                self.send(code, body, kind, headers, pause=0.3 if len(body) < 1_000_000 else 0)
            case _:
                self.send(code, body, kind, headers)

    def send(
        self,
        code: int,
        body: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
        length: int | None = None,
        pause: float = 0,
    ) -> None:
        length = len(body) if length is None else length
        self.close_connection = self.close_connection or length != len(body)
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **(headers or {})}.items():
            self.send_header(name, value)
        if not pause:
            self.leave()
        self.end_headers()
        try:
            self.wfile.write(body[:-1])
            time.sleep(pause)
            self.leave()
            self.wfile.write(body[-1:])
        except OSError:
            self.close_connection = True  # the client had enough, as with a body that is too large

    def api(self) -> tuple[int, bytes, str, dict[str, str]]:
        url = urlsplit(self.path)
        if url.path.startswith("/3/search/movie"):
            title = parse_qs(url.query)["query"][0].lower()
            found = [self.film(film) for film in self.world.films.values() if title in film.title.lower()]
            return 200, json.dumps({"results": found}).encode(), "application/json", {}
        if url.path.startswith("/3/find/tt"):
            film = self.world.films.get(int(url.path.rsplit("tt", 1)[1]))
            found = {"movie_results": [self.film(film)] if film else [], "tv_results": []}
            return 200, json.dumps(found).encode(), "application/json", {}
        film = self.world.films.get(int(url.path.rsplit("/", 1)[1]))
        if film is None or film.wrong == "unknown film":
            return 404, b'{"status_code": 34}', "application/json", {}
        return 200, json.dumps(self.film(film)).encode(), "application/json", {}

    def film(self, film: Film) -> dict[str, object]:
        folder = "disallowed/" if film.wrong == "disallowed" else ""
        poster = None if film.wrong == "no poster" else f"/{folder}{film.id}.jpg"
        return {
            "id": film.id, "title": film.title, "release_date": "1995-03-01", "poster_path": poster,
            "overview": f"The story of {film.title}.",
        }  # fmt: skip

    def image(self) -> tuple[int, bytes, str, dict[str, str]]:
        film = self.world.films[int(self.path.rsplit("/", 1)[1].removesuffix(".jpg"))]
        etag = f'"{hashlib.sha256(film.picture).hexdigest()[:16]}"'
        kind, headers = "image/jpeg", {"ETag": etag, "Last-Modified": "Wed, 01 Mar 1995 00:00:00 GMT"}
        match film.wrong:
            case "image 404":
                return 404, b"none", "text/plain", {}
            case "forbidden":
                return 403, b"no", "text/plain", {}
            case "private redirect":  # the API's own port may be asked; this one, of the system, may not
                return 302, b"", "text/plain", {"Location": "http://127.0.0.1:9/poster.jpg"}
            case "truncated":
                return 200, film.picture[: len(film.picture) // 2], kind, headers
            case "html as jpeg":
                return 200, HTML, kind, headers
            case "html":
                return 200, HTML, "text/html; charset=utf-8", headers
            case "too large":
                return 200, film.picture + bytes(2_000_000), kind, headers
        if self.headers.get("If-None-Match") == etag:
            return 304, b"", kind, headers
        return 200, film.picture, kind, headers


def generated_picture(seed: int, size: tuple[int, int] = (92, 138)) -> bytes:
    """A JPEG of a few large blocks of colour."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


def made_films(pictures: list[bytes], share_wrong: float = 0.02, seed: int = 0) -> list[Film]:
    """One film per picture; each kind of lasting fault has the given share."""
    chance, kinds = random.Random(seed), list(PERMANENT)
    films = []
    for number, picture in enumerate(pictures, 1):
        struck = int(chance.random() / share_wrong) if share_wrong else len(kinds)
        films.append(Film(number, f"Film {number}", picture, kinds[struck] if struck < len(kinds) else ""))
    return films
