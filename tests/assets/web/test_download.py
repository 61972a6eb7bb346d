"""A download ends with the registered file or a clear error."""

from __future__ import annotations

import hashlib
import re
from types import SimpleNamespace

import pytest

from assets.ingest.download import DownloadError
from assets.web.agent import user_agent
from assets.web.partial import Partial
from assets.web.progress import Progress
from tests.faulty_server import BODY, MD5, OTHER, SHA256, File, faulty_server, status


def test_a_good_server_gives_the_file(get, server, target):
    fetched = get(server.put("/a", File(BODY, etag='"1"')), sha256=SHA256, md5=MD5, size=len(BODY))
    assert target.read_bytes() == BODY
    assert (fetched.path, fetched.bytes, fetched.sha256, fetched.etag) == (target, len(BODY), SHA256, '"1"')
    assert (fetched.resumed_from, fetched.unchanged) == (0, False)
    headers = server.asked[0].headers
    assert headers["User-Agent"] == user_agent() and headers["Accept-Encoding"] == "identity"
    assert re.fullmatch(r"data.bin: 100% of 0.2 MB, \d+\.\d MB/s, 0:00 left", get.lines[-1])


def test_too_long_a_content_length_is_a_drop(get, server, target):
    lies = File(BODY, length=str(len(BODY) + 100))
    with pytest.raises(DownloadError, match=r"RemoteProtocolError: peer closed connection.*\(1 try\)"):
        get(server.put("/a", lies), tries=1)
    assert not target.exists()


def test_too_short_a_content_length_is_seen_by_size_and_by_checksum(get, server, target):
    lies = File(BODY, length="1000")
    with pytest.raises(DownloadError, match="the server offers 1,000 bytes where 200,000 are registered"):
        get(server.put("/a", lies), size=len(BODY), tries=2)
    with pytest.raises(DownloadError, match=f"sha256 is [0-9a-f]+ where {SHA256} is registered"):
        get(server.put("/a", lies), sha256=SHA256)
    assert not target.exists()


def test_a_wrong_checksum_is_tried_once_more_and_leaves_nothing(get, server, target):
    url = server.put("/a", File(OTHER))
    found = hashlib.md5(OTHER).hexdigest()
    with pytest.raises(DownloadError, match=rf"its md5 is {found} where {MD5} is registered \(2 tries\)"):
        get(url, md5=MD5)
    assert not Partial(target, url).path.exists() and not target.exists()
    get(server.put("/a", File(OTHER), File(BODY)), md5=MD5.upper())
    assert target.read_bytes() == BODY


def test_a_checksum_that_fails_leaves_the_file_that_was_there(get, server, target):
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(DownloadError):
        get(server.put("/a", File(OTHER)), sha256=SHA256)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("registered", [{"sha256": SHA256}, {"md5": MD5}])
def test_a_whole_file_with_its_checksum_is_not_asked_for(get, server, target, registered):
    target.parent.mkdir()
    target.write_bytes(BODY)
    fetched = get(server.put("/a", File(BODY)), **registered)
    assert fetched.unchanged and fetched.sha256 == SHA256 and server.asked == []


def test_redirects_are_followed(get, server, target):
    server.put("/c", File(BODY))
    server.put("/b", status(307, Location="c"))
    get(server.put("/a", status(302, Location="/b")))
    assert target.read_bytes() == BODY


def test_a_loop_of_redirects_ends(get, server):
    server.put("/b", status(302, Location="/a"))
    with pytest.raises(DownloadError, match=r"(?i)maximum allowed redirects.*1 try"):
        get(server.put("/a", status(302, Location="/b")))


@pytest.mark.parametrize("address", ["", "data.bin", "file:///etc/passwd", "http://[", "http://me:hidden@127.0.0.1/"])
def test_what_is_no_address_is_refused(get, address):
    with pytest.raises(DownloadError, match="was not downloaded") as failed:
        get(address)
    assert "hidden" not in str(failed.value)


def test_a_redirect_to_a_private_address_is_refused(get, server):
    with faulty_server() as inner:
        secret = inner.put("/", File(b"secret"))
        with pytest.raises(DownloadError, match=r"127\.0\.0\.1 is not a public address.*1 try"):
            get(server.put("/a", status(302, Location=secret)))
        assert inner.asked == []


def test_without_leave_this_machine_is_not_asked(get, server):
    with pytest.raises(DownloadError, match="TRIFUSE_ALLOW_HOSTS"):
        get(server.put("/a", File(BODY)), allow_hosts=frozenset())
    assert server.asked == []


def test_what_is_not_the_file_is_refused(get, server, target):
    page = File(b"<html>Sign in", headers={"Content-Type": "text/html; charset=utf-8"})
    with pytest.raises(DownloadError, match="a web page instead of the file"):
        get(server.put("/a", page))
    with pytest.raises(DownloadError, match="compresses the file"):
        get(server.put("/a", File(BODY, headers={"Content-Encoding": "gzip"})))
    assert not target.exists()


def test_a_body_whose_end_nobody_knows_needs_a_checksum(get, server, target):
    endless = File(BODY, length="")
    with pytest.raises(DownloadError, match="does not say how long"):
        get(server.put("/a", endless))
    with pytest.raises(DownloadError, match="ended at 100,000 of 200,000 bytes"):
        get(server.put("/a", File(BODY, length="", drop_after=100_000, etag="", modified="")), size=len(BODY), tries=2)
    get(server.put("/a", endless), sha256=SHA256)
    assert target.read_bytes() == BODY


def test_a_body_without_end_stops_at_the_registered_size(get, server, target, monkeypatch):
    came: list[int] = []
    add = Progress.add
    monkeypatch.setattr(Progress, "add", lambda self, count: (came.append(count), add(self, count)))
    with pytest.raises(DownloadError, match="where 1,000 are registered"):
        get(server.put("/a", File(BODY * 100, length="")), size=1000)  # 20 MB
    assert sum(came) < 1_000_000
    assert not target.exists()


def test_a_full_disk_is_seen_before_the_download(get, server, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(DownloadError, match=r"200,000 bytes are needed in .*landing and 10 are free \(1 try\)"):
        get(server.put("/a", File(BODY)))
