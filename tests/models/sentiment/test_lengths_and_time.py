"""Batches of like length, and how much training fits into a time."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.sentiment.budget import Plan, affordable, planned
from models.sentiment.lengths import Rows, by_length, in_order
from models.sentiment.words import PADDING, Ragged


@given(st.lists(st.integers(1, 300), min_size=1, max_size=400), st.integers(1, 16))
def test_every_row_stands_in_one_batch(lengths, size) -> None:
    drawn = by_length(torch.tensor(lengths))(len(lengths), size)
    assert sorted(torch.cat(list(drawn)).tolist()) == list(range(len(lengths)))
    assert max(len(batch) for batch in drawn) <= size


def test_little_is_padded_and_the_order_is_random() -> None:
    torch.manual_seed(0)
    lengths = torch.randint(1, 400, (4000,))
    batches = by_length(lengths)
    one, other = batches(4000, 32), batches(4000, 32)
    padded = sum(int(lengths[batch].max()) * len(batch) for batch in one)
    assert padded < 1.1 * int(lengths.sum())
    assert [batch.tolist() for batch in one] != [batch.tolist() for batch in other]
    firsts = [int(lengths[batch].max()) for batch in one]
    assert firsts != sorted(firsts)


def test_padding_stands_behind_and_is_marked() -> None:
    rows = Rows(Ragged.of([np.array([5, 6, 7], np.int32), np.array([8], np.int32)]), "cpu")
    numbers, there = rows.padded(torch.tensor([1, 0]))
    assert numbers.tolist() == [[8, PADDING, PADDING], [5, 6, 7]]
    assert there.tolist() == [[True, False, False], [True, True, True]]
    assert [batch.tolist() for batch in in_order(rows.lengths, 1)] == [[0], [1]]


def test_the_plan_fits_the_time() -> None:
    assert affordable(10.0, 1000.0, 6) == Plan(6, 1.0)
    assert affordable(10.0, 30.0, 6) == Plan(2, 1.0)
    epochs, share = affordable(100.0, 50.0, 6)
    assert epochs == 1 and 0.3 < share < 0.5
    assert affordable(1e6, 1.0, 6) == Plan(1, 0.01)


def test_a_resumed_fit_keeps_its_plan(tmp_path) -> None:
    """However busy the machine is by then: another plan would be another training."""
    path = tmp_path / "plan.json"
    first = planned(path, 30.0, 6, lambda: 10.0)
    assert planned(path, 5.0, 6, lambda: 99.0) == first == Plan(2, 1.0)
    assert planned(None, None, 6, lambda: 1 / 0) == Plan(6, 1.0)
