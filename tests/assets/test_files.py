"""Files are whole or absent, and equal content has equal digests."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from assets.files import alone, atomic_file, atomic_folder, digest, read_json, write_json
from assets.leftovers import sweep
from assets.warehouse import working


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


KILLED = """
import os, signal, sys
from pathlib import Path
from assets.files import atomic_file, atomic_folder
folder = Path(sys.argv[1])
with atomic_file(folder / "a.json"), atomic_folder(folder / "model"), atomic_file(folder / "b.json"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_swept_away_by_the_next(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 3
    write_json(tmp_path / "a.json", 1)
    with atomic_folder(tmp_path / "model"):
        pass
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left[0].startswith(".b.json.") and left[1:] == ["a.json", "model"], "another file's is left alone"


def test_all_that_killed_processes_left_is_found_and_nothing_that_is_being_written(tmp_path):
    deep = tmp_path / "lake" / "x"
    deep.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", KILLED, str(deep)], check=False)
    (deep / ".raw.zip.part").write_text("a download that will be resumed")
    elsewhere = [deep / f".c.00000000-1-{n}.x.part" for n in (1, 2)]
    for path in elsewhere:
        path.write_text("another machine's")
    os.utime(elsewhere[0], (1, 1))
    with atomic_file(deep / "d"), working():
        swept = sweep(tmp_path)
        assert len(swept) == 4 and elsewhere[0] in swept
        assert {p.name.split(".")[1] for p in deep.iterdir()} == {"raw", "c", "d"}
        assert not sweep(tmp_path)


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
