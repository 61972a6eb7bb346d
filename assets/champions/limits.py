"""The limits that a champion is held to, read from `limits.toml`."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path(__file__).with_name("limits.toml")


class Limit(BaseModel):
    """Lowest and highest value that pass; an end that is not given is open."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    at_least: float = Field(default=-math.inf, description="lowest value that passes")
    at_most: float = Field(default=math.inf, description="highest value that passes")
    why: str = Field(min_length=1, description="one line: why the limit is where it is")

    def allows(self, low: float, high: float) -> bool:
        """Whether some value from low to high passes; for a value without an interval both are it."""
        return low <= self.at_most and high >= self.at_least

    def __str__(self) -> str:
        ends = [f"at least {self.at_least:g}"] * math.isfinite(self.at_least)
        return ", ".join(ends + [f"at most {self.at_most:g}"] * math.isfinite(self.at_most))


class Limits(BaseModel):
    """All limits of a champion."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    calibration_slope: Limit
    calibration_error: Limit
    milliseconds_per_user: Limit


@cache
def limits(path: Path = FILE) -> Limits:
    """The limits. Raises ValueError that names the file and the bad key."""
    try:
        return Limits.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
