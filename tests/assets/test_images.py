"""Every picture is inspected once per content; what stands for too many items is refused; fetched ones come in."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from assets import images
from assets.datasets import Dataset, dataset
from assets.home import Home
from assets.images import COLUMNS, coverage, files_of, inspected_pictures
from models.encoders import pictures

MOVIES = dataset("ml-100k")


class Shop:
    """A home with a raw folder, and a warehouse that lists pictures."""

    def __init__(self, tmp_path: Path) -> None:
        self.home = Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"))
        self.raw, self.landing = tmp_path / "raw", self.home.landing
        self.connection = duckdb.connect()
        self.connection.execute("CREATE SCHEMA staging")
        columns = "line INTEGER, item_id VARCHAR, image_id VARCHAR, source VARCHAR, url VARCHAR, file VARCHAR"
        self.connection.execute(f"CREATE TABLE staging.pictures (dataset VARCHAR, {columns})")
        self.said: list[str] = []
        self.listed = MOVIES.name

    def draw(self, name: str, seed: int, root: Path | None = None, **options) -> Path:
        """A picture of noise, the same for the same seed."""
        path = (root or self.raw) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (60, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, **options)
        return path

    def list(self, item: str, file: str | None, about: Dataset = MOVIES) -> None:
        """The source lists a picture."""
        if self.listed != about.name:
            self.connection.execute("DELETE FROM staging.pictures")
        self.listed, row = about.name, [about.name, item, file or "address only", file]
        self.connection.execute("INSERT INTO staging.pictures VALUES (?, 1, ?, ?, 'disk', NULL, ?)", row)

    def fetched(self, *rows: dict) -> Path:
        """What a crawler left: found pictures, unless the rows say otherwise."""
        usual = {"source": "tmdb", "url": "https://img.example/x", "status": "found", "path": None, "reason": None}
        known = {"sha256": None, "width": 1, "height": 1, "bytes": 1, "fetched_at": pd.Timestamp("2026-11-20 10:00Z")}
        path = self.raw.parent / "fetched.parquet"
        pd.DataFrame([usual | known | row for row in rows]).to_parquet(path)
        return path

    def table(self, fetched: Path | None = None, about: Dataset = MOVIES) -> pd.DataFrame:
        """The table, by image_id."""
        table = inspected_pictures(self.connection, self.home, about, self.said.append, fetched)
        assert {name: str(kind) for name, kind in table.dtypes.items()} == {**COLUMNS}
        return table.set_index("image_id", drop=False)


@pytest.fixture
def shop(tmp_path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """Every file that was decoded."""
    files, inspect = [], pictures.inspect
    monkeypatch.setattr(pictures, "inspect", lambda path: files.append(path) or inspect(path))
    return files


def test_every_listed_picture_has_its_outcome(shop, tmp_path):
    good = shop.draw("good.png", 1)
    (shop.raw / "page.jpg").write_text("<html>")
    Image.new("RGB", (50, 50), "white").save(shop.raw / "blank.png")
    shop.draw("outside.png", 2, root=tmp_path)
    (shop.raw / "link.png").symlink_to(tmp_path / "outside.png")
    names = ["good.png", "page.jpg", "blank.png", "gone.png", "link.png", "../outside.png", "a" * 5000 + ".jpg"]
    for item, name in enumerate([*names, None]):
        shop.list(str(item), name)
    table = shop.table()
    outcomes = dict(zip(table.image_id, zip(table.status, table.reason.fillna(""), strict=True), strict=True))
    assert outcomes == {
        "good.png": ("found", ""),
        "page.jpg": ("corrupt", "not an image: begins with '<html'"),
        "blank.png": ("refused", "placeholder: one colour"),
        "gone.png": ("missing", "no such file"),
        "link.png": ("refused", "path leaves the raw folder"),
        "../outside.png": ("refused", "path leaves the raw folder"),
        names[-1]: ("missing", "no such file"),
    }
    row = table.loc["good.png"]
    assert (row.dataset, row.item_id, row.source, row.width, row.height) == ("ml-100k", "0", "disk", 40, 60)
    assert row.bytes == good.stat().st_size and len(row.sha256) == 64 and pd.isna(row.fetched_at) and pd.isna(row.url)


def test_nothing_listed_is_an_empty_table(shop):
    assert shop.table().empty


def test_content_is_decoded_once_whatever_its_name_and_dataset(shop, decoded, monkeypatch):
    for item in range(4):
        shop.list(str(item), shop.draw(f"{item}.png", item).name)
    first = shop.table()
    assert len(decoded) == 4
    pd.testing.assert_frame_equal(shop.table(), first)
    shop.draw("copy.png", 3)
    shop.list("9", "copy.png", dataset("ml-1m"))
    assert shop.table(about=dataset("ml-1m")).status.tolist() == ["found"]
    assert len(decoded) == 4
    for item in range(4):
        shop.list(str(item), f"{item}.png")
    shop.draw("2.png", 20)
    assert shop.table().sha256["2.png"] != first.sha256["2.png"]
    assert decoded[4:] == [shop.raw / "2.png"]
    monkeypatch.setattr(pictures, "inspector", lambda: "other rules")
    shop.table()
    assert len(decoded) == 5 + 4


def test_a_product_folder_is_listed_without_half_written_files(shop):
    about = dataset("sample-shop")
    root = shop.home.raw_root(about)
    shop.draw(f"{about.folder}/images/{about.category}/B000000001.jpg", 1, root=root)
    (root / about.folder / "images" / about.category / ".B000000002.jpg.x.part").write_bytes(b"half")
    table = shop.table(about=about)
    assert table.item_id.tolist() == ["B000000001"] and table.status.tolist() == ["found"]
    assert files_of(shop.home, about, table)[0].is_file()


def test_one_picture_for_too_many_items_is_refused(shop, monkeypatch):
    monkeypatch.setattr(images, "MOST_ITEMS", 3)
    for item in range(4):
        shop.list(f"placeholder {item}", shop.draw(f"p{item}.png", 1, compress_level=item).name)  # files differ
    for item in range(3):
        shop.list(f"edition {item}", shop.draw(f"e{item}.png", 2).name)
    for photo in range(5):
        shop.list("one place", shop.draw(f"same{photo}.png", 3).name)
    table = shop.table()
    refused = table[table.status == "refused"]
    assert refused.image_id.tolist() == ["p0.png", "p1.png", "p2.png", "p3.png"]
    assert set(refused.reason) == {"placeholder: the same picture stands for 4 items"}
    assert refused.sha256.nunique() > 1 and set(table.status) == {"found", "refused"}


def test_what_was_fetched_stands_beside_what_lies_on_disk(shop, monkeypatch):
    monkeypatch.setattr(images, "MOST_ITEMS", 2)
    shop.list("1", shop.draw("1.png", 1).name)
    for item in ("2", "3", "4"):
        shop.draw(f"posters/{item}.png", 7, root=shop.landing)
    shop.draw("posters/1.png", 8, root=shop.landing)
    found = [{"item_id": item, "image_id": f"tmdb {item}", "path": f"posters/{item}.png"} for item in "1234"]
    others = [
        {"item_id": "5", "image_id": "blocked", "status": "blocked", "reason": "robots.txt forbids it"},
        {"item_id": "6", "image_id": "gone", "path": "posters/gone.png"},
        {"item_id": "7", "image_id": "outside", "path": "../lake/hashes.sqlite"},
    ]
    table = shop.table(shop.fetched(*found, *others))
    assert table[table.item_id == "1"].status.tolist() == ["found", "found"]
    assert (table.width["tmdb 1"], table.height["tmdb 1"]) == (40, 60), "inspected, not believed"
    assert table.reason["tmdb 3"] == "placeholder: the same picture stands for 3 items"
    assert (table.status["blocked"], table.reason["blocked"]) == ("blocked", "robots.txt forbids it")
    assert (table.status["gone"], table.status["outside"]) == ("missing", "refused")
    assert table.fetched_at["tmdb 1"] == pd.Timestamp("2026-11-20 10:00") and pd.isna(table.fetched_at["1.png"])
    for name in ("tmdb 1", "1.png"):
        assert files_of(shop.home, MOVIES, table.loc[[name]])[0].is_file()


def test_a_fetched_file_that_lacks_columns_says_what_to_do(shop, tmp_path):
    pd.DataFrame({"item_id": ["1"]}).to_parquet(tmp_path / "old.parquet")
    with pytest.raises(ValueError, match=r"old\.parquet lacks the columns image_id, source.* fetch the pictures again"):
        shop.table(tmp_path / "old.parquet")


def test_coverage_counts_items_pictures_and_reasons(shop):
    for item in range(3):
        shop.list(str(item), shop.draw(f"{item}.png", 1).name)
    shop.list("0", shop.draw("second.png", 2).name)
    for item, size in (("3", 31), ("4", 30)):
        Image.new("RGB", (size, 50), "white").save(shop.raw / f"{item}.png")
        shop.list(item, f"{item}.png")
    (shop.raw / "page.jpg").write_text("<html>")
    shop.list("5", "page.jpg")
    table = shop.table()
    assert coverage(table, 10) == {
        "items_with_picture": 3,
        "share_with_picture": 0.3,
        "distinct_pictures": 2,
        "picture_bytes": sum((shop.raw / name).stat().st_size for name in ("1.png", "second.png")),
        "status": {"found": 4, "refused": 2, "corrupt": 1},
        "reasons": {"placeholder: tiny, N x N pixels": 2, "not an image": 1},
    }
    assert coverage(table[:0], 0)["share_with_picture"] is None


def test_progress_says_how_far_how_fast_and_how_long(shop, monkeypatch):
    monkeypatch.setattr(images, "AT_ONCE", 2)
    for item in range(3):
        shop.list(str(item), shop.draw(f"{item}.png", item).name)
    shop.table()
    assert [line.split(",")[0] for line in shop.said] == [f"inspected {n} of 3 pictures" for n in (2, 3)]
    assert "a second" in shop.said[0] and shop.said[-1].endswith("0 s left")
    assert images._progress(1000, 200_000, 5.0) == "inspected 1,000 of 200,000 pictures, 200 a second, 17 min left"


SLOW_RUN = """
import sys, time
from pathlib import Path
import duckdb
from models.encoders import pictures
from assets.datasets import dataset
from assets.home import Home
from assets.images import inspected_pictures
home, raw, seconds = sys.argv[1:]
inspect = pictures.inspect
pictures.inspect = lambda path: time.sleep(float(seconds)) or inspect(path)
with duckdb.connect() as connection:
    connection.execute("CREATE SCHEMA staging")
    connection.execute(f"CREATE VIEW staging.pictures AS FROM '{raw}/listed.parquet'")
    table = inspected_pictures(connection, Home(root=home, raw=raw), dataset("ml-100k"), print)
print(table.sha256.nunique(), set(table.status))
"""


def started(shop: Shop, seconds: float) -> subprocess.Popen:
    shop.connection.execute(f"COPY staging.pictures TO '{shop.raw}/listed.parquet'")
    arguments = [shop.home.root, str(shop.raw), str(seconds)]
    return subprocess.Popen([sys.executable, "-c", SLOW_RUN, *arguments], stdout=subprocess.PIPE, text=True)


def remembered(shop: Shop) -> int:
    try:
        with sqlite3.connect(shop.home.lake / "inspections.sqlite") as connection:
            return connection.execute("SELECT count(*) FROM reports").fetchone()[0]
    except sqlite3.OperationalError:  # not begun yet
        return 0


def test_a_killed_run_goes_on_where_it_was(shop, decoded):
    for item in range(120):
        shop.list(str(item), shop.draw(f"{item}.png", item).name)
    shop.home.lake.mkdir(parents=True)
    process, deadline = started(shop, seconds=0.03), time.monotonic() + 30
    while remembered(shop) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = remembered(shop)
    assert 20 <= before < 120
    assert set(shop.table().status) == {"found"}
    assert len(decoded) == 120 - before


def test_processes_that_inspect_at_once_agree(shop):
    for item in range(60):
        shop.list(str(item), shop.draw(f"{item}.png", item).name)
    processes = [started(shop, seconds=0.001) for _ in range(3)]
    answers = [process.communicate()[0].splitlines()[-1] for process in processes]
    assert answers == ["60 {'found'}"] * 3
    assert remembered(shop) == 60
