"""What the encoders see: each field's embedding space as a picture, a number, neighbours, and a sheet of posters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.matrices import CONTENT_FIELDS
from assets.reports.categories import MainCategories, main_categories
from assets.reports.item_space import LEAST, SAMPLE, matrix_of, sampled, unit
from assets.reports.likeness import NEIGHBOURS, Likeness, likeness
from assets.reports.material import Material
from assets.reports.neighbours import Known, known_items, popularity_order
from assets.reports.posters import SMALL, Thumbnails
from assets.reports.scatter import Scatter, scatter
from assets.reports.sheet import Sheet, sheet

NAMES = {"title": "titles", "introduction": "introductions", "image": "pictures", "audio": "sounds", "video": "films"}
PORTRAIT, SQUARE = (60, 90), (60, 60)
"""Width and height of a picture on the sheet: films have posters, shops and places mostly squarer pictures."""


@dataclass(frozen=True)
class FieldSpace:
    """One field. items: how many are drawn; sampled: whether there are more."""

    name: str
    items: int
    sampled: bool
    scatter: Scatter
    likeness: Likeness | None


@dataclass(frozen=True)
class Space:
    """Everything that the section shows. sentence: what the likeness says, '' where it could not be measured."""

    fields: list[FieldSpace]
    categories: list[tuple[str, int]]
    sentence: str
    known: list[Known]
    pictured: bool
    sheet: Sheet | None


def space(material: Material) -> Space | None:
    """The section's contents; None where no field has vectors of enough items."""
    found = {field: matrix for field in CONTENT_FIELDS if (matrix := matrix_of(material, field)) is not None}
    drawn = {field: rows for field, matrix in found.items() if len(rows := sampled(matrix)) >= LEAST}
    if not drawn:
        return None
    fields = sorted(drawn, key=list(NAMES).index)
    categories = main_categories(material.catalog.items)
    pictures = Thumbnails(material.home, material.about, material.images, SMALL)
    spaces = [_field(material, NAMES[field], found[field], drawn[field], categories) for field in fields]
    known = known_items(material.catalog, {NAMES[f]: found[f] for f in fields}, categories, pictures)
    return Space(
        spaces,
        list(zip(categories.names, categories.counts(), strict=True)),
        sentence(spaces),
        known,
        any(one.picture for item in known for one in (item, *(n for _, near in item.lists for n in near))),
        _sheet(material, found["image"], pictures) if "image" in drawn else None,
    )


def _field(
    material: Material, name: str, matrix: np.ndarray, rows: np.ndarray, categories: MainCategories
) -> FieldSpace:
    vectors = unit(matrix[rows])
    items = material.catalog.items
    titles = items.title.fillna(items.item_id).tolist()
    alt = f"Items by the first two principal components of their {name}, coloured by main category"
    picture = scatter(vectors, rows, titles, categories, alt)
    more = len(rows) == SAMPLE < len(matrix)
    return FieldSpace(name, len(rows), more, picture, likeness(vectors, categories.codes[rows]))


def _sheet(material: Material, matrix: np.ndarray, pictures: Thumbnails) -> Sheet | None:
    order, _ = popularity_order(material.catalog)
    cell = PORTRAIT if material.about.source == "movielens" else SQUARE
    return sheet(matrix, order, material.catalog.items.item_id.to_numpy(), pictures, cell)


def sentence(fields: list[FieldSpace]) -> str:
    """What the shares say, in one or two plain sentences; '' where there are none."""
    measured = [(one.name, one.likeness) for one in fields if one.likeness is not None]
    telling = sorted((pair for pair in measured if pair[1].telling), key=lambda pair: pair[1].chance - pair[1].share)
    if not measured:
        return ""
    if not telling:
        return "Items with like content are of the same main category no more often than chance gives."
    name, best = telling[0]
    said = (
        f"The {name} tell most about the category: of an item's {NEIGHBOURS} nearest, {best.share:.0%} share its main "
        f"category, where chance gives {best.chance:.0%}."
    )
    silent = [name for name, one in measured if not one.telling]
    return said + (f" The {' and the '.join(silent)} tell no more than chance." if silent else "")
