from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.encoders.ahead import ahead


def test_results_come_in_order_whatever_was_done_first():
    gates = [threading.Event() for _ in range(4)]

    def work(job):
        if job < 3:
            assert gates[job + 1].wait(5)  # done in the opposite order
        gates[job].set()
        return job * job

    with ThreadPoolExecutor(4) as pool:
        assert list(ahead(pool, work, range(4), 4)) == [(0, 0), (1, 1), (2, 4), (3, 9)]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_than_the_limit_is_begun_before_it_is_taken(limit):
    asked, taken = [], 0

    def jobs():
        for job in range(20):
            asked.append(job)
            yield job

    with ThreadPoolExecutor(2) as pool:
        for _ in ahead(pool, str, jobs(), limit):
            assert len(asked) - taken <= limit
            taken += 1
    assert taken == 20


def test_an_error_stands_where_its_result_would_have_stood():
    def work(job):
        return 1 / (2 - job)

    taken = []
    with ThreadPoolExecutor(2) as pool, pytest.raises(ZeroDivisionError):
        for job, _ in ahead(pool, work, range(9), 4):
            taken.append(job)
    assert taken == [0, 1]


def test_who_stops_early_pays_for_nothing_more():
    done, gate = [], threading.Event()

    def work(job):
        done.append(job)
        return job == 0 or gate.wait(5)

    with ThreadPoolExecutor(1) as pool:
        results = ahead(pool, work, range(100), 10)
        next(results)
        results.close()
        gate.set()
    assert len(done) <= 2
