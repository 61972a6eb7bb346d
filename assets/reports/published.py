"""Numbers that papers report, from published.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Published(BaseModel):
    """One published result. model and variant name our counterpart, '' where there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    datasets: tuple[str, ...] = Field(min_length=1, description="our names of the datasets it is of")
    protocol: str = Field(description="our protocol of the same name, or the paper's words where we have none")
    metric: str = "rmse"
    value: float = Field(gt=0, description="on the test set, in the metric's unit")
    train: float | None = Field(default=None, description="on the training set, where reported")
    label: str = Field(description="the paper's own name of the approach")
    model: str = ""
    variant: str = ""
    source: str
    place: str = Field(description="table or page")
    note: str = ""


@cache
def _all() -> tuple[Published, ...]:
    entries = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))
    sources = entries["sources"]
    return tuple(Published(**row | {"source": sources[row["source"]]}) for row in entries["results"])


def published_for(dataset: str) -> list[Published]:
    """Every published result on a dataset, in the file's order."""
    return [row for row in _all() if dataset in row.datasets]
