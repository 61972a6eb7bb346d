"""How much training fits into the time that is left: epochs, or a part of the texts once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

STEPS = 4
"""Steps that are timed; the first, which also pays for memory and kernels, does not count."""
RESERVE = 0.85
"""Of the time, what is planned for: looking at the validation texts takes some as well."""


class Plan(NamedTuple):
    """What a training is to do: passes over the texts, and the share of the texts that it sees at all."""

    epochs: int
    share: float


def planned(path: Path | None, seconds: float | None, epochs: int, measure: Callable[[], float]) -> Plan:
    """At most `epochs` passes over all texts, fewer if `seconds` do not allow more; kept in `path` for a resumed fit.

    measure: seconds that a pass over all texts takes; asked only where time is limited.
    """
    if path is not None and path.exists():
        return TypeAdapter(Plan).validate_json(path.read_bytes())
    plan = affordable(measure(), seconds, epochs) if seconds is not None else Plan(epochs, 1.0)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(plan))
    return plan


def affordable(seconds_a_pass: float, seconds: float, epochs: int) -> Plan:
    """The plan for a pass that takes so long; never less than a hundredth of the texts."""
    passes = RESERVE * seconds / seconds_a_pass
    return Plan(max(1, min(epochs, int(passes))), min(1.0, max(0.01, passes)))


def seconds_of(steps: list[Callable[[], object]]) -> float:
    """Mean seconds of the steps after the first."""
    times = []
    for step in steps:
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return sum(times[1:]) / len(times[1:]) if len(times) > 1 else times[0]
