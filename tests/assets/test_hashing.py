"""A remembered hash is right, whatever was done to the file, the memory or the process that wrote it."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from assets import hashing, memory
from assets.files import sha256_of
from assets.hashing import Hashes


@pytest.fixture
def hashes(tmp_path) -> Iterator[Hashes]:
    with Hashes(tmp_path / "lake" / "hashes.sqlite") as hashes:
        yield hashes


@pytest.fixture
def later(monkeypatch):
    """Three seconds have passed since the last change of any file."""
    now = time.time_ns
    monkeypatch.setattr(hashing.time, "time_ns", lambda: now() + 3_000_000_000)


@pytest.fixture
def readings(monkeypatch) -> list[Path]:
    """Every file that was read."""
    read, whole = [], Hashes.prefix_and_whole
    monkeypatch.setattr(Hashes, "prefix_and_whole", lambda self, path, n: read.append(path) or whole(self, path, n))
    return read


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_unchanged_file_is_read_once(hashes, tmp_path, later, readings):
    path = written(tmp_path / "data.json", b"x" * 3_000_000)
    assert [hashes.sha256(path) for _ in range(3)] == [sha256_of(path)] * 3
    with Hashes(tmp_path / "lake" / "hashes.sqlite") as again:
        assert again.sha256(path) == sha256_of(path)
    assert readings == [path]


def test_changed_content_is_seen_though_size_and_modification_time_are_as_before(hashes, tmp_path, later):
    path = written(tmp_path / "data.json", b"one")
    before = path.stat()
    assert hashes.sha256(path) == sha(b"one")
    time.sleep(0.02)  # past the kernel's tick, so that the change time differs
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert hashes.sha256(path) == sha(b"two")


def test_a_file_put_in_its_place_is_seen(hashes, tmp_path, later):
    path, other = written(tmp_path / "a", b"one"), written(tmp_path / "b", b"two")
    assert hashes.sha256(path) == sha(b"one")
    os.replace(other, path)
    assert hashes.sha256(path) == sha(b"two")


def test_a_rewrite_within_the_same_second_is_seen_where_clocks_are_that_coarse(hashes, tmp_path, monkeypatch, readings):
    monkeypatch.setattr(hashing, "_stamp", lambda stat: str(stat.st_size))  # no clock tells the two states apart
    path = written(tmp_path / "data.json", b"one")
    assert hashes.sha256(path) == sha(b"one")
    path.write_bytes(b"two")
    assert hashes.sha256(path) == sha(b"two")
    assert len(readings) == 2


def test_a_change_time_from_the_future_is_not_trusted(hashes, tmp_path, monkeypatch, readings):
    path, now = written(tmp_path / "data.json", b"one"), time.time_ns
    monkeypatch.setattr(hashing.time, "time_ns", lambda: now() - 10_000_000_000)
    hashes.sha256(path)
    hashes.sha256(path)
    assert len(readings) == 2


def test_a_file_that_grows_while_it_is_read_is_not_remembered(hashes, tmp_path, later, monkeypatch):
    path, feed = written(tmp_path / "data.json", b"one"), hashing._feed

    def feed_and_grow(hashed, file, size):
        feed(hashed, file, size)
        with path.open("ab") as appended:
            appended.write(b"+")

    monkeypatch.setattr(hashing, "_feed", feed_and_grow)
    hashes.sha256(path)
    assert hashes.execute("SELECT count(*) FROM files") == [(0,)]


def test_appending_shows_in_the_prefix(hashes, tmp_path, later):
    path = written(tmp_path / "reviews.jsonl", b"a" * 2_500_000)
    before = hashes.sha256(path)
    with path.open("ab") as file:
        file.write(b"b" * 10)
    assert hashes.prefix_and_whole(path, 2_500_000) == (before, sha256_of(path))
    assert hashes.prefix_and_whole(path, 10**9) == (sha256_of(path), sha256_of(path))
    assert hashes.prefix_and_whole(path, 0)[0] == sha(b"")
    path.write_bytes(b"c" + path.read_bytes()[1:])
    assert hashes.prefix_and_whole(path, 2_500_000)[0] != before


def test_what_is_not_there_is_an_error(hashes, tmp_path):
    with pytest.raises(FileNotFoundError):
        hashes.sha256(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        hashes.folder(tmp_path / "none")
    with pytest.raises(NotADirectoryError):
        hashes.folder(written(tmp_path / "file", b""))


def test_a_folder_is_its_names_and_contents(hashes, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, names in ((first, ("a", "b/c", "d")), (second, ("d", "b/c", "a"))):
        for name in names:
            written(folder / name, name.encode())
    written(first / os.fsdecode(b"\xff"), b"no UTF-8")
    written(second / os.fsdecode(b"\xff"), b"no UTF-8")
    same = hashes.folder(first)
    assert hashes.folder(second) == same
    (second / "a").rename(second / "aa")
    assert hashes.folder(second) != same
    (second / "aa").rename(second / "a")
    assert hashes.folder(second) == same
    written(second / "b/c", b"C")
    assert hashes.folder(second) != same


def test_links_count_only_where_they_stay_inside(hashes, tmp_path):
    folder, outside = tmp_path / "folder", written(tmp_path / "secret", b"secret")
    written(folder / "sub/real", b"content")
    written(folder / "top", b"top")
    plain = hashes.folder(folder)
    (folder / "out").symlink_to(outside)
    (folder / "gone").symlink_to(folder / "nothing")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    assert hashes.folder(folder) == plain
    (folder / "sub" / "link").symlink_to(folder / "top")
    linked = hashes.folder(folder)
    assert linked != plain
    written(folder / "top", b"changed")
    assert hashes.folder(folder) != linked


WORK = """
import sys
from pathlib import Path
from assets.hashing import Hashes
with Hashes(Path(sys.argv[1])) as hashes:
    print(hashes.folder(Path(sys.argv[2])))
"""
WRITE_FOR_EVER = """
import hashlib, itertools, sys
from pathlib import Path
from assets.hashing import Hashes
with Hashes(Path(sys.argv[1])) as hashes:
    for i in itertools.count(int(sys.argv[2]) * 10**9):
        sha256 = hashlib.sha256(b"%d" % i).hexdigest()
        hashes.execute("REPLACE INTO files VALUES (?, ?, ?)", (b"%d" % i, str(i), sha256))
"""


def started(code: str, *arguments: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def test_processes_that_begin_at_once_do_not_disturb_each_other(tmp_path):
    folder, path = tmp_path / "pictures", tmp_path / "lake" / "hashes.sqlite"
    for i in range(300):
        file = written(folder / f"{i}.jpg", b"%d" % i)
        os.utime(file, (1e9, 1e9))
    time.sleep(2.1)  # only settled files are remembered
    processes = [started(WORK, path, folder) for _ in range(4)]
    digests = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    with Hashes(path) as hashes:
        assert digests == {hashes.folder(folder)}
        assert hashes.execute("SELECT count(*) FROM files") == [(300,)]


@pytest.mark.filterwarnings("ignore:.* is damaged")
@pytest.mark.parametrize("content", [b"", b"<html>" * 1000], ids=["new", "damaged"])
def test_those_who_open_a_memory_at_once_wait_for_each_other(tmp_path, content):
    with ThreadPoolExecutor(8) as pool:
        for attempt in range(20):
            barrier, path = Barrier(8), written(tmp_path / f"{attempt}.sqlite", content)
            for opened in pool.map(lambda path, barrier=barrier: barrier.wait() >= 0 and Hashes(path), [path] * 8):
                opened.close()
    assert len(list(tmp_path.glob("*.damaged-*"))) == (20 if content else 0)


def test_a_killed_writer_leaves_only_whole_rows(tmp_path):
    path = tmp_path / "hashes.sqlite"
    for killed in range(1, 4):
        process = started(WRITE_FOR_EVER, path, Path(str(killed)))
        deadline = time.monotonic() + 30
        while rows_of(path) < 200 * killed and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with Hashes(path) as hashes:
            rows = hashes.execute("SELECT path, stamp, sha256 FROM files")
        assert len(rows) >= 200 * killed
        assert all(stamp.encode() == key and sha256 == sha(key) for key, stamp, sha256 in rows)


def rows_of(path: Path) -> int:
    with Hashes(path) as hashes:
        return hashes.execute("SELECT count(*) FROM files")[0][0]


@pytest.mark.parametrize("damage", ["not a database", "pages overwritten", "cut"])
def test_a_damaged_memory_is_put_aside_and_begun_anew(tmp_path, damage, later):
    path, data = tmp_path / "hashes.sqlite", written(tmp_path / "data", b"one")
    with Hashes(path) as hashes:
        for i in range(2000):
            hashes.execute("REPLACE INTO files VALUES (?, ?, ?)", (b"%d" % i, str(i), sha(b"")))
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "not a database": b"<html>" * 1000,
        "pages overwritten": whole[:8192] + b"\xaa" * 8192 + whole[16384:],
        "cut": whole[:middle],
    }[damage]
    path.write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"hashes\.sqlite is damaged .* a new one is begun"), Hashes(path) as hashes:
        assert hashes.sha256(data) == sha(b"one")
    assert [aside.read_bytes() for aside in tmp_path.glob("hashes.sqlite.damaged-*")] == [damaged]
    with Hashes(path) as hashes:
        assert hashes.execute("SELECT sha256 FROM files") == [(sha(b"one"),)]


def test_a_memory_that_another_process_holds_is_not_damaged(tmp_path, monkeypatch):
    path = tmp_path / "hashes.sqlite"
    Hashes(path).close()
    monkeypatch.setattr(memory, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Hashes(path)
    assert not list(tmp_path.glob("*damaged*"))
    holder.close()
