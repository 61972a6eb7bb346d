"""A sheet of posters: the best known items' pictures, those that the image encoder finds alike side by side."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assets.reports.item_space import SEED, unit
from assets.reports.posters import Thumbnails

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS, ROWS = 20, 12
LEAST = 12
"""Pictures below which there is no sheet."""
MOST_BYTES = 400_000
QUALITIES = (75, 65, 55, 45, 35, 25)
"""Of the JPEG, best first: the first that is small enough is taken."""
PERPLEXITY = 20
"""How many neighbours t-SNE keeps together, as far as there are pictures enough."""


@dataclass(frozen=True)
class Sheet:
    """picture: a JPEG data URI of at most MOST_BYTES before its encoding; pictures: how many it shows."""

    picture: str
    width: int
    height: int
    pictures: int


def sheet(
    matrix: np.ndarray, order: np.ndarray, item_ids: np.ndarray, pictures: Thumbnails, cell: tuple[int, int]
) -> Sheet | None:
    """matrix: float32 [items, d]. order: rows, those to show first. cell: width and height of one in pixels.

    None where fewer than LEAST different pictures can be opened.
    """
    vectors, images = _opened(matrix, order, item_ids, pictures, cell)
    if len(images) < LEAST:
        return None
    columns = min(COLUMNS, round((len(images) * COLUMNS / ROWS) ** 0.5))
    count = len(images) // columns * columns  # full rows
    cells = layout(unit(np.stack(vectors[:count])), columns)
    whole = _pasted(images[:count], cells, columns, cell)
    return Sheet("data:image/jpeg;base64," + base64.b64encode(_small(whole)).decode(), *whole.size, count)


def _opened(
    matrix: np.ndarray, order: np.ndarray, item_ids: np.ndarray, pictures: Thumbnails, cell: tuple[int, int]
) -> tuple[list[np.ndarray], list[Image]]:
    """Vectors and pictures of the first items that have both; one picture of several items stands there once."""
    vectors, images, seen = [], [], set()
    for row in order:
        if item_ids[row] not in pictures or (vector := matrix[row].tobytes()) in seen or not matrix[row].any():
            continue
        if (image := pictures.cut(item_ids[row], cell)) is not None:
            seen.add(vector)
            vectors.append(np.array(matrix[row]))
            images.append(image)
        if len(images) == COLUMNS * ROWS:
            break
    return vectors, images


def layout(vectors: np.ndarray, columns: int) -> np.ndarray:
    """int [n]: a cell of its own for each vector, row by row from the top left, so that like ones are near.

    vectors: float32 [n, d] of length one, n a multiple of columns. t-SNE (van der Maaten and Hinton 2008) finds places,
    of which only the order along each axis is kept; the assignment of least squared distance puts them into cells.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.stats import rankdata
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    n = len(vectors)
    perplexity = min(PERPLEXITY, (n - 1) / 3)
    # Each step builds on the last, so other roundings, as more threads make them, would end in another sheet.
    with threadpool_limits(1):
        tsne = TSNE(perplexity=perplexity, init="pca", method="exact", max_iter=500, random_state=SEED)
        places = tsne.fit_transform(vectors)
    size = np.array([columns, n // columns])
    places = (rankdata(places, axis=0) - 0.5) / n * size
    rows, across = np.divmod(np.arange(n), columns)
    cells = np.stack([across, rows], axis=1) + 0.5
    return linear_sum_assignment(((places[:, None] - cells) ** 2).sum(axis=2))[1]


def _pasted(images: list[Image], cells: np.ndarray, columns: int, cell: tuple[int, int]) -> Image:
    from PIL import Image

    width, height = cell
    whole = Image.new("RGB", (columns * width, len(images) // columns * height))
    for image, at in zip(images, cells, strict=True):
        whole.paste(image, (int(at % columns) * width, int(at // columns) * height))
    return whole


def _small(whole: Image) -> bytes:
    """As JPEG, of the best quality that fits; of the least where none does, which COLUMNS x ROWS cells never need."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        whole.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()
