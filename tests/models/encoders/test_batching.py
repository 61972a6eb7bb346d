from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.batching import SAMPLES, Budget, batches, bucket


@given(st.lists(st.integers(1, 300)), st.integers(1, 1000))
def test_batches_hold_every_row_once_within_the_budget_widest_first(widths, budget):
    found = list(batches(widths, lambda: budget))
    assert sorted(row for batch in found for row in batch) == list(range(len(widths)))
    assert all(len(batch) == 1 or len(batch) * max(widths[row] for row in batch) <= budget for batch in found)
    flat = [widths[row] for batch in found for row in batch]
    assert flat == sorted(flat, reverse=True)


def test_a_budget_that_changes_counts_from_the_next_batch():
    budget = [40]
    sizes = []
    for batch in batches([10] * 12, lambda: budget[0]):
        sizes.append(len(batch))
        budget[0] = 20
    assert sizes == [4, 2, 2, 2, 2]


@pytest.mark.parametrize(("length", "width"), [(1, 16), (16, 16), (17, 32), (128, 128), (129, 192), (500, 512)])
def test_buckets(length, width):
    assert bucket(length) == width


class Machine:
    """A clock that a batch moves on: `speed(tokens)` tokens a second."""

    def __init__(self, speed):
        self.now, self.speed = 0.0, speed

    def work(self, budget, batches=100):
        for _ in range(batches):
            tokens = budget.tokens
            with budget.measured(tokens):
                self.now += tokens / self.speed(tokens)


def grown(speed, most=10**6):
    machine = Machine(speed)
    budget = Budget(1000, most, clock=lambda: machine.now)
    machine.work(budget)
    return budget


def test_it_doubles_while_that_is_faster_and_stays_there():
    budget = grown(lambda tokens: min(tokens, 8000))
    assert (budget.tokens, budget.settled) == (8000, True)


def test_it_never_outgrows_its_limit_nor_what_memory_holds():
    assert grown(lambda tokens: tokens, most=5000).tokens == 4000
    machine = Machine(lambda tokens: tokens)
    budget = Budget(1000, 10**6, clock=lambda: machine.now)
    budget.fit(bytes_per_token=1000, free_bytes=4_000_000)
    machine.work(budget)
    assert budget.tokens == 2000


def test_small_batches_say_nothing():
    budget = Budget(1000, 10**6, clock=iter(range(1000)).__next__)
    for _ in range(10 * SAMPLES):
        with budget.measured(400):
            pass
    assert (budget.tokens, budget.settled) == (1000, False)


def test_out_of_memory_halves_it_for_good():
    budget = grown(lambda tokens: min(tokens, 8000))
    budget.halve()
    Machine(lambda tokens: tokens).work(budget)
    assert (budget.tokens, budget.halvings, budget.settled) == (4000, 1, True)
    growing = Budget(1000, 10**6)
    growing.halve()
    assert (growing.tokens, growing.settled) == (500, True)


def test_a_fixed_budget_is_never_timed():
    budget = Budget(1000, wait=lambda: pytest.fail("waited"), clock=lambda: pytest.fail("timed"))
    with budget.measured(1000):
        pass
    assert budget.tokens == 1000


def test_an_error_in_a_batch_is_not_a_measurement():
    budget = Budget(1000, 10**6)
    for _ in range(5 * SAMPLES):
        with pytest.raises(ValueError, match="broken"), budget.measured(1000):
            raise ValueError("broken")
    assert (budget.tokens, budget.settled) == (1000, False)
