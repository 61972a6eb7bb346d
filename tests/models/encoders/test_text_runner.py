from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoders._text_runner import TextRunner
from models.encoders.batching import Budget


def sums(ids, mask):
    """A model whose vector is (sum, count) of a text's own tokens."""
    mask = torch.ones_like(ids) if mask is None else mask
    return torch.stack([(ids * mask).sum(1), mask.sum(1)], 1).float()


def runner(forward=sums, budget=100, **options):
    return TextRunner(forward, torch.device("cpu"), Budget(budget), pad=9, longest=64, **options)


PIECES = st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=40), min_size=1, max_size=30)


@given(PIECES, st.integers(1, 200))
def test_every_vector_in_its_place_whatever_the_budget(pieces, budget):
    told = []
    one = runner(budget=budget)
    found = one.run([np.array(piece, np.int32) for piece in pieces], told.extend)
    np.testing.assert_array_equal(found, [[sum(piece), len(piece)] for piece in pieces])
    assert sorted(told) == list(range(len(pieces)))
    assert one.tokens == sum(map(len, pieces)) and 0 <= one.telemetry["padding_share"] < 1


def small_gpu(most, sizes):
    """A model for which more than `most` tokens at once are too many."""

    def forward(ids, mask):
        sizes.append(len(ids))
        if ids.numel() > most:
            raise torch.cuda.OutOfMemoryError("too much")
        return sums(ids, mask)

    return forward


def test_out_of_memory_halves_the_batch_and_the_budget_from_then_on():
    sizes = []
    pieces = [np.full(10, row, np.int32) for row in range(30)]
    one = runner(small_gpu(30, sizes), budget=100)
    found = one.run(pieces, lambda _rows: None)
    np.testing.assert_array_equal(found[:, 0], [10 * row for row in range(30)])
    assert sizes[:5] == [10, 5, 3, 3, 3] and max(sizes[6:]) == 2
    assert (one.budget.tokens, one.telemetry["oom_halvings"]) == (25, 2)


def test_one_text_too_many_is_said_in_words():
    with pytest.raises(RuntimeError, match="does not hold one text of 10 tokens"):
        runner(small_gpu(5, []), budget=20).run([np.ones(10, np.int32)] * 2, lambda _rows: None)


def test_other_errors_pass():
    def broken(ids, mask):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        runner(broken).run([np.ones(3, np.int32)], lambda _rows: None)


def test_no_mask_where_there_is_no_padding():
    masks = []
    one = runner(lambda ids, mask: masks.append(mask) or sums(ids, mask))
    one.run([np.ones(3, np.int32)] * 4, lambda _rows: None)
    assert masks == [None] and one.telemetry["padding_share"] == 0


def test_always_full_pads_to_the_longest_and_gives_no_mask():
    seen = []
    one = runner(lambda ids, mask: seen.append((ids, mask)) or sums(ids, mask), always_full=True)
    one.run([np.ones(3, np.int32)], lambda _rows: None)
    (ids, mask) = seen[0]
    assert mask is None and ids.tolist() == [[1] * 3 + [9] * 61]


def test_compiling_is_tried_once_and_only_on_a_large_job(monkeypatch):
    from models.encoders import compiling

    monkeypatch.setattr(compiling, "AFTER_TOKENS", 50)
    monkeypatch.setattr(TextRunner, "_wait", lambda self: None)
    made = []

    def make():
        made.append(True)
        return sums

    slow = [False]

    def eager(ids, mask):
        if slow[0]:
            torch.randn(300, 300) @ torch.randn(300, 300)
        return sums(ids, mask)

    one = runner(eager, budget=10, compiled=make)
    one.run([np.ones(10, np.int32)] * 4, lambda _rows: None)
    assert not made and one.compiled.startswith("no: not tried")
    slow[0] = True
    found = one.run([np.full(10, row, np.int32) for row in range(9)], lambda _rows: None)
    np.testing.assert_array_equal(found[:, 0], [10 * row for row in range(9)])
    assert made == [True] and one.compiled.startswith("yes")
