"""What a second ingest costs: nothing for what is unchanged, the new end of what grew, one reload of what changed."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.ingest import loading

NAME = "amazon/2023/Sample_Shop.jsonl"


def line(user: int, **changes) -> str:
    row = {"user_id": f"u{user}", "parent_asin": f"A{user % 7}", "rating": 5.0, "timestamp": 1588687728923 + user,
           "text": f"text {user}", "title": "t", "helpful_vote": 0, "verified_purchase": True}  # fmt: skip
    return json.dumps(row | changes) + "\n"


def write(root: Path, text: str, name: str = NAME) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if name.endswith("gz") else text.encode())
    return path


def contents(staged) -> list:
    columns = "line, user_id, item_id, rating, ts, review_id, title, text"
    return staged.rows(f"SELECT {columns} FROM staging.ratings ORDER BY line")


FIRST = "".join(line(i) for i in range(500)) + "junk\n" + line(3)
MORE = line(600) + "\n" + line(7) + "more junk\n" + line(601)


def test_an_unchanged_file_is_not_read(ingest, tmp_path):
    path = write(tmp_path, FIRST)
    first = ingest("sample-shop", tmp_path)
    parts = {p: p.stat().st_mtime_ns for p in first.segments.folder.glob("*.parquet")}
    os.utime(path)
    again = ingest("sample-shop", tmp_path)
    assert again.said == []
    assert {p: p.stat().st_mtime_ns for p in again.segments.folder.glob("*.parquet")} == parts


ENDS = [MORE, MORE.replace("\n", "\r\n"), MORE.replace("\n", "\r\n", 2), MORE.replace("more junk", "more \xff junk")]


@pytest.mark.parametrize("more", ENDS, ids=["LF", "CRLF", "mixed", "not UTF-8"])
def test_of_a_file_that_grew_only_the_end_is_read(ingest, tmp_path, more):
    path = write(tmp_path, FIRST)
    before = ingest("sample-shop", tmp_path)
    part = before.segments.files([before.file(NAME)])[0]
    inode = part.stat().st_ino
    with path.open("ab") as file:
        file.write(more.encode("latin-1"))
    grown = ingest("sample-shop", tmp_path)
    assert grown.said[0] == f"{NAME}: reading 0.0 MB that were appended"
    assert part.stat().st_ino == inode, "the first part was left alone"
    assert grown.counts(NAME) == (506, 502, 2, 2)
    assert grown.reasons() == [(501, "not a JSON object"), (506, "not a JSON object")]
    rows, content = contents(grown), grown.file(NAME).content
    for staged in grown.segments.folder.glob("*.json"):
        staged.unlink()
    anew = ingest("sample-shop", tmp_path)
    assert len(anew.file(NAME).segments[0].file) and contents(anew) == rows
    assert anew.file(NAME).content == content, "however the rows came, they are the same content"


def test_rows_that_vanished_upstream_are_gone(ingest, tmp_path):
    write(tmp_path, FIRST)
    first = ingest("sample-shop", tmp_path).file(NAME).content
    write(tmp_path, "".join(line(i) for i in range(400)))
    less = ingest("sample-shop", tmp_path)
    assert less.counts(NAME) == (400, 400, 0, 0) and less.reasons() == []
    assert len(list(less.segments.folder.glob("*.segment.parquet"))) == 1, "what nothing refers to is removed"
    write(tmp_path, FIRST)
    assert ingest("sample-shop", tmp_path).file(NAME).content == first


def test_a_change_in_the_middle_or_an_unfinished_last_line_reads_the_file_anew(ingest, tmp_path):
    path = write(tmp_path, FIRST.rstrip("\n"))
    ingest("sample-shop", tmp_path)
    path.write_text(FIRST.rstrip("\n") + line(900) + line(901))
    grown = ingest("sample-shop", tmp_path)
    assert "appended" not in grown.said[0]
    # What followed went on with the unfinished line: two objects on one, the first a duplicate.
    assert grown.rows("SELECT user_id FROM staging.ratings WHERE line = 502") == [("u900",)]
    path.write_text(line(1000) + path.read_text() + line(1001))
    assert "appended" not in ingest("sample-shop", tmp_path).said[0]


def test_a_gzipped_file_is_read_anew_and_an_equal_one_is_equal_content(ingest, tmp_path):
    name = NAME + ".gz"
    path = write(tmp_path, FIRST, name)
    first = ingest("sample-shop", tmp_path).file(name)
    path.write_bytes(gzip.compress(FIRST.encode(), compresslevel=1, mtime=5))
    second = ingest("sample-shop", tmp_path).file(name)
    assert second.sha256 != first.sha256 and second.content == first.content
    path.write_bytes(path.read_bytes() + gzip.compress(MORE.encode()))
    assert ingest("sample-shop", tmp_path).counts(name) == (506, 502, 2, 2)


def test_a_file_that_is_gone_takes_its_rows_along(ingest, tmp_path):
    write(tmp_path, FIRST)
    meta = write(tmp_path, '{"parent_asin": "A1", "title": "One"}\n', "amazon/2023/meta_Sample_Shop.jsonl")
    assert ingest("sample-shop", tmp_path).rows("SELECT count(*) FROM staging.products") == [(1,)]
    meta.unlink()
    assert ingest("sample-shop", tmp_path).rows("SELECT count(*) FROM staging.products") == [(0,)]


def test_a_file_is_read_anew_where_another_that_it_refers_to_has_changed(ingest, tmp_path):
    businesses = write(tmp_path, '{"business_id": "b", "name": "B"}\n', "yelp/yelp_academic_dataset_business.json")
    write(tmp_path, '{"photo_id": "p", "business_id": "c"}\n', "yelp/photos.json")
    assert ingest("sample-places", tmp_path).reasons() == [(1, "business: not in the business file: c")]
    with businesses.open("a") as file:
        file.write('{"business_id": "c", "name": "C"}\n')
    after = ingest("sample-places", tmp_path)
    assert after.reasons() == []
    assert after.rows("SELECT item_id, file FROM staging.pictures") == [("c", "yelp/photos/p.jpg")]


CHILD = """
import sys
from pathlib import Path
from assets.datasets import dataset
from assets.home import Home
from assets.ingest.assets import stage
home = Home(root=sys.argv[1], raw=sys.argv[2])
about = dataset("sample-shop").model_copy(update={"embedded": False})
print("ready", flush=True)
print(stage(home, about, lambda line: print(line, flush=True)).data_version, flush=True)
import os; os._exit(0)
"""


def test_killed_at_any_moment_the_next_run_finishes_the_work(tmp_path):
    home, raw = tmp_path / "home", tmp_path / "raw"
    write(raw, "".join(line(i, text="word " * (i % 200)) for i in range(60_000)) + "junk\n")
    write(raw, '{"parent_asin": "A1", "title": "One"}\n' * 3, "amazon/2023/meta_Sample_Shop.jsonl")

    def start() -> subprocess.Popen:
        command = [sys.executable, "-c", CHILD, str(home), str(raw)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "ready\n"
        return child

    chance = random.Random(0)
    for _ in range(6):
        child = start()
        time.sleep(chance.uniform(0, 0.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    finished = start()
    output, _ = finished.communicate(timeout=60)
    assert finished.returncode == 0
    version = output.splitlines()[-1]
    staging = home / "lake" / "sample-shop" / "staging"
    assert not [path.name for path in staging.iterdir() if path.name.startswith(".")], "nothing half-written is left"
    undisturbed = tmp_path / "undisturbed"
    command = [sys.executable, "-c", CHILD, str(undisturbed), str(raw)]
    other = subprocess.run(command, capture_output=True, text=True, check=True)
    assert other.stdout.splitlines()[-1] == version
    files = {path.name for path in (undisturbed / "lake" / "sample-shop" / "staging").iterdir()}
    assert {path.name for path in staging.iterdir()} == files, "no more files than without the kills"


def test_long_reading_tells_how_far_it_is(ingest, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "TELL_EVERY_SECONDS", 0.005)
    write(tmp_path, "".join(line(i, text="<br> word " * 60) for i in range(60_000)))
    said = ingest("sample-shop", tmp_path).said
    assert [one for one in said if one.endswith("% of this pass")]
