"""The report's sheet of posters: every picture in a cell of its own, like beside like, and small."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from assets.datasets import dataset
from assets.home import Home
from assets.reports.posters import Thumbnails
from assets.reports.sheet import COLUMNS, MOST_BYTES, ROWS, layout, sheet
from tests.assets.finished_shop import NAME, two_groups


@pytest.mark.parametrize("count", [12, 47, COLUMNS * ROWS])
def test_layout_gives_every_picture_a_cell_of_its_own(count: int) -> None:
    columns = 4 if count == 12 else 1 if count == 47 else COLUMNS
    vectors, codes = two_groups(count)
    cells = layout(vectors, columns)
    assert sorted(cells) == list(range(count))
    assert (cells == layout(vectors, columns)).all()
    if count > 100:
        places = np.stack(np.divmod(cells, columns), axis=1)
        first, second = (places[codes == code].mean(axis=0) for code in (0, 1))
        assert np.abs(first - second).max() > 5, "the two kinds have their own parts of the sheet"


class Posters:
    """Pictures on a disk, as Thumbnails: colours by item, noise where there is no colour."""

    def __init__(self, folder: Path, colours: list[tuple[int, int, int] | None]) -> None:
        self.ids = np.array([f"i{i}" for i in range(len(colours))])
        random = np.random.default_rng(0)
        for name, colour in zip(self.ids, colours, strict=True):
            noise = random.integers(0, 256, (90, 60, 3), dtype=np.uint8)
            whole = Image.fromarray(noise) if colour is None else Image.new("RGB", (40, 40), colour)
            whole.save(folder / f"{name}.png")
        rows = {"item_id": self.ids, "path": [f"{name}.png" for name in self.ids], "status": "found"}
        images = pd.DataFrame(rows | {"fetched_at": pd.NaT})
        self.thumbnails = Thumbnails(Home(root=str(folder), raw=str(folder)), dataset(NAME), images)


def opened(uri: str) -> tuple[Image.Image, int]:
    """A data URI as a picture, and its bytes."""
    data = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    return Image.open(io.BytesIO(data)), len(data)


def test_sheet_shows_each_picture_once(tmp_path: Path) -> None:
    colours = [(40 + 60 * (i % 4), 40 + 60 * (i // 4 % 4), 40 + 60 * (i // 16)) for i in range(24)]
    posters = Posters(tmp_path, colours)
    (tmp_path / "i3.png").write_text("no picture")
    vectors = np.array(colours, dtype=np.float32)
    vectors[7] = vectors[6]  # the same picture for another item
    vectors[8] = 0
    made = sheet(vectors, np.arange(24), posters.ids, posters.thumbnails, (16, 24))
    whole, _ = opened(made.picture)
    assert made.pictures == 18 and whole.size == (made.width, made.height) == (6 * 16, 3 * 24)
    seen = {whole.getpixel((x, y)) for x in range(8, made.width, 16) for y in range(12, made.height, 24)}
    near = {min(range(24), key=lambda i: sum(abs(a - b) for a, b in zip(colours[i], one, strict=True))) for one in seen}
    assert len(near) == 18 and not near & {3, 7, 8}


def test_sheet_of_the_worst_pictures_is_small_enough(tmp_path: Path) -> None:
    posters = Posters(tmp_path, [None] * (COLUMNS * ROWS))
    vectors, _ = two_groups(COLUMNS * ROWS)
    made = sheet(vectors, np.arange(COLUMNS * ROWS), posters.ids, posters.thumbnails, (60, 90))
    whole, size = opened(made.picture)
    assert made.pictures == COLUMNS * ROWS and whole.size == (1200, 1080) and size <= MOST_BYTES


def test_too_few_pictures_make_no_sheet(tmp_path: Path) -> None:
    posters = Posters(tmp_path, [(i, 0, 0) for i in range(5)])
    assert sheet(two_groups(5)[0], np.arange(5), posters.ids, posters.thumbnails, (60, 60)) is None
