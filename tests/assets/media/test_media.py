"""From a folder and a list to the `media` table: every file is accounted for, nothing that is refused is looked at."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assets.datasets import dataset
from assets.hashing import Hashes
from assets.home import Home
from assets.ingest.assets import fingerprint
from assets.media.assets import written
from assets.media.audit import COLUMNS
from assets.media.fetching import Fetching, place_of
from assets.media.listing import listed, media_folder, media_list
from models.encoders import decoding
from tests.clips import clip
from tests.faulty_server import FaultyServer, File, faulty_server, status

NAME = "ml-latest-small"
ABOUT = dataset(NAME)
ITEMS = {"1", "2", "3", "4"}


@pytest.fixture
def home(tmp_path) -> Home:
    """A raw folder with four rated films."""
    folder = tmp_path / "raw" / ABOUT.folder
    folder.mkdir(parents=True)
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n" + "".join(f"{i},Film {i} (1999),Drama\n" for i in ITEMS)
    )
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,1\n")
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n")
    home = Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"), threads=1)
    home.table(NAME, "items").parent.mkdir(parents=True)
    pd.DataFrame({"item_id": sorted(ITEMS)}).to_parquet(home.table(NAME, "items"))
    return home


def folder(home: Home) -> Path:
    return Path(home.raw) / ABOUT.folder


def table(home: Home, *allowed: str, tries: int = 1) -> pd.DataFrame:
    """The table as it is written now, an index of item and kind laid over it."""
    output = written(home, ABOUT, frozenset(allowed), tries, lambda line: None)
    rows = pd.read_parquet(home.table(NAME, "media"))
    assert list(rows) == list(COLUMNS) and output.rows == len(rows)
    rows.attrs["version"] = output.data_version
    return rows


def said(rows: pd.DataFrame) -> list[tuple]:
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in rows[["item_id", "kind", "status", "reason"]].itertuples(index=False)
    ]


def test_a_dataset_without_media_has_an_empty_table_and_its_raw_files_are_as_before(home):
    rows = table(home)
    assert rows.empty and not (home.lake / "inspections.sqlite").exists()
    with Hashes(home.hashes) as hashes:
        assert not [name for name in fingerprint(ABOUT, Path(home.raw), hashes) if "media" in name]


def test_files_of_the_folder_are_named_by_item_and_a_film_with_sound_has_two_rows(home):
    clip(folder(home) / "media/1.mp4")
    clip(folder(home) / "media/2/trailer.mkv", hertz=None)
    clip(folder(home) / "media/2/song.m4a", colour=None)
    clip(folder(home) / "media/9.mp4")
    (folder(home) / "media/3.mp4").write_text("<html>404</html>")
    (folder(home) / "media/.4.mp4.part").write_text("left by a killed writer")
    rows = table(home)
    assert said(rows) == [
        ("1", "video", "found", None), ("1", "audio", "found", None),
        ("2", "audio", "found", None), ("2", "video", "found", None),
        ("3", None, "corrupt", "no sound or video that opens: begins with '<html'"),
        ("9", None, "refused", "item: not in the catalog"),
    ]  # fmt: skip
    assert rows.path[0] == f"{ABOUT.folder}/media/1.mp4" and rows.source[0] == "folder" and rows.fetched_at.isna().all()
    assert rows.seconds[0] == pytest.approx(1, abs=0.1) and len(rows.sha256[0]) == 64
    with Hashes(home.hashes) as hashes:
        assert f"{ABOUT.folder}/media/" in fingerprint(ABOUT, Path(home.raw), hashes), "a new file is a change"


def test_a_list_names_files_and_every_bad_line_stands_in_the_table(home, tmp_path):
    clip(folder(home) / "clips/one.mp4")
    clip(tmp_path / "outside.mp4")
    (folder(home) / "link.mp4").symlink_to(tmp_path / "outside.mp4")
    lines = (
        "item_id,file,url", "1,clips/one.mp4,", "1,clips/one.mp4,", "2,clips/two.mp4,", "3,../../outside.mp4,",
        ",clips/one.mp4,", "4,,", "4,a.mp4,http://host/a.mp4", "4,link.mp4,", "4,nul\x01.mp4", "zzz,clips/one.mp4,",
    )  # fmt: skip
    (folder(home) / "media.csv").write_text("\ufeff" + "\n".join(lines))
    assert said(table(home)) == [
        (None, None, "refused", "media.csv, line 6: no item_id"),
        ("1", "video", "found", None), ("1", "audio", "found", None),
        ("2", None, "missing", "no such file"),
        ("3", None, "refused", "path leaves the raw folder"),
        ("4", None, "refused", "media.csv, line 7: one of file and url is needed"),
        ("4", None, "refused", "media.csv, line 8: one of file and url is needed"),
        ("4", None, "refused", "path leaves the raw folder"),
        ("4", None, "missing", "no such file"),
        ("zzz", None, "refused", "item: not in the catalog"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "film,clip\n1,a.mp4\n", "item_id\n1\n"])
def test_a_list_without_its_columns_is_one_refused_line(home, text):
    (folder(home) / "media.csv").write_text(text)
    ((_, kind, state, reason),) = said(table(home))
    assert (kind, state) == (None, "refused") and reason.startswith("media.csv, line 1: the columns item_id and file")


def test_categories_that_share_a_folder_have_media_of_their_own():
    shop = dataset("amazon-2023-all_beauty")
    assert media_folder(shop).as_posix() == "amazon/2023/media/All_Beauty"
    assert media_list(shop).as_posix() == "amazon/2023/media_All_Beauty.csv"
    assert (media_folder(ABOUT).as_posix(), media_list(ABOUT).name) == (f"{ABOUT.folder}/media", "media.csv")


def test_what_was_decoded_once_is_remembered_by_content(home, monkeypatch):
    clip(folder(home) / "media/1.mp4")
    first, inspect = table(home), decoding.inspect
    (folder(home) / "media/1.mp4").rename(folder(home) / "media/2.mp4")
    monkeypatch.setattr(decoding, "inspect", lambda path: pytest.fail("decoded again"))
    second = table(home)
    assert second.item_id.tolist() == ["2", "2"] and second.seconds.tolist() == first.seconds.tolist()
    monkeypatch.setattr(decoding, "inspector", lambda: "other rules")
    asked = []
    monkeypatch.setattr(decoding, "inspect", lambda path: asked.append(path) or inspect(path))
    table(home)
    assert len(asked) == 1


@pytest.fixture
def server():
    with faulty_server() as running:
        yield running


def listing(home: Home, *urls: str) -> None:
    lines = [f"{item},{url}" for item, url in enumerate(urls, 1)]
    (folder(home) / "media.csv").write_text("\n".join(["item_id,url", *lines]))


def test_addresses_are_fetched_and_inspected_like_files(home, tmp_path, server: FaultyServer):
    film = clip(tmp_path / "film.mp4").read_bytes()
    page = File(b"<html>sign in</html>", headers={"Content-Type": "text/html"})
    listing(
        home, server.put("/film.mp4", File(film)), server.put("/page.mp4", page), server.put("/gone.mp4", status(404))
    )
    rows = table(home, server.netloc)
    assert said(rows) == [
        ("1", "video", "found", None), ("1", "audio", "found", None),
        ("2", None, "missing", "the server sent a web page instead of the file; perhaps it wants a sign-in"),
        ("3", None, "missing", "the server answered 404 Not Found"),
    ]  # fmt: skip
    assert (home.landing / rows.path[0]).read_bytes() == film and rows.fetched_at.notna().tolist() == [
        True,
        True,
        False,
        False,
    ]
    again = table(home, server.netloc)
    assert again.attrs["version"] == rows.attrs["version"] and server.asked[-3].headers["If-None-Match"]
    server.put("/film.mp4", status(503))
    assert said(table(home, server.netloc)) == said(rows), "the copy stands for what cannot be reached now"


def test_private_addresses_and_other_schemes_are_refused(home, server: FaultyServer):
    listing(
        home,
        server.put("/a.mp4", File(b"x")),
        "file:///etc/passwd",
        "rtmp://host/a",
        "http://u:p@host/a",
        "not a url",
        "http://[",
    )
    rows = table(home)
    assert set(rows.status) == {"refused"} and rows.reason.notna().all() and not server.asked
    assert "TRIFUSE_ALLOW_HOSTS" in rows.reason[rows.item_id == "1"].item()
    assert not list(home.landing.rglob("passwd*"))


@pytest.mark.parametrize("length", [None, ""])
def test_a_file_over_the_limit_is_not_fetched_whole(home, server: FaultyServer, length):
    """Whether the server says how long it is, or not."""
    url = server.put("/large.mp4", File(bytes(400_000), length=length, pause=0.001))
    fetching = Fetching(home.landing, frozenset({server.netloc}), most=100_000, tries=1)
    got = fetching.get(url, lambda line: None)
    assert got.path is None
    if length is None:
        assert got.status == "too large" and "the limit is 100,000" in got.reason
    else:
        assert got.status == "missing" and "does not say how long" in got.reason
    assert not (home.landing / place_of(url)).exists()


def test_what_could_not_be_reached_is_asked_for_again(home, tmp_path, server: FaultyServer):
    from assets.media.assets import _unreached

    listing(home, server.put("/film.mp4", status(503)))
    assert table(home, server.netloc).reason[0].startswith("not reached: the server answered 503")
    assert _unreached(home, ABOUT)
    server.put("/film.mp4", File(clip(tmp_path / "film.mp4").read_bytes()))
    assert set(table(home, server.netloc).status) == {"found"} and not _unreached(home, ABOUT)


def test_names_from_the_data_never_lead_out_of_the_landing_folder():
    for url in (
        "http://h/../../etc/passwd",
        "http://h/a.mp4/../../x.sh;rm",
        "http://h/" + "a" * 999,
        "x",
        "http://[",
        "",
    ):
        place = Path(place_of(url))
        assert place.parts[0] == "media" and ".." not in place.parts and len(place.name) < 50


def test_listed_once_per_item_whatever_lists_it(home):
    clip(folder(home) / "media/1.mp4")
    (folder(home) / "media.csv").write_text("item_id,file\n1,media/1.mp4\n2,media/1.mp4\n")
    found = listed(ABOUT, Path(home.raw), ITEMS)
    assert [(one.item_id, one.source) for one in found] == [("1", "folder"), ("2", "list")]
