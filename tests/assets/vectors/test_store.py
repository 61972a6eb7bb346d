from __future__ import annotations

import multiprocessing

import numpy as np
import pandas as pd
import pytest

from assets.vectors.store import Store
from tests.assets.vectors.imitation import Imitation


def opened(root):
    return Store.of(root, Imitation("imitation", "", 0.0).identity)


def all_rows(store):
    return pd.concat([pd.read_parquet(path) for path in store.files()])


def test_what_is_added_is_read(tmp_path):
    store = opened(tmp_path)
    store.add(0, ["a", "b"], np.arange(8, dtype=np.float32).reshape(2, 4))
    rows = all_rows(opened(tmp_path))
    assert dict(zip(rows.key, map(list, rows.vector), strict=True)) == {"a": [0, 1, 2, 3], "b": [4, 5, 6, 7]}


def test_what_another_has_added_meanwhile_is_not_added_again(tmp_path):
    one, other = opened(tmp_path), opened(tmp_path)
    assert one.add(0, ["a", "b"], np.ones((2, 4), np.float32)) == 2
    assert other.add(0, ["b", "c"], np.full((2, 4), 2, np.float32)) == 1
    assert one.add(1, ["c"], np.full((1, 4), 3, np.float32)) == 0
    rows = all_rows(one)
    assert sorted(rows.key) == ["a", "b", "c"]
    assert {key: vector[0] for key, vector in zip(rows.key, rows.vector, strict=True)} == {"a": 1, "b": 1, "c": 2}


def _add_many(root, start, all_open):
    store = opened(root)
    all_open.wait(60)
    for number, first in enumerate(range(start, start + 40, 8)):
        keys = [str(key) for key in range(first, first + 8)]
        store.add(number, keys, np.ones((8, 4), np.float32))


def test_many_processes_at_once_leave_every_key_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    all_open = context.Barrier(3)
    workers = [context.Process(target=_add_many, args=(tmp_path, start, all_open)) for start in (0, 4, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    keys = all_rows(opened(tmp_path)).key
    assert sorted(map(int, keys)) == list(range(50))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(tmp_path, bad):
    vectors = np.ones((2, 4), np.float32)
    vectors[1, 2] = bad
    with pytest.raises(ValueError, match="NaN or infinity for 1 of 2 contents, b for example"):
        opened(tmp_path).add(0, ["a", "b"], vectors)
    assert not opened(tmp_path).files()


def test_vectors_of_another_width_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 keys of 4 numbers, but vectors are \(2, 5\)"):
        opened(tmp_path).add(0, ["a", "b"], np.ones((2, 5), np.float32))
