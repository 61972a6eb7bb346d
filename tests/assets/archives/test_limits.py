"""Bombs, damaged and cut off archives: counted while they are read, refused as a whole."""

from __future__ import annotations

import gzip
import os
import random
import signal
import struct
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from assets.ingest.archives import Limits, RefusedArchive, unpack
from tests.assets.archives.making import GOOD, KINDS, content, make, make_tar, make_zip, tar_info


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_stopped_early(tmp_path, refused, kind, monkeypatch):
    path = make(kind, tmp_path / "a", {"zeros": bytes(64 * 2**20)})  # 64 MiB in 64 kB, a thousand to one
    assert path.stat().st_size < 80_000
    written: list[int] = []
    monkeypatch.setattr(
        "assets.web.progress.Progress.add", lambda self, n: written.append(n) or setattr(self, "done", sum(written))
    )
    refused(path, r"its [\d,]+ bytes unpack to more than the 16,777,216 allowed")
    assert sum(written) <= 18 * 2**20


def test_a_bomb_of_many_members_is_stopped(tmp_path, refused):
    refused(make_zip(tmp_path / "a", {f"{i}": bytes(2**20) for i in range(40)}), "unpack to more than")


def test_what_is_skipped_counts_as_well(tmp_path, refused):
    path = make_tar(tmp_path / "a", {"zeros": bytes(64 * 2**20), "wanted": b"1"}, "w:gz")
    refused(path, "unpack to more than", members=["wanted"])


def test_headers_that_lie_about_sizes_do_not_help_a_bomb(tmp_path, refused):
    path = make_zip(tmp_path / "a", {"zeros": bytes(64 * 2**20)})
    data = path.read_bytes().replace(struct.pack("<L", 64 * 2**20), struct.pack("<L", 100))
    path.write_bytes(data)
    refused(path, "damaged or cut off")


def test_a_packed_bomb_in_an_archive_stays_packed(tmp_path, folder):
    inner = make_zip(tmp_path / "inner.zip", {"zeros": bytes(64 * 2**20)})
    unpack(make_zip(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()}), folder)
    assert content(folder) == {"inner.zip": inner.read_bytes()}


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_counted(tmp_path, refused, kind):
    files = {f"{i}": random.Random(i).randbytes(1000) for i in range(20)}
    path = make(kind, tmp_path / "a", files)
    refused(path, "more than 19 members", limits=Limits(members=19))
    refused(path, "'0' unpacks to more than 999 bytes", limits=Limits(member_bytes=999))
    refused(path, "more than the 15,000 allowed", limits=Limits(total_bytes=15_000))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_hundred_thousand_members(tmp_path, refused, folder, kind):
    path = make(kind, tmp_path / "a", dict.fromkeys((f"photos/{i}.jpg" for i in range(100_000)), b""))
    refused(path, "more than 50,000 members", members=["photos/7.jpg"], limits=Limits(members=50_000))
    started = time.monotonic()
    assert unpack(path, folder, members=["photos/7.jpg", "photos/99999.jpg"]) == [
        folder / "photos/7.jpg",
        folder / "photos/99999.jpg",
    ]
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.5, 0.9, 0.999])
def test_an_archive_that_is_cut_off_is_refused(tmp_path, refused, kind, part):
    files = {f"{i}.bin": random.Random(i).randbytes(3000) for i in range(30)}
    path = make(kind, tmp_path / "a", files)
    data = path.read_bytes().rstrip(b"\0") if kind == "tar" else path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    refused(path, "damaged or cut off|not a zip, tar")


def test_a_tar_that_is_cut_off_between_two_members_is_refused(tmp_path, refused):
    path = make_tar(tmp_path / "a", {"a": b"1" * 512, "b": b"2" * 512})
    path.write_bytes(path.read_bytes()[: 2 * 512])
    refused(path, "its end is missing")


def test_the_checksum_at_the_end_of_a_gzip_counts(tmp_path, refused):
    path = make_tar(tmp_path / "a", GOOD, "w:gz")
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(data)
    refused(path, "CRC check failed")


@pytest.mark.parametrize("page", [b"<html><body>Sign in</body></html>" * 100, b"", b"PK", b"\x1f\x8b", b"Rar!\x1a\x07"])
def test_what_is_no_archive_is_refused(tmp_path, refused, page):
    path = tmp_path / "ml-32m.zip"
    path.write_bytes(page)
    refused(path, "not a zip, tar or tar.gz|damaged or cut off")


def test_a_page_is_shown_for_what_it_is(tmp_path, refused):
    (tmp_path / "a.zip").write_bytes(b"<!DOCTYPE html>\n<title>Sign in</title>")
    refused(tmp_path / "a.zip", r"not a zip, tar or tar.gz; it begins with b'<!DOCTYPE html>")


def test_a_gzip_of_something_else_is_refused(tmp_path, refused):
    (tmp_path / "reviews.json.gz").write_bytes(gzip.compress(b'{"asin": "1"}\n' * 1000))
    refused(tmp_path / "reviews.json.gz", "not a zip, tar or tar.gz")


@pytest.mark.parametrize("size", [2**30, -512])
def test_a_header_as_large_as_memory_is_not_read(tmp_path, refused, size):
    """A pax header that claims a gigabyte or "all": tarfile would read it whole."""
    path = tmp_path / "a"
    header = tar_info("pax", type=tarfile.XHDTYPE, size=size).tobuf(tarfile.GNU_FORMAT)
    with gzip.open(path, "wb") as file:
        file.write(tar_info("fine.txt").tobuf() + header + bytes(2**20))
    refused(path, f"has a header of {size:,} bytes")


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes_are_refused_or_harmless(tmp_path, folder, kind):
    """300 archives with a few bytes changed: nothing but RefusedArchive, nothing outside, nothing half."""
    good = make(kind, tmp_path / "good", GOOD).read_bytes()
    chance = random.Random(kind)
    for i in range(300):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(min(len(data), 6000))] = chance.randrange(256)
        (tmp_path / "bad").write_bytes(data)
        try:
            unpack(tmp_path / "bad", folder / str(i), say=lambda _: None)
        except RefusedArchive:
            assert not (folder / str(i)).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good", "landing"]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_after_kill_9_the_next_unpacking_leaves_only_what_belongs_there(tmp_path, folder):
    path = make_tar(tmp_path / "a", dict.fromkeys((f"d/{i}" for i in range(20_000)), b"x"))
    code = (
        "from assets.ingest.archives import unpack\nfrom pathlib import Path\n"
        f"unpack(Path({str(path)!r}), Path({str(folder)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 20
    while not list(folder.parent.glob("..*/d/9*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not folder.exists() and len(os.listdir(folder.parent)) == 1
    unpack(make_zip(path, GOOD), folder)
    assert content(folder) == GOOD and os.listdir(folder.parent) == ["data"]
