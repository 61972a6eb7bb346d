"""Files are whole or absent, and equal content has equal digests."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from assets.files import alone, atomic_file, atomic_folder, digest, read_json, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"a": 1})
    with pytest.raises(RuntimeError), atomic_file(target) as path:
        path.write_text("half")
        raise RuntimeError
    assert read_json(target) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "model"
    with atomic_folder(target) as folder:
        (folder / "old").write_text("1")
    with atomic_folder(target) as folder:
        (folder / "new").write_text("2")
    assert [p.name for p in target.iterdir()] == ["new"]
    with pytest.raises(RuntimeError), atomic_folder(target) as folder:
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_digests_do_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest(["a"], ["b"]) != digest(["a", "b"])


def test_what_a_killed_writer_left_is_swept_away_by_the_next(tmp_path):
    (tmp_path / ".a.json.x1.part").write_text("half")
    (tmp_path / ".model.x2.part").mkdir()
    (tmp_path / ".b.json.x3.part").write_text("another file's")
    write_json(tmp_path / "a.json", 1)
    with atomic_folder(tmp_path / "model"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.json.x3.part", "a.json", "model"]


WRITER = """
import sys, time
from pathlib import Path
from assets.files import alone, atomic_file
path = Path(sys.argv[1])
for turn in range(20):
    with alone(path), atomic_file(path) as temporary:
        temporary.write_text(str(turn))
        time.sleep(0.005)
"""


def test_two_writers_of_one_file_do_not_sweep_each_other_away(tmp_path):
    """Without the lock each takes the other's temporary file for what a killed writer left."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "x")]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert (tmp_path / "x").read_text() == "19"


def test_a_killed_writer_holds_nobody_up(tmp_path):
    holding = "import sys, time; from pathlib import Path; from assets.files import alone\n"
    holding += "with alone(Path(sys.argv[1])): print('held', flush=True); time.sleep(100)"
    killed = subprocess.Popen([sys.executable, "-c", holding, str(tmp_path / "x")], stdout=subprocess.PIPE)
    assert killed.stdout.readline() == b"held\n"
    killed.kill()
    killed.wait(10)
    began = time.monotonic()
    with alone(tmp_path / "x"):
        assert time.monotonic() - began < 5
    killed.stdout.close()
