"""What the fusion models are worth when they are shown only some of their modalities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.reports.material import Material
from assets.splits import load_fold
from assets.subsets import SUBSETS, asked_rows, subsets
from models.metrics import squared_errors
from models.splits import TEST, Protocol


@dataclass(frozen=True)
class SubsetLine:
    """One subset. values: of each model the RMSE and its difference to that of all modalities, None where unknown."""

    modalities: tuple[str, ...]
    missing: tuple[str, ...]
    values: list[tuple[float | None, float | None]]


@dataclass(frozen=True)
class SubsetTable:
    """A protocol's models and subsets, all modalities first. pairs: test ratings a seed; sampled: whether not all."""

    protocol: Protocol
    models: list[str]
    lines: list[SubsetLine]
    pairs: int
    sampled: bool


def subsets_of(material: Material, protocols: list[Protocol]) -> list[SubsetTable]:
    """A table for each protocol of rating errors under which fusion models of several modalities were trained."""
    rated = [p for p in protocols if any(measure.metric in ("rmse", "mse") for measure in p.metrics)]
    return [table for protocol in rated if (table := _table(material, protocol)) is not None]


def _table(material: Material, protocol: Protocol) -> SubsetTable | None:
    cells = [cell for cell in material.records if cell.protocol == protocol.name and _file(material, cell).exists()]
    if not cells:
        return None
    errors: dict[str, list[pd.Series]] = {}
    for cell in cells:
        errors.setdefault(cell.model, []).append(_rmse_of_each(material, cell))
    of_model = {model: pd.concat(series, axis=1).mean(axis=1) for model, series in errors.items()}
    modalities = max((tuple(name.split("+")) for rmse in of_model.values() for name in rmse.index), key=len)
    lines = [_line(some, modalities, of_model) for some in subsets(modalities)]
    n = len(_test(material, cells[0]))
    return SubsetTable(protocol, list(of_model), lines, len(asked_rows(n)), len(asked_rows(n)) < n)


def _line(some: tuple[str, ...], modalities: tuple[str, ...], of_model: dict[str, pd.Series]) -> SubsetLine:
    values = []
    for rmse in of_model.values():
        here, whole = rmse.get("+".join(some)), rmse[max(rmse.index, key=lambda name: name.count("+"))]
        values.append((None, None) if here is None else (float(here), float(here - whole)))
    return SubsetLine(some, tuple(name for name in modalities if name not in some), values)


def _file(material: Material, cell: Cell):
    return cell.folder(material.home) / SUBSETS


def _test(material: Material, cell: Cell) -> np.ndarray:
    """float32: the ratings of the cell's test fold."""
    fold = load_fold(material.home, cell.dataset, cell.protocol, cell.seed)
    return material.catalog.interactions.ratings[fold == TEST]


def _rmse_of_each(material: Material, cell: Cell) -> pd.Series:
    """The RMSE of each subset, by its name, over the pairs that were asked for."""
    predicted = pd.read_parquet(_file(material, cell))
    squared = squared_errors(_test(material, cell)[predicted.row], predicted.prediction.to_numpy())
    return np.sqrt(pd.Series(squared).groupby(predicted.subset.to_numpy(), sort=False).mean())
