"""The store keeps each picture once, and the state each outcome as it was."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from assets.posters.state import State
from assets.posters.store import PictureStore
from assets.posters.wanted import Outcome

FOUND = Outcome("a", "url", "http://h/a", "http://h/a", sha256="0" * 64, path="00/0.jpg", bytes=7, match_score=0.95)


def test_the_same_picture_is_stored_once_under_its_hash(tmp_path):
    store = PictureStore(tmp_path / "pictures")
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda number: store.put(b"picture %d" % (number % 3), "JPEG"), range(60)))
    files = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
    assert sorted(files) == sorted({path for _, path in kept})
    assert len(files) == 3
    sha256, path = kept[0]
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    assert (path.suffix, path.parent.name) == (".jpg", sha256[:2])
    inode = path.stat().st_ino
    assert PictureStore(store.folder).put(b"picture 0", "JPEG")[1].stat().st_ino == inode  # not even written again
    assert store.holds(path.relative_to(store.folder).as_posix())
    assert not store.holds("00/other.jpg")
    assert not store.holds(None)


def test_the_extension_is_the_real_format(tmp_path):
    formats = ("JPEG", "PNG", "WEBP", "GIF", "TIFF")
    assert [PictureStore(tmp_path).put(b"x", name)[1].suffix for name in formats] == [
        ".jpg",
        ".png",
        ".webp",
        ".gif",
        ".tif",
    ]


def test_an_outcome_is_there_at_once_for_others_to_read(tmp_path):
    with State(tmp_path / "deep" / "state.sqlite") as state:
        kept = state.record(FOUND)
        other = sqlite3.connect(tmp_path / "deep" / "state.sqlite")
        assert other.execute("SELECT item_id, status FROM outcomes").fetchall() == [("a", "found")]
        other.close()
        assert state.of("a") == {("url", "http://h/a"): kept}
        assert state.found_at("http://h/a") == kept
        assert state.found_at("http://h/b") is None
        assert replace(kept, fetched_at="", attempts=0) == FOUND
        assert (datetime.now(UTC) - datetime.fromisoformat(kept.fetched_at)).total_seconds() < 5


def test_a_later_outcome_replaces_the_earlier_one(tmp_path):
    with State(tmp_path / "state.sqlite") as state:
        state.record(replace(FOUND, status="missing", settled=False, sha256=None))
        state.record(FOUND)
        state.record(replace(FOUND, item_id="b", settled=False))
    with State(tmp_path / "state.sqlite") as state:
        rows = list(state.rows())
    assert [(row["item_id"], row["status"], row["settled"], row["attempts"]) for row in rows] == [
        ("a", "found", True, 2),
        ("b", "found", False, 1),
    ]
