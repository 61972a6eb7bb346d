from __future__ import annotations

import pytest

from assets.vectors.meter import Meter, duration
from assets.vectors.todo import shard_rows


def test_rate_and_time_left_weigh_the_work_by_size():
    said, now = [], [0.0]
    meter = Meter([(10, 900), (10, 100)], said.append, lambda: now[0])
    now[0] = 9.0
    meter.advance(10)
    now[0] = 10.0
    meter.advance(10)
    assert said == ["encoded 10 of 20, 1.1 a second, 1 s left", "encoded 20 of 20, 2.0 a second"]


def test_it_does_not_tell_more_than_every_five_seconds():
    said, now = [], [0.0]
    meter = Meter([(100, 100)], said.append, lambda: now[0])
    for second in range(1, 100):
        now[0] = float(second)
        meter.advance(1)
    assert len(said) == 19


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h")])
def test_durations_are_for_people(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("total", "rows"), [(0, 512), (1, 512), (131_072, 512), (131_073, 1024), (571_000_000, 16_384)]
)
def test_shards_grow_with_the_work_within_bounds(total, rows):
    assert shard_rows(total) == rows
