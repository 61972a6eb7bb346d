"""A download goes on where it stopped, and never glues two files together."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from assets.ingest.download import DownloadError
from assets.web.partial import Partial
from tests.faulty_server import BODY, OTHER, SHA256, Asked, File, status

AS_LONG = random.Random(2).randbytes(len(BODY))
"""Another file of the same length."""


def ranges(asked: list[Asked]) -> list[str | None]:
    return [request.headers.get("Range") for request in asked]


def test_after_drops_it_goes_on_where_it_stopped(get, server, target):
    url = server.put("/a", File(BODY, drop_after=50_000), File(BODY, drop_after=30_000), File(BODY))
    fetched = get(url, sha256=SHA256)
    assert target.read_bytes() == BODY and fetched.resumed_from == 80_000
    assert ranges(server.asked) == [None, "bytes=50000-", "bytes=80000-"]
    assert [request.headers.get("If-Range") for request in server.asked[1:]] == [File(BODY).etag] * 2
    assert any("trying again in 0 s" in line for line in get.lines)


def test_a_weak_etag_gives_way_to_the_date(get, server, target):
    url = server.put("/a", File(BODY, drop_after=50_000, etag='W/"1"'), File(BODY, etag='W/"1"'))
    get(url)
    assert target.read_bytes() == BODY
    assert server.asked[1].headers["If-Range"] == File(BODY).modified


def test_without_a_validator_it_starts_over(get, server, target):
    bare = {"etag": "", "modified": ""}
    get(server.put("/a", File(BODY, drop_after=50_000, **bare), File(BODY, **bare)))
    assert target.read_bytes() == BODY and ranges(server.asked) == [None, None]


def test_a_server_without_ranges_sends_everything_again(get, server, target):
    fetched = get(server.put("/a", File(BODY, drop_after=50_000), File(BODY, ranges=False)))
    assert target.read_bytes() == BODY and fetched.resumed_from == 0
    assert ranges(server.asked) == [None, "bytes=50000-"]


@pytest.mark.parametrize("body", [OTHER, AS_LONG], ids=["shorter", "as long"])
@pytest.mark.parametrize("honours_if_range", [True, False])
def test_a_file_that_changed_in_between_is_fetched_anew(get, server, target, honours_if_range, body):
    changed = File(body, honours_if_range=honours_if_range)
    fetched = get(server.put("/a", File(BODY, drop_after=50_000), changed))
    assert target.read_bytes() == body and fetched.etag == changed.etag


def test_a_file_that_shrank_below_what_we_have_is_fetched_anew(get, server, target):
    get(server.put("/a", File(BODY, drop_after=50_000), File(b"small", honours_if_range=False)))
    assert target.read_bytes() == b"small"
    assert any("starts over" in line for line in get.lines)


def test_the_wrong_part_is_not_glued_on(get, server, target):
    get(server.put("/a", File(BODY, drop_after=50_000), File(BODY, starts_late=1000), File(BODY)))
    assert target.read_bytes() == BODY and ranges(server.asked) == [None, "bytes=50000-", None]


def test_a_part_of_another_address_is_not_believed(get, server, target):
    with pytest.raises(DownloadError):
        get(server.put("/a", File(AS_LONG, drop_after=50_000, etag='"same"')), tries=1)
    get(server.put("/b", File(BODY, etag='"same"')))
    assert target.read_bytes() == BODY and server.asked[-1].headers.get("Range") is None


@pytest.mark.parametrize("seed", range(25))
def test_whatever_goes_wrong_on_the_way_the_file_is_right(get, server, target, seed):
    """Ten faults in a row, drawn at random; the file changes once among them, and is never a mixture."""
    chance = random.Random(seed)

    def fault(body: bytes):
        drop = chance.randrange(len(body))
        return chance.choice(
            [
                status(503),
                File(body, drop_after=drop),
                File(body, drop_after=drop, ranges=False),
                File(body, drop_after=drop, etag='W/"1"'),
                File(body, drop_after=drop, etag="", modified=""),
                File(body, drop_after=drop, length=str(len(body) + 50)),
            ]
        )

    faults = [fault(OTHER) for _ in range(5)] + [fault(BODY) for _ in range(5)]
    get(server.put("/a", *faults, File(BODY)), sha256=SHA256 if seed % 2 else None, tries=20)
    assert target.read_bytes() in ([BODY] if seed % 2 else [BODY, OTHER])  # a drop may come after the last byte


@pytest.mark.parametrize("validator", [{}, {"etag": ""}, {"modified": ""}])
def test_without_a_checksum_the_server_is_asked_if_the_file_changed(get, server, target, validator):
    first = get(server.put("/a", File(BODY, **validator)))
    again = get(f"http://{server.netloc}/a")
    assert again.unchanged and not first.unchanged
    assert (again.sha256, again.bytes, again.etag) == (first.sha256, first.bytes, first.etag)
    changed = get(server.put("/a", File(OTHER, modified=formatdate(1_800_000_000, usegmt=True))))
    assert not changed.unchanged and target.read_bytes() == OTHER


@pytest.mark.parametrize("registered", [{"sha256": SHA256}, {"size": len(BODY)}])
def test_a_file_that_is_not_the_registered_one_is_not_taken_for_unchanged(get, server, target, registered):
    url = server.put("/a", File(OTHER))
    get(url)
    with pytest.raises(DownloadError, match="registered"):
        get(url, **registered)
    assert target.read_bytes() == OTHER and not any("If-None-Match" in request.headers for request in server.asked)


def test_a_file_that_somebody_changed_here_is_fetched_again(get, server, target):
    url = server.put("/a", File(BODY))
    get(url)
    target.write_bytes(BODY[:-1] + b"!")
    assert not get(url).unchanged and target.read_bytes() == BODY


def test_two_downloads_of_one_file_do_not_mix(get, server, target):
    url = server.put("/a", File(BODY))
    with Partial(target, url).alone(), pytest.raises(DownloadError, match="another process is downloading"):
        get(url)
    get(url)


def test_spoilt_notes_beside_the_part_mean_starting_over(get, server, target):
    url = server.put("/a", File(BODY, drop_after=50_000), File(BODY))
    with pytest.raises(DownloadError):
        get(url, tries=1)
    Partial(target, url).origin_path.write_text('{"address"')
    get(url)
    assert target.read_bytes() == BODY and ranges(server.asked) == [None, None]


def test_after_kill_9_the_next_download_goes_on_from_the_right_byte(get, server, target):
    """The part on disk is a true beginning of the file, and exactly the rest is asked for."""
    body = BODY * 10
    url = server.put("/a", File(body, pause=0.02))
    code = (
        "from assets.ingest.download import download\nfrom pathlib import Path\n"
        f"download({url!r}, Path({str(target)!r}), allow_hosts=frozenset({{{server.netloc!r}}}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    part = Partial(target, url)
    deadline = time.monotonic() + 20
    while part.size < 300_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    had = part.path.read_bytes()
    assert 300_000 <= len(had) < len(body) and body.startswith(had) and not target.exists()
    server.put("/a", File(body))
    fetched = get(url, sha256=hashlib.sha256(body).hexdigest())
    assert target.read_bytes() == body and fetched.resumed_from == len(had)
    assert ranges(server.asked) == [None, f"bytes={len(had)}-"]


def test_killed_between_the_last_byte_and_the_name_nothing_is_asked_again(get, server, target):
    url = server.put("/a", File(BODY, drop_after=50_000))
    with pytest.raises(DownloadError):
        get(url, tries=1)
    Partial(target, url).path.write_bytes(BODY)
    assert get(url, sha256=SHA256).resumed_from == len(BODY)
    assert len(server.asked) == 1 and target.read_bytes() == BODY
