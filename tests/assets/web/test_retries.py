"""What may pass is tried again, as patiently as the server asks; what stays is not."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from assets.ingest.download import DownloadError
from assets.web.progress import Progress
from assets.web.retries import Patience
from tests.faulty_server import BODY, File, status


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_failures_that_pass_are_tried_again(get, server, target, code):
    get(server.put("/a", status(code), status(code), File(BODY)))
    assert target.read_bytes() == BODY and len(server.asked) == 3


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    "asks", [lambda: "1", lambda: formatdate(time.time() + 2, usegmt=True)], ids=["number", "date"]
)
def test_retry_after_is_obeyed(get, server, target, code, asks):
    get(server.put("/a", status(code, Retry_After=asks()), File(BODY)))
    first, second = server.asked
    assert 0.98 <= second.at - first.at < 3  # a date has whole seconds, so 2 s from now may be little more than 1
    assert target.read_bytes() == BODY


def test_too_long_a_retry_after_ends_it(get, server):
    url = server.put("/a", status(429, Retry_After="86400"))
    with pytest.raises(DownloadError, match=r"429 Too Many Requests and asks to wait 86,400 s"):
        get(url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("asks", ["-5", "soon", "", "²"])
def test_a_nonsensical_retry_after_is_no_reason_to_fail(get, server, target, asks):
    get(server.put("/a", status(503, Retry_After=asks.encode().decode("latin-1")), File(BODY)))
    assert target.exists()


@pytest.mark.parametrize("code", [401, 403, 404, 410, 204])
def test_failures_that_stay_are_not_tried_again(get, server, target, code):
    with pytest.raises(DownloadError) as failed:
        get(server.put("/a", status(code)) + "?token=hidden")
    assert len(server.asked) == 1 and not target.exists()
    message = str(failed.value)
    assert f"http://{server.netloc}/a " in message and "hidden" not in message
    assert str(target) in message and "(1 try)" in message


def test_it_gives_up_in_the_end(get, server, target):
    with pytest.raises(DownloadError, match=r"the server answered 503 Service Unavailable \(4 tries\)"):
        get(server.put("/a", status(503)), tries=4)
    assert len(server.asked) == 4 and not target.exists()


def test_a_try_that_brings_much_does_not_count(get, server, target):
    body = BODY * 30  # 6 MB, of which each try brings 1.2
    get(server.put("/a", File(body, drop_after=1_200_000)), tries=2)
    assert target.read_bytes() == body and len(server.asked) == 5


def test_a_server_without_ranges_that_always_drops_does_not_keep_us_for_ever(get, server):
    faults = [File(BODY * 30, drop_after=size, ranges=False) for size in (3_000_000, 1_000_000)] * 10
    with pytest.raises(DownloadError, match="3 tries"):
        get(server.put("/a", *faults), tries=2)


def test_waits_grow_and_end_at_a_limit():
    patience = Patience(first=1, longest=10)
    waits = [[patience.seconds(failures) for _ in range(200)] for failures in (1, 2, 3, 9, 99)]
    for several, most in zip(waits, (1, 2, 4, 10, 10), strict=True):
        assert most / 2 <= min(several) < max(several) <= most
        assert max(several) - min(several) > most / 4
    assert patience.seconds(1, asked=30) == 30


def test_progress_speaks_at_most_every_few_seconds(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    lines: list[str] = []
    progress = Progress("a.zip", 10_000_000, 100_000_000, lines.append)
    for _ in range(120):
        clock[0] += 0.1
        progress.add(200_000)
    assert lines[0] == "a.zip: 20% of 100.0 MB, 2.0 MB/s, 0:40 left" and len(lines) == 2
