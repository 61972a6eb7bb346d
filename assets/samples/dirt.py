"""Plants bad lines among good ones and keeps count, so that ingest can be held to the exact number of rejects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SHARE = 0.003
"""Bad lines per good line of a file."""

ERROR_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>\n"
    "<body><h1>Service Unavailable</h1><p>The image server is busy.</p></body></html>\n"
)
"""What a crawler stores when a server answers with a page in place of a picture."""


@dataclass(frozen=True)
class Kind:
    """One kind of bad line: its reason, how a good line becomes one, and whether the result counts as a duplicate."""

    reason: str
    make: Callable[[str], str]
    duplicate: bool = False


def clean(rows: int) -> dict:
    """The account of a file without bad lines."""
    return {"read": rows, "good": rows, "rejected": {}, "duplicate": 0}


def plant(lines: list[str], kinds: list[Kind], rng: np.random.Generator) -> tuple[list[str], dict]:
    """The good lines with bad ones among them, as many of each kind; and {"rejected": by reason, "duplicate": n}.

    A bad line is made from a good line that stands before it, so a duplicate is always the later one of two.
    """
    each = max(1, round(SHARE * len(lines) / len(kinds)))
    sources = np.sort(rng.choice(len(lines), size=each * len(kinds), replace=False))
    owners = rng.permutation(np.repeat(np.arange(len(kinds)), each))
    bad = {int(s): kinds[int(k)] for s, k in zip(sources, owners, strict=True)}
    result = []
    for number, line in enumerate(lines):
        result.append(line)
        if number in bad:
            result.append(bad[number].make(line))
    rejected = {kind.reason: each for kind in kinds if not kind.duplicate}
    return result, {"rejected": rejected, "duplicate": each * sum(kind.duplicate for kind in kinds)}
