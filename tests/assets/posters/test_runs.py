"""What one run leaves to the next, and what it leaves alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from assets.posters.crawler import crawl_now
from assets.posters.providers.omdb import OmdbProvider
from assets.posters.providers.page import PageProvider
from assets.posters.providers.provider import Answer
from assets.posters.providers.tmdb import TmdbProvider
from assets.posters.providers.url import UrlProvider
from assets.posters.state import State
from assets.posters.store import PictureStore
from assets.posters.wanted import Wanted
from tests.assets.posters.imitation_server import generated_picture
from tests.faulty_server import File, status

RED, BLUE = (File(generated_picture(number), modified="", headers={"Content-Type": "image/jpeg"}) for number in (1, 2))


@pytest.fixture
def crawl(tmp_path, quick):
    """Runs one crawl over the same state and store each time; gives its summary."""

    def run(wanted, *providers, say=lambda line: None, **settings):
        with State(tmp_path / "state.sqlite") as state:
            return crawl_now(
                wanted,
                providers or [UrlProvider()],
                store=PictureStore(tmp_path / "pictures"),
                state=state,
                settings=quick.model_copy(update=settings),
                say=say,
            )

    return run


@pytest.fixture
def rows(tmp_path):
    """The rows of the state as (url's path, status, settled)."""

    def read():
        with State(tmp_path / "state.sqlite") as state:
            return list(state.rows())

    return read


def asked(server) -> list[str]:
    return [asked.path for asked in server.asked if asked.path != "/robots.txt"]


def test_what_was_not_reached_is_asked_again_and_only_that(server, crawl, rows):
    items = [Wanted("a", urls=(server.put("/a", status(503)),)), Wanted("b", urls=(server.put("/b", status(404)),))]
    assert crawl(items).unreached == 1
    assert [(row["status"], row["settled"]) for row in rows()] == [("missing", False), ("missing", True)]
    assert rows()[0]["reason"] == "not reached: HTTP 503 (3 tries)"
    server.asked.clear()
    assert crawl(items, retry_unreached=False).requests == 0
    server.put("/a", RED)
    assert crawl(items).found == 1
    assert asked(server) == ["/a"]
    assert [(row["status"], row["settled"], row["attempts"]) for row in rows()] == [
        ("found", True, 2),
        ("missing", True, 1),
    ]


def test_a_picture_that_could_not_be_had_is_fetched_without_a_second_look_up(server, other, crawl, rows):
    page = server.put(
        "/page", status(302, Location=other.put("/x", File(b'<meta property="og:image" content="a.jpg">')))
    )
    other.put("/a.jpg", status(503))
    assert crawl([Wanted("a", page=page)], PageProvider()).unreached == 1
    other.put("/a.jpg", RED)
    assert crawl([Wanted("a", page=page)], PageProvider()).found == 1
    assert asked(server) == ["/page"]


def test_addresses_are_tried_in_order_until_one_is_a_picture(server, crawl, rows):
    html = server.put("/html", File(b"<html>", headers={"Content-Type": "text/html"}))
    urls = (html, server.put("/none", status(404)), server.put("/red", RED), server.put("/blue", BLUE))
    assert crawl([Wanted("a", urls=urls)]).found == 1
    assert asked(server) == ["/html", "/html", "/none", "/red"]  # damaged is asked twice, as it may pass
    assert {row["url"]: (row["status"], row["reason"]) for row in rows()} == {
        urls[0]: ("refused", "text/html, not an image: begins with '<html'"),
        urls[1]: ("missing", "HTTP 404"),
        urls[2]: ("found", ""),
    }


def test_items_that_share_an_address_share_its_request(server, crawl, rows):
    url = server.put("/a", RED)
    assert crawl([Wanted(str(number), urls=(url,)) for number in range(20)]).found == 20
    assert asked(server) == ["/a"]
    assert len({row["sha256"] for row in rows()}) == 1


def test_only_so_many_items_are_asked_in_one_run(server, crawl, rows):
    items = [Wanted(f"{number}", urls=(server.put(f"/{number}", RED),)) for number in range(10)]
    assert [crawl(items, limit=4).asked for _ in range(4)] == [4, 4, 2, 0]
    assert len(rows()) == 10


def test_a_picture_whose_file_is_lost_is_fetched_again(server, crawl, tmp_path):
    items = [Wanted("a", urls=(server.put("/a", RED),))]
    crawl(items)
    [file] = (tmp_path / "pictures").rglob("*.jpg")
    file.unlink()
    assert crawl(items).found == 1
    assert file.read_bytes() == RED.body


def test_a_refresh_takes_a_changed_picture_and_gives_none_up_for_a_fault(server, crawl, rows):
    items = [Wanted("a", urls=(server.put("/a", RED),))]
    crawl(items)
    [first] = rows()
    for fault in (
        status(503),
        status(403),
        File(b"<html>", modified=""),
        File(BLUE.body[:200], modified=""),
        status(302, Location="file:///a"),
    ):
        server.put("/a", fault)
        assert crawl(items, refresh_after_days=0).found == 1
        assert rows() == [first]
    assert crawl(items, refresh_after_days=1).requests == 0
    server.put("/a", BLUE)
    assert crawl(items, refresh_after_days=0).found == 1
    assert rows()[0]["sha256"] != first["sha256"]
    server.put("/a", status(404))
    assert crawl(items, refresh_after_days=0).found == 0
    assert (rows()[0]["status"], rows()[0]["sha256"]) == ("missing", None)


@pytest.mark.parametrize("file", [File(RED.body, modified=""), File(RED.body, etag="")])
def test_a_refresh_is_conditional_through_a_redirect(server, other, crawl, file):
    items = [Wanted("a", urls=(server.put("/a", status(302, Location=other.put("/b", file))),))]
    crawl(items)
    assert crawl(items, refresh_after_days=0).not_modified == 1


def test_what_cannot_be_written_as_it_is_stops_nothing(server, crawl, rows):
    film = server.put("/3/movie/1", File(rb'{"poster_path": "/a.jpg", "overview": "half a pair: \ud800"}'))
    server.put("/p/w342/a.jpg", File(RED.body, etag='"caf\xe9"', modified=""))
    provider = TmdbProvider(None, film.removesuffix("/movie/1"), f"http://{server.netloc}/p")
    for _ in range(2):
        assert crawl([Wanted("a", tmdb_id=1)], provider, refresh_after_days=0).found == 1
    assert [(row["text"], row["etag"]) for row in rows()] == [("half a pair: ?", '"caf\xe9"')]
    server.put("/3/movie/2", File(rb'{"poster_path": "/\ud800.jpg"}'))
    assert crawl([Wanted("b", tmdb_id=2)], provider).outcomes == {"refused": 1}


def test_a_refresh_follows_a_poster_that_has_moved(server, crawl, rows):
    film = server.put("/3/movie/1", File(b'{"poster_path": "/a.jpg"}'))
    server.put("/p/w342/a.jpg", RED)
    provider, items = (
        TmdbProvider(None, film.removesuffix("/movie/1"), f"http://{server.netloc}/p"),
        [Wanted("a", tmdb_id=1)],
    )
    crawl(items, provider)
    server.put("/3/movie/1", File(b'{"poster_path": "/b.jpg"}'))
    server.put("/p/w342/a.jpg", status(404))
    server.put("/p/w342/b.jpg", BLUE)
    assert crawl(items, provider, refresh_after_days=0).found == 1
    assert [(row["image_url"], row["status"]) for row in rows()] == [(f"http://{server.netloc}/p/w342/b.jpg", "found")]


def test_keys_are_seen_nowhere(server, crawl, rows, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    provider = OmdbProvider("s3cret", f"http://{server.netloc}")
    told: list[str] = []
    query = "/?i=tt0000001&plot=full&apikey=s3cret"
    private = status(302, Location="http://127.0.0.1:9/")
    for item, answer in {"a": status(503), "b": private, "c": status(401)}.items():
        server.put(query, answer)
        crawl([Wanted(item, imdb_id="1")], provider, say=told.append)
    assert [(row["status"], row["settled"]) for row in rows()] == [
        ("missing", False),
        ("refused", True),
        ("blocked", False),
    ]
    assert rows()[2]["reason"].startswith("HTTP 401: OMDb refuses the key")
    server.put(query, File(b'{"Poster": "%s", "Plot": "A plot."}' % server.put("/red", RED).encode()))
    crawl([Wanted("d", imdb_id="1")], provider, say=told.append)
    assert rows()[-1]["status"] == "found"
    assert any("apikey=s3cret" in path for path in asked(server))
    assert caplog.text, "nothing was logged: the test shows nothing"
    everything = (
        caplog.text + str(told) + "".join(file.read_bytes().decode("latin-1") for file in tmp_path.glob("state*"))
    )
    assert "s3cret" not in everything


class Counting(Sequence):
    """Many items, made only when they are looked at."""

    def __len__(self) -> int:
        return 50_000

    def __getitem__(self, index: int) -> Wanted:
        if index >= len(self):
            raise IndexError
        return Wanted(str(index))


class Watching:
    """A provider that knows nothing and watches how much is going on."""

    name = "watching"

    def __init__(self) -> None:
        self.most_tasks = 0

    def questions(self, wanted: Wanted) -> list[str]:
        return [f"question {wanted.item_id}"] if int(wanted.item_id) % 50 == 0 else []

    async def answer(self, wanted: Wanted, url: str, fetch) -> Answer:
        self.most_tasks = max(self.most_tasks, len(asyncio.all_tasks()))
        await asyncio.sleep(0.001)
        return Answer(status="missing", reason="nobody knows")


def test_many_items_make_no_more_tasks_than_workers(crawl):
    watching = Watching()
    summary = crawl(Counting(), watching, workers=8)
    assert (summary.done, summary.outcomes) == (50_000, {"missing": 1000})
    assert watching.most_tasks <= 8 + 2  # the crawl itself and who tells of it


def test_a_fault_of_ours_is_raised_and_what_was_settled_is_kept(server, crawl, rows):
    class Broken(UrlProvider):
        async def answer(self, wanted, url, fetch):
            if wanted.item_id == "b":
                raise ZeroDivisionError
            return Answer(url)

    items = [Wanted(item, urls=(server.put(f"/{item}", RED),)) for item in "ab"]
    with pytest.raises(ExceptionGroup) as caught:
        crawl(items, Broken(), workers=1)
    assert caught.group_contains(ZeroDivisionError)
    assert [row["item_id"] for row in rows()] == ["a"]


def test_progress_is_told(server, crawl, monkeypatch):
    monkeypatch.setattr("assets.posters.crawler.SAY_EVERY_SECONDS", 0.1)
    items = [Wanted(str(n), urls=(server.put(f"/{n}", File(RED.body, pause=0.05)),)) for n in range(9)]
    items.append(Wanted("x", urls=(server.put("/x", status(429, Retry_After="1"), RED),)))
    told: list[str] = []
    crawl(items, say=told.append)
    assert any(f"; {server.netloc} pauses 1 s" in line for line in told)
    assert "of 10 items" in told[0]
    assert told[-1].startswith("posters: 10 of 10 items have a picture; this run: 10 found, 0 not reached")
