"""What studies found: each variation beside the model as it is, and whether the difference matters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from assets.reports.charts import Chart, Series, line_chart
from assets.reports.comparisons import Pair, compared
from assets.reports.heat import HeatMap
from assets.reports.leaderboard import LOWER_IS_BETTER, Row, row_of, shown
from assets.reports.material import Material
from assets.reports.residuals import folds_of
from assets.studies.declared import STUDIES, Study, reference
from models.splits import PROTOCOLS, Protocol


@dataclass(frozen=True)
class Line:
    """A variation. pair: it against its model as it is; None for that one, and where no rating errors are measured."""

    row: Row
    pair: Pair | None

    @property
    def reference(self) -> bool:
        """Whether this is the model as it is."""
        return self.row.variant == reference(self.row.model)


@dataclass(frozen=True)
class StudyTable:
    """A study under one protocol. chart: None where there is no curve to draw."""

    protocol: Protocol
    lines: list[Line]
    chart: Chart | None


def sweep_of(study: Study, tables: list[StudyTable]) -> HeatMap | None:
    """A study over an axis as a heat map: a row for each model under each protocol of the same first metric, a column
    for each place; each value less the row's best. None where there are fewer than two places."""
    values: dict[str, dict[float, float]] = {}
    first = tables[0].protocol.metrics[0]
    for table in tables:
        for line in table.lines if table.protocol.metrics[0] == first else ():
            place = place_of(study, line.row.variant, reference(line.row.model))
            if place is not None and line.row.value is not None:
                values.setdefault(f"{line.row.model}, {table.protocol.name}", {})[place] = line.row.value
    places = sorted({place for row in values.values() for place in row})
    if not study.axis or len(places) < 2:
        return None
    lower = first.metric in LOWER_IS_BETTER
    rows = []
    for name, row in values.items():
        best = min(row.values()) if lower else max(row.values())
        rows.append((name, [abs(row[place] - best) if place in row else None for place in places]))
    return HeatMap(study.axis, [f"{place:g}" for place in places], rows)


def studies_of(material: Material) -> list[tuple[Study, list[StudyTable]]]:
    """Every study that was made, in the order in which they are declared, under every protocol."""
    made = set(zip(material.metrics.study, material.metrics.protocol, strict=True))
    found = []
    for study in STUDIES.values():
        protocols = [PROTOCOLS[name] for name in material.protocols if (study.name, name) in made]
        tables = [table for one in protocols if (table := _table(material, study, one)) is not None]
        found += [(study, tables)] if tables else []
    return found


def _table(material: Material, study: Study, protocol: Protocol) -> StudyTable | None:
    """None where the protocol's first metric was measured for no variation."""
    if not (rows := _rows(material, study, protocol)):
        return None
    pairs = _pairs(material, protocol, rows)
    lines = [Line(row, pairs.get(row.label)) for row in rows]
    return StudyTable(protocol, lines, _chart(study, protocol, rows) if study.axis else None)


def _rows(material: Material, study: Study, protocol: Protocol) -> list[Row]:
    """Model by model: as it is, then varied; models of which no variation was trained are left out."""
    metrics = material.metrics[material.metrics.protocol == protocol.name]
    found: dict[str, list[Row]] = {}
    for one in study.of(material.about.name):
        cells = metrics[(metrics.model == one.model) & (metrics.variant == one.variant)]
        if len(cells) and (row := row_of(one.model, one.variant, cells, protocol)) is not None:
            found.setdefault(one.model, []).append(row)
    return [row for rows in found.values() if any(r.variant != reference(r.model) for r in rows) for row in rows]


def _pairs(material: Material, protocol: Protocol, rows: list[Row]) -> dict[str, Pair]:
    if not any(measure.metric in ("rmse", "mse") for measure in protocol.metrics):
        return {}
    folds = folds_of(material, protocol.name, [(row.model, row.variant) for row in rows])
    varied = [row for row in rows if row.variant != reference(row.model)]
    pairs = compared(folds, [((row.model, row.variant), (row.model, reference(row.model))) for row in varied])
    return {pair.first: pair for pair in pairs}


def place_of(study: Study, variant: str, of_model: str) -> float | None:
    """Where a variant stands on the study's axis: the number in its name; None where it has none."""
    if variant == of_model:
        return study.reference_at
    number = variant.partition("=")[2].removesuffix("%")
    try:
        return float(number)
    except ValueError:
        return None


def _chart(study: Study, protocol: Protocol, rows: list[Row]) -> Chart | None:
    """The protocol's first metric over the axis; dashed, the error on the train fold where one model is varied."""
    placed = [(place, row) for row in rows if (place := place_of(study, row.variant, reference(row.model))) is not None]
    if len({place for place, _ in placed}) < 2:
        return None
    placed.sort(key=lambda pair: pair[0])

    def at(place: float) -> float:
        return math.log10(place) if study.log else place

    models = list(dict.fromkeys(row.model for _, row in placed))
    series = [
        Series(model, [(at(place), row.value) for place, row in placed if row.model == model], slot)
        for slot, model in enumerate(models)
    ]
    name = shown(protocol.metrics[0])
    if len(models) == 1 and name == "RMSE":
        series = [Series("test", series[0].points, 0)]
        series.append(Series("train", [(at(place), row.train_rmse) for place, row in placed], 1, dashed=True))
    ticks = [(at(place), f"{place:g}") for place in dict.fromkeys(place for place, _ in placed)]
    alt = f"{name} over {study.axis} of the study {study.name} under {protocol.name}"
    return line_chart(series, ticks, study.axis, name, alt)
