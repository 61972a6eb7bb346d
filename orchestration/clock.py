"""A clock that was ahead for a while: schedules and sensors that ran then wait until that time has come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick  # has no public name

AHEAD_SECONDS = 300
"""Clocks of two machines may differ by so much and mean nothing by it."""


def waiting(instance: dg.DagsterInstance) -> Iterator[str]:
    """Schedules and sensors that ran in the future, and until when they will not run again."""
    for state in instance.all_instigator_state():
        if (until := _until(instance, state)) > time.time() + AHEAD_SECONDS:
            yield f"{state.name} until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"


def set_right(instance: dg.DagsterInstance) -> None:
    """Forget that they ran in the future, so that they run again from now on."""
    for state in instance.all_instigator_state():
        if (until := _until(instance, state)) > time.time() + AHEAD_SECONDS:
            instance.purge_ticks(state.instigator_origin_id, state.selector_id, until + 1)
            moments = {name: time.time() for name in _moments(state)}
            instance.update_instigator_state(state.with_data(state.instigator_data._replace(**moments)))


def _until(instance: dg.DagsterInstance, state: InstigatorState) -> float:
    ticks: list[InstigatorTick] = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    return max([*(tick.timestamp for tick in ticks), *_moments(state).values()], default=0)


def _moments(state: InstigatorState) -> dict[str, float]:
    known = state.instigator_data._asdict() if state.instigator_data else {}
    return {name: value for name, value in known.items() if name.endswith("timestamp") and value}
