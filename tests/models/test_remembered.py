"""What is remembered is found by its content, and no more of it is kept than was agreed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from models import remembered as module
from models.data import Interactions
from models.remembered import forget, remembered, size_of

CALLS: list[tuple] = []


@dataclass
class Doubled:
    table: np.ndarray


def doubled(table: np.ndarray, times: int = 1) -> Doubled:
    CALLS.append((table, times))
    return Doubled(2.0 * times * table)


def n_rows(rows: Interactions) -> int:
    CALLS.append((rows,))
    return len(rows)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch) -> None:
    monkeypatch.setattr(module, "_known", type(module._known)())
    CALLS.clear()


def test_the_same_content_is_computed_once() -> None:
    table = np.arange(6.0).reshape(2, 3)
    first = remembered(doubled, table, 3)
    assert remembered(doubled, table.copy(), 3) is first and len(CALLS) == 1
    np.testing.assert_array_equal(first.table, 6 * table)


@pytest.mark.parametrize(
    "other",
    [np.arange(6.0)[::-1].reshape(2, 3), np.arange(6.0), np.arange(6, dtype=np.float32).reshape(2, 3)],
    ids=["other numbers", "other shape", "other type"],
)
def test_other_content_is_computed_anew(other) -> None:
    remembered(doubled, np.arange(6.0).reshape(2, 3))
    remembered(doubled, other)
    remembered(doubled, other, 2)
    assert len(CALLS) == 3


def test_an_array_that_was_changed_since_is_another_one() -> None:
    table = np.ones(4)
    remembered(doubled, table)
    table[0] = 5
    assert remembered(doubled, table).table[0] == 10


def test_interactions_count_by_their_rows() -> None:
    def rows(last: float) -> Interactions:
        ids, ratings = np.arange(3, dtype=np.int32), np.array([1, 2, last], np.float32)
        return Interactions(ids, ids, ratings, np.full(3, -1, np.int64))

    assert remembered(n_rows, rows(3)) == remembered(n_rows, rows(3)) == 3 and len(CALLS) == 1
    remembered(n_rows, rows(4))
    assert len(CALLS) == 2


def test_what_was_not_asked_for_longest_is_forgotten_first(monkeypatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 2 * 8 * 10)
    one, two, three = (np.full(10, float(n)) for n in range(3))
    for table in (one, two, one, three):  # the third takes the place of the second
        remembered(doubled, table)
    assert len(CALLS) == 3
    remembered(doubled, one)
    assert len(CALLS) == 3
    remembered(doubled, two)
    assert len(CALLS) == 4


def test_what_is_forgotten_is_computed_anew() -> None:
    remembered(doubled, np.ones(3))
    forget()
    remembered(doubled, np.ones(3))
    assert len(CALLS) == 2


def test_what_is_too_large_is_not_kept(monkeypatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 100)
    assert remembered(doubled, np.ones(20)).table.sum() == 40
    assert not module._known


def test_size_counts_arrays_and_tensors_wherever_they_are_held() -> None:
    assert size_of((np.zeros(3), [Doubled(np.zeros((2, 2), np.float32))], torch.zeros(5), "text", 7)) == 24 + 16 + 20
