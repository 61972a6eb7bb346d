"""Whether torch.compile pays: asked of the machine, with a stopwatch, on a job's own batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Forward = Callable[..., Any]
ROUNDS = 3
GAIN = 1.1
"""Compiled code must be so many times as fast, else it is not worth the surprises."""
AFTER_TOKENS = 50_000_000
"""Padded tokens that a job must have put through before the question is worth the minute that compiling takes."""


def faster(
    eager: Forward,
    compiled: Forward,
    inputs: tuple[Any, ...],
    wait: Callable[[], None],
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Forward, str]:
    """The faster of the two on these inputs, and a sentence for the record.

    wait: returns when the device is done. A failing compiler (none installed, an operation it does not know) is an
    answer too: the job goes on as it was.
    """
    try:
        compiled(*inputs)  # compiles
    except RuntimeError as error:  # torch's compiler errors all are
        return eager, f"no: {type(error).__name__}: {str(error).strip().splitlines()[0][:120] if str(error) else ''}"
    slow, fast = _seconds(eager, inputs, wait, clock), _seconds(compiled, inputs, wait, clock)
    pays = slow > GAIN * fast
    said = f"{'yes' if pays else 'no'}: {1000 * fast:.1f} ms a batch compiled, {1000 * slow:.1f} ms not"
    return (compiled if pays else eager), said


def _seconds(forward: Forward, inputs: tuple[Any, ...], wait: Callable[[], None], clock: Callable[[], float]) -> float:
    """The best of ROUNDS."""
    times = []
    for _ in range(ROUNDS):
        wait()
        start = clock()
        forward(*inputs)
        wait()
        times.append(clock() - start)
    return min(times)
