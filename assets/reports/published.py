"""Numbers that papers report, from published.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assets.datasets import Dataset
from assets.studies.declared import study_of


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


class Line(BaseModel):
    """One line of a paper's table. values: in the order of the table's metrics, NaN for what is not printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    model: str
    variant: str = ""
    setting: str = Field(default="", description="the study's variant with the line's settings, where variant has not")
    values: tuple[float, ...]
    needs: Literal["", "image"] = Field(default="", description="what a dataset must have for ours to say anything")
    note: str = Field(default="", description="why ours differs, in a sentence")


class Table(BaseModel):
    """A paper's table, to be rebuilt line by line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    place: str
    datasets: tuple[str, ...] = Field(default=(), description="our names of the datasets it is of")
    kinds: tuple[str, ...] = Field(default=(), description="sources whose data stands in for the paper's own")
    protocol: str
    metrics: tuple[str, ...] = Field(description="our names of them, e.g. train_rmse")
    note: str
    rows: tuple[Line, ...]

    def results(self) -> list[Published]:
        """The test RMSEs for leaderboards; none where the data is other data. Settings of studies stand on no board."""
        if not self.datasets or "rmse" not in self.metrics:
            return []
        common = self.model_dump(include={"datasets", "protocol", "source", "place"})
        made = []
        for row in self.rows:
            values = dict(zip(self.metrics, row.values, strict=True))
            if not study_of(row.model, row.variant):
                about = row.model_dump(include={"label", "model", "variant", "note"})
                made.append(Published(**common | about, value=values["rmse"], train=values.get("train_rmse")))
        return made


@cache
def _file() -> tuple[tuple[Published, ...], tuple[Table, ...]]:
    entries = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))

    def sourced(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"source": entries["sources"][row["source"]]}

    tables = tuple(Table(**sourced(table)) for table in entries["tables"])
    of_tables = [result for table in tables for result in table.results()]
    return (*of_tables, *(Published(**sourced(row)) for row in entries["results"])), tables


def published_for(dataset: str) -> list[Published]:
    """Every published result on a dataset, in the file's order; those on other data are not among them."""
    return [row for row in _file()[0] if dataset in row.datasets]


def tables_for(about: Dataset) -> list[Table]:
    """The papers' tables that can be rebuilt on a dataset: on the paper's own data or on data of the same kind."""
    return [table for table in _file()[1] if about.name in table.datasets or about.source in table.kinds]
