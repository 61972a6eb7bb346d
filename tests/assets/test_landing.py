"""How raw files come to be where the ingest reads them, and how a dataset is registered."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets import datasets as registry
from assets.home import Home
from assets.ingest.archives import RefusedArchive
from assets.ingest.download import DownloadError
from assets.ingest.landing import provide, raw_files
from tests.faulty_server import FaultyServer, File, faulty_server

FILES = {
    "movies.csv": "movieId,title,genres\n1,Toy Story (1995),Comedy\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n",
}
BUSINESS = '{"business_id": "b", "name": "B"}\n'


def zipped(top: str = "ml-latest-small/", **more: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (FILES | more).items():
            archive.writestr(top + name, text)
    return buffer.getvalue()


def tarred(**members: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def registered(tmp_path, monkeypatch) -> Iterator:
    """registered(toml): the registry with a TRIFUSE_DATASETS of this content."""

    def read(toml: str) -> dict[str, registry.Dataset]:
        path = tmp_path / "datasets.toml"
        path.write_text(toml)
        monkeypatch.setenv("TRIFUSE_DATASETS", str(path))
        registry.datasets.cache_clear()
        return registry.datasets()

    yield read
    monkeypatch.undo()
    registry.datasets.cache_clear()


@pytest.fixture
def home(tmp_path) -> Home:
    (tmp_path / "raw").mkdir()
    return Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"))


def mirrored(address: str, md5: str | None) -> str:
    checksum = f', md5 = "{md5}"' if md5 else ""
    one = f'{{ address = "{address}", file = "ml-latest-small.zip"{checksum}, unpack = true }}'
    return f"[ml-latest-small]\ndownloads = [{one}]\n"


def test_a_dataset_is_downloaded_from_the_address_that_the_user_put_in_its_place(registered, home, server):
    body, said = zipped(), []
    address = server.put("/ml.zip", File(body, drop_after=100), File(body))
    about = registered(mirrored(address, hashlib.md5(body).hexdigest()))["ml-latest-small"]
    root = provide(home, about, frozenset({server.netloc}), said.append)
    assert root == home.landing == home.raw_root(about) and len(raw_files(about, root)) == 2
    assert "Licence: GroupLens" in said[0]
    asked = len(server.asked)
    provide(home, about, frozenset({server.netloc}), said.append)
    assert len(server.asked) == asked, "what is there is not asked for"


def test_a_wrong_file_is_refused_and_nothing_half_is_left(registered, home, server):
    address = server.put("/ml.zip", File(zipped()))
    about = registered(mirrored(address, "0" * 32))["ml-latest-small"]
    with pytest.raises(DownloadError, match=f"{address}.*{'0' * 32}"):
        provide(home, about, frozenset({server.netloc}), print)
    assert not [path for path in home.landing.rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_a_hostile_archive_is_refused_whole(registered, home, server):
    body = zipped(**{"../../evil.txt": "x"})
    address = server.put("/ml.zip", File(body))
    about = registered(mirrored(address, None))["ml-latest-small"]
    with pytest.raises(RefusedArchive, match="evil"):
        provide(home, about, frozenset({server.netloc}), print)
    assert not list(home.path.parent.rglob("evil.txt")) and not (home.landing / "ml-latest-small").exists()


def test_a_source_that_goes_on_changing_is_looked_at_again(registered, home, server):
    first, second = zipped(), zipped(**{"tags.csv": "userId,movieId,tag,timestamp\n"})
    address = server.put("/ml.zip", File(first), File(first), File(second, modified=""))
    about = registered(mirrored(address, None) + "refresh_days = 1\n")["ml-latest-small"]
    hosts = frozenset({server.netloc})
    provide(home, about, hosts, print)
    provide(home, about, hosts, print)
    assert "If-None-Match" in server.asked[-1].headers and not (home.landing / "ml-latest-small" / "tags.csv").exists()
    provide(home, about, hosts, print)
    assert (home.landing / "ml-latest-small" / "tags.csv").exists()


@pytest.mark.parametrize("top", ["ml-latest-small/", ""])
def test_an_archive_in_the_raw_folder_is_unpacked_into_the_landing_folder(home, top):
    (Path(home.raw) / "ml-latest-small.zip").write_bytes(zipped(top))
    about = registry.dataset("ml-latest-small")
    assert provide(home, about, frozenset(), print) == home.landing == home.raw_root(about)
    assert {path.path.name for path in raw_files(about, home.landing)} == set(FILES)


def test_yelp_says_what_to_accept_and_where_to_put_it_and_takes_its_tar(home):
    about = registry.dataset("yelp")
    with pytest.raises(FileNotFoundError, match=r"accepts? its terms.*yelp_dataset\.tar.*TRIFUSE_RAW"):
        provide(home, about, frozenset(), print)
    (Path(home.raw) / "yelp").mkdir()
    archive = Path(home.raw) / "yelp" / "yelp_dataset.tar"
    archive.write_bytes(tarred(**{"yelp_academic_dataset_business.json": BUSINESS, "photos/p.jpg": "x"}))
    assert provide(home, about, frozenset(), print) == home.landing == home.raw_root(about)
    assert (home.landing / "yelp" / "photos" / "p.jpg").is_file()


def test_a_new_category_is_an_entry_and_nothing_else(registered, home):
    found = registered(
        '[amazon-2023-toys]\nsource = "amazon"\nlayout = "2023"\nfolder = "amazon/2023"\ncategory = "Toys"\n'
        'title = "Toys"\nversion = "1"\nurl = "https://x.example"\nlicence = "L"\ncitation = "C"\nprotocols = ["u1"]\n'
    )
    folder = Path(home.raw) / "amazon" / "2023"
    folder.mkdir(parents=True)
    (folder / "Toys.jsonl").write_text("{}\n")
    assert [file.path.name for file in raw_files(found["amazon-2023-toys"], Path(home.raw))] == ["Toys.jsonl"]
    assert set(found) > {"ml-100k", "yelp"}


@pytest.mark.parametrize(
    ("toml", "message"),
    [("[ml-100k]\nfolders = 1\n", r"\[ml-100k\].*folders"), ("[broken", r"datasets\.toml.*cannot be read")],
)
def test_a_bad_entry_is_named(registered, toml, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        registered(toml)
