"""Why the poster transformer recommends an item: its attention over the tokens, and which parts of a picture count."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.embeddings import choice
from assets.manifests import Manifests
from assets.reports.item_space import matrix_of
from assets.reports.material import Material
from assets.reports.posters import Thumbnails

if TYPE_CHECKING:
    from PIL.Image import Image

MODEL, VARIANT = "poster-transformer", "cro"
SHOWN = 2
"""Items of each person's list that are explained."""
PORTRAIT, SQUARE = (6, 4), (5, 5)
"""Rows and columns that a picture is divided into."""
LARGEST = 320
"""Pixels of a picture's longer side; encoders look at no more than 224 or so."""


@dataclass(frozen=True)
class Regions:
    """effects[row][column]: stars by which the prediction falls where that part is hidden; negative: it rises."""

    effects: list[list[float]]

    @property
    def largest(self) -> float:
        """The largest effect, up or down."""
        return max(abs(effect) for row in self.effects for effect in row)

    def shade(self, effect: float) -> int:
        """Per cent of the largest effect."""
        return round(100 * abs(effect) / self.largest) if self.largest else 0


@dataclass(frozen=True)
class Reason:
    """One recommended item. tokens: (name, share), the largest first; regions: None where it has no picture."""

    title: str
    picture: str | None
    score: float
    tokens: list[tuple[str, float]]
    regions: Regions | None


@dataclass(frozen=True)
class Explained:
    """by_user: user id -> reasons of the first of their list. cell: the training asked; without: why no picture could
    be taken apart, '' where they were."""

    by_user: dict[str, list[Reason]]
    cell: Cell
    without: str


def explained(material: Material, people: list[str], pictures: Thumbnails) -> Explained | None:
    """None where the poster transformer was not trained with posters, or recommends nothing to these people."""
    cell = _cell(material)
    lists = material.recommendations[material.recommendations.model == MODEL]
    lists = lists[lists.user_id.isin(people) & (lists["rank"] <= SHOWN)]
    if cell is None or lists.empty:
        return None
    from models.registry import recommender

    model = recommender(MODEL).load(cell.folder(material.home), material.home.device)
    users, items = (
        pd.Index(ids).get_indexer(wanted)
        for ids, wanted in (
            (material.catalog.users.user_id, lists.user_id), (material.catalog.items.item_id, lists.item_id),
        )
    )  # fmt: skip
    names, shares = model.attention(users, items)
    encoder, without = _encoder(material)
    titles = material.catalog.items.title.fillna(material.catalog.items.item_id).to_numpy()
    found: dict[str, list[Reason]] = {}
    for row, user, item, share in zip(lists.itertuples(), users, items, shares, strict=True):
        picture = pictures.whole(row.item_id, LARGEST)
        regions = (
            None if encoder is None or picture is None else _regions(material, model, encoder, picture, user, item)
        )
        tokens = sorted(zip(names, share.tolist(), strict=True), key=lambda pair: -pair[1])
        reason = Reason(titles[item], pictures.of(row.item_id), float(row.score), tokens, regions)
        found.setdefault(row.user_id, []).append(reason)
    return Explained(found, cell, without)


def _cell(material: Material) -> Cell | None:
    """The training that recommends: of the first protocol and seed."""
    cells = [cell for cell in material.records if (cell.model, cell.variant) == (MODEL, VARIANT)]
    order = material.protocols
    return min(cells, key=lambda cell: (order.index(cell.protocol), cell.seed), default=None)


def _encoder(material: Material) -> tuple[Any, str]:
    """The encoder that made the pictures' vectors; else None, and why."""
    made = Manifests(material.home.path).current("image_embeddings", material.about.name)
    revision = ((made.metadata.get("identity") or {}) if made else {}).get("revision")
    if not revision or matrix_of(material, "image") is None:
        return None, "no picture has been encoded"
    try:
        encoder = choice(material.home, "image").load()
    except (OSError, ValueError) as error:
        return None, f"the image encoder cannot be loaded: {error}"
    if encoder.identity.revision != revision:
        return None, f"the vectors are of another image encoder than {encoder.identity.name}, which is configured now"
    return encoder, ""


def _regions(material: Material, model: Any, encoder: Any, picture: Image, user: int, item: int) -> Regions:
    """Each part in turn is painted over with the picture's mean colour, encoded and predicted anew (Zeiler and Fergus
    2014, section 4.2)."""
    grid = PORTRAIT if picture.height > 1.2 * picture.width else SQUARE
    vectors = encoder.encode([_bytes(picture), *(_bytes(one) for one in hidden(picture, grid))])
    whole, *without = model.with_pictures(int(user), int(item), vectors)
    return Regions((whole - np.array(without)).reshape(grid).astype(float).tolist())


def hidden(picture: Image, grid: tuple[int, int]) -> list[Image]:
    """The picture without each part of a grid of (rows, columns), row by row."""
    rows, columns = grid
    mean = tuple(int(value) for value in np.asarray(picture).reshape(-1, 3).mean(axis=0))
    across, down = (
        np.linspace(0, side, n + 1).astype(int) for side, n in ((picture.width, columns), (picture.height, rows))
    )
    found = []
    for row in range(rows):
        for column in range(columns):
            one = picture.copy()
            one.paste(mean, (across[column], down[row], across[column + 1], down[row + 1]))
            found.append(one)
    return found


def _bytes(picture: Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    return buffer.getvalue()
