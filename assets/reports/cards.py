"""A model card for each model: what it is, what it was trained on, how good it is and where it is not."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import Any

from assets.cells import Cell
from assets.reports.charts import Chart
from assets.reports.comparisons import Pair
from assets.reports.leaderboard import Row
from assets.reports.material import Material
from models.registry import recommender
from models.splits import Measure, Protocol

WEAKEST = 3
"""Slices that are named as the weakest."""


@dataclass(frozen=True)
class Standing:
    """How a variant does under a protocol. place: its rank among `of` rows; pair: against the best, None for it."""

    protocol: Protocol
    row: Row
    place: int
    of: int
    pair: Pair | None

    @property
    def values(self) -> list[tuple[Measure, float | None]]:
        """Every metric of the protocol."""
        return list(zip(self.protocol.metrics, self.row.values, strict=True))


@dataclass(frozen=True)
class Card:
    """summary: what the module says of itself; details: the class, by paragraph. options: (field, value) of its Config.

    chosen: what validation decided in the first training; weak: (slice, RMSE, RMSE over all) where it errs most.
    trained: a row a training, with the folder that holds the model.
    """

    model: str
    file: str
    summary: str
    details: list[str]
    content: bool
    ranks_by_rating: bool
    standings: list[Standing]
    options: list[tuple[str, str]]
    chosen: list[tuple[str, str]]
    parameters: int
    weak: list[tuple[str, float, float]]
    curves: list[tuple[str, int, Chart]]
    trained: list[dict[str, Any]]


def file_of(model: str) -> str:
    """The file of a model's card."""
    return f"model-{model}.html"


def cards_of(material: Material, sections: list[dict[str, Any]]) -> list[Card]:
    """A card for every model that stands on a leaderboard, in the order of their names."""
    names = sorted({row.model for section in sections for row in section["board"].rows})
    return [_card(material, sections, name) for name in names]


def _card(material: Material, sections: list[dict[str, Any]], name: str) -> Card:
    model = recommender(name)
    said = [inspect.cleandoc(text or "") for text in (sys.modules[model.__module__].__doc__, model.__doc__)]
    cells = sorted(
        (cell for cell in material.records if cell.model == name), key=lambda c: (c.protocol, c.seed, c.variant)
    )
    record = material.records[cells[0]] if cells else {}
    return Card(
        name, file_of(name), said[0].split("\n\n")[0], said[1].split("\n\n"),
        model.uses_content, model.ranks_by_rating,
        [standing for section in sections for standing in _standings(section, name)],
        _told(record.get("config", {})), _told(record.get("chosen", {})), int(record.get("parameters", 0)),
        _weak(sections, name),
        [curve for section in sections[:1] for curve in section["curves"] if curve[0].split()[0] == name],
        _trained(material, name),
    )  # fmt: skip


def _standings(section: dict[str, Any], name: str) -> list[Standing]:
    rows = section["board"].rows
    return [
        Standing(section["board"].protocol, row, place + 1, len(rows), section["against_best"][row.label])
        for place, row in enumerate(rows) if row.model == name
    ]  # fmt: skip


def _told(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, f"{value:.4g}" if isinstance(value, float) else str(value)) for name, value in values.items()]


def _weak(sections: list[dict[str, Any]], name: str) -> list[tuple[str, float, float]]:
    """The slices of the first protocol of rating errors in which the model's first row errs most."""
    section = next((s for s in sections if s["stars"] and any(row.model == name for row in s["board"].rows)), None)
    if section is None:
        return []
    row = next(row for row in section["board"].rows if row.model == name)
    whole, slices = row.values[0], [("rating {}", section["stars"]), ("popularity decile {}", section["popularity"])]
    found = [
        (text.format(head), error, whole)
        for text, part in slices if part
        for label, errors in part.rows if label == row.label
        for head, error in zip(part.heads, errors, strict=True) if error is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one[1])[:WEAKEST]


def _trained(material: Material, name: str) -> list[dict[str, Any]]:
    """One row a training: protocol, seed, variant, seconds, memory, device, folder and data version."""
    rows = material.metrics[(material.metrics.model == name) & (material.metrics.study == "")]
    rows = rows.drop_duplicates(["protocol", "seed", "variant"]).sort_values(["protocol", "seed", "variant"])
    return [
        {"folder": Cell(material.about.name, name, row.protocol, int(row.seed), row.variant)
            .folder(material.home).relative_to(material.home.path).as_posix(), **row._asdict()}
        for row in rows.itertuples(index=False)
    ]  # fmt: skip
