"""Progress in the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def terminal_progress() -> Iterator[Callable[[str], None]]:
    """Print every line of progress with the time since the beginning; yields what prints one more."""
    from assets import steps

    started = time.monotonic()

    def tell(line: str) -> None:
        click.echo(f"{time.monotonic() - started:7.1f} s  {line}", err=True)

    steps.listeners.append(tell)
    try:
        yield tell
    finally:
        steps.listeners.remove(tell)
