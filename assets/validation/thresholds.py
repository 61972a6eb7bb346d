"""The limits of all checks, read from `thresholds.toml`: defaults, replaced by source and by dataset."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.datasets import Dataset, datasets

FILE = Path(__file__).parent / "thresholds.toml"
Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reasoned(_Strict):
    why: str = Field(min_length=1, description="one line: why the limit is where it is")


class Limit(_Reasoned):
    """A limit of a measured value; exactly one of the two."""

    at_least: float | None = Field(default=None, ge=0, description="lowest value that passes")
    at_most: float | None = Field(default=None, ge=0, description="highest value that passes")

    @model_validator(mode="after")
    def _one_limit(self) -> Limit:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        return self

    def holds(self, value: float) -> bool:
        """Whether a measured value passes."""
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0.0)

    def __str__(self) -> str:
        return f"at least {self.at_least:.1%}" if self.at_least is not None else f"at most {self.at_most:.1%}"


class Tolerance(_Reasoned):
    """The share of rows for which a rule must hold."""

    mostly: float = Field(default=1.0, gt=0, le=1)


class Range(Tolerance):
    """Values from low to high, ends included; an end that is not given is open."""

    low: float | None = None
    high: float | None = None


class Since(Tolerance):
    """Times from a day on."""

    low: date


class Thresholds(_Strict):
    """All limits that hold for one dataset; what each is for stands beside it in `thresholds.toml`."""

    reject_rate: Limit
    reject_rate_usual: Limit
    time_coverage: Limit
    text_coverage: Limit
    image_coverage: Limit
    repeated_images: Limit
    repeated_reviews: Limit
    filters_counted: Limit
    cold_tested: Limit
    verified_share: Limit
    usual_attributes: Limit
    known_genres: Limit
    located_places: Limit
    late_by: Limit
    vanished_rows: Limit
    vanished_rows_usual: Limit
    grown_rows: Limit
    changed_nulls: Limit
    changed_shares: Limit
    changed_medians: Limit
    imperfect: Tolerance
    free_of_markup: Tolerance
    id_form: Tolerance
    year: Range
    price: Range
    rated_at: Since

    def limit(self, name: str) -> Limit:
        """The limit of a measured fact."""
        return getattr(self, name)


class _File(_Strict):
    accepted: dict[str, list[str]] = {}
    defaults: dict[str, Any]
    sources: dict[str, dict[str, Any]] = {}
    datasets: dict[str, dict[str, Any]] = {}


@cache
def _loaded(path: Path) -> tuple[_File, dict[str, Thresholds]]:
    """The file, and what holds for each dataset."""
    with path.open("rb") as file:
        entries = _valid(_File, tomllib.load(file), path, "")
    _valid(Thresholds, entries.defaults, path, "defaults.")
    sources = list(dict.fromkeys(about.source for about in datasets().values()))
    _known(entries.sources, sources, path, "sources.")
    _known(entries.datasets, list(datasets()), path, "datasets.")
    _known(entries.accepted, list(datasets()), path, "accepted.")
    of_source = {source: entries.defaults | entries.sources.get(source, {}) for source in sources}
    for source, limits in of_source.items():
        _valid(Thresholds, limits, path, f"sources.{source}.")
    of_dataset = {n: of_source[about.source] | entries.datasets.get(n, {}) for n, about in datasets().items()}
    return entries, {n: _valid(Thresholds, limits, path, f"datasets.{n}.") for n, limits in of_dataset.items()}


def _known(entries: dict[str, Any], names: list[str], path: Path, where: str) -> None:
    for name in entries:
        if name not in names:
            raise ValueError(f"{path}: {where}{name}: unknown; there are: {', '.join(names)}")


def _valid(model: type[Model], values: dict[str, Any], path: Path, where: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{path}: {where}{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def thresholds(about: Dataset, path: Path = FILE) -> Thresholds:
    """The limits that hold for a dataset. Raises ValueError that names the file and the bad key."""
    return _loaded(path)[1][about.name]


def accepted(about: Dataset, version: str, path: Path = FILE) -> bool:
    """Whether a person has listed this version of the dataset's staged records under `accepted`."""
    return any(
        len(start) >= 12 and version.startswith(start) for start in _loaded(path)[0].accepted.get(about.name, [])
    )
