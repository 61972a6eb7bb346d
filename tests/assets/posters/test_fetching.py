"""One address, asked politely: what each answer means, and what a host may expect of us."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise

import pytest

from assets.posters.fetching import Fetcher
from assets.posters.settings import HostLimit
from assets.posters.unavailable import Unavailable
from tests.faulty_server import File, status

PAGE = File(b"<html>a page</html>")


def get(settings, *urls: str) -> list[bytes | tuple[str, str, bool]]:
    """What became of each address, asked for at the same time within one run."""

    async def one(fetch: Fetcher, url: str):
        try:
            return (await fetch.get(url)).body
        except Unavailable as error:
            return error.status, error.reason, error.settled

    async def all_of_them():
        async with Fetcher(settings) as fetch:
            return await asyncio.gather(*(one(fetch, url) for url in urls))

    return asyncio.run(all_of_them())


def json_of(settings, url: str, **options):
    async def ask():
        async with Fetcher(settings) as fetch:
            return await fetch.json(url, **{"headers": {}, "params": {}, "if_forbidden": "set the token"} | options)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (404, ("missing", "HTTP 404", True)),
        (410, ("missing", "HTTP 410", True)),
        (401, ("blocked", "HTTP 401", True)),
        (451, ("blocked", "HTTP 451", True)),
        (418, ("refused", "HTTP 418", True)),
        (500, ("missing", "not reached: HTTP 500 (3 tries)", False)),
        (429, ("missing", "not reached: HTTP 429 (3 tries)", False)),
    ],
)
def test_what_each_status_means(server, quick, code, outcome):
    url = server.put("/a", status(code))
    assert get(quick, url) == [outcome]
    assert [asked.path for asked in server.asked] == ["/robots.txt"] + ["/a"] * (1 if outcome[2] else 3)


def test_failures_that_pass_are_tried_again(server, quick):
    url = server.put("/a", status(503), File(PAGE.body, drop_after=5, length="19"), PAGE)
    assert get(quick, url) == [PAGE.body]


def test_the_whole_host_pauses_as_long_as_it_asks_and_no_other_host_does(server, other, quick):
    paused, same, elsewhere = (
        server.put("/a", status(429, Retry_After="1"), PAGE),
        server.put("/b", PAGE),
        other.put("/c", PAGE),
    )
    slowly = quick.model_copy(update={"limit_per_host": HostLimit(concurrency=1, rate=1000)})
    assert get(slowly, paused, same, elsewhere) == [PAGE.body] * 3
    at = {asked.path: asked.at for asked in server.asked if asked.path != "/a"}
    refused, again = (asked.at for asked in server.asked if asked.path == "/a")
    assert again - refused >= 1.0
    assert at["/b"] - refused >= 1.0
    assert other.asked[-1].at < at["/b"]


def test_a_host_that_wants_too_long_a_pause_is_left_for_the_next_run(server, quick):
    urls = [server.put("/a", status(503, Retry_After="86400")), server.put("/b", PAGE)]
    outcomes = get(quick.model_copy(update={"limit_per_host": HostLimit(concurrency=1, rate=1000)}), *urls)
    assert [(outcome, settled) for outcome, _, settled in outcomes] == [("missing", False)] * 2
    assert all("is left for the next run: it asks for a pause of 86400 s" in reason for _, reason, _ in outcomes)
    assert len(server.asked) == 2  # robots.txt and the first


def test_a_host_that_fails_too_often_in_a_row_is_left(server, quick):
    urls = [server.put(f"/{number}", status(500)) for number in range(30)]
    outcomes = get(quick.model_copy(update={"failures_in_a_row": 5}), *urls)
    assert len(server.asked) < 5 + 4 + 1  # those under way at the fifth failure come to their end
    assert all(outcome[0] == "missing" and not outcome[2] for outcome in outcomes)
    assert "5 failures in a row, last: HTTP 500" in outcomes[-1][1]


def test_a_dead_host_is_not_reached_and_named_so(quick):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{free.getsockname()[1]}"
    settings = quick.model_copy(update={"allow_hosts": {dead}})
    [(outcome, reason, settled)] = get(settings, f"http://{dead}/a")
    assert (outcome, settled) == ("missing", False)
    assert reason.startswith("not reached: ConnectError")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.org/a",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)",
            "//x/a",
            "",
            "x",
        ),
        *("http://", "http://user:secret@example.org/", "http://127.0.0.1:9/a", "http://2130706433/", "http://[::1]/a"),
        *(
            "http://0x7f.1/",
            "http://169.254.169.254/latest",
            "http://example.org:99999/",
            "http://a b/",
            "http://\x00/",
            "http://h/\ud800",
        ),
    ],
)
def test_strangers_addresses_are_refused(quick, url):
    [(outcome, reason, settled)] = get(quick, url)
    assert (outcome, settled) == ("refused", True)
    assert reason
    assert "secret" not in reason


def test_redirects_are_followed_hop_by_hop_and_each_is_judged(server, other, quick):
    loop = server.put("/loop", status(302, Location="/loop"))
    away = server.put("/away", status(301, Location=other.put("/a", PAGE)))
    private = server.put("/private", status(302, Location="http://127.0.0.1:9/a"))
    scheme = server.put("/scheme", status(302, Location="file:///etc/passwd"))
    page, *refused = get(quick, away, loop, private, scheme)
    assert page == PAGE.body
    assert [outcome[0] for outcome in refused] == ["refused"] * 3
    assert [asked.path for asked in other.asked] == ["/robots.txt", "/a"]


def test_robots_txt_is_asked_once_and_obeyed(server, quick):
    server.put(
        "/robots.txt", File(b"User-agent: *\nDisallow: /a\n\nUser-agent: Trifuse\nDisallow: /*.jpg$\nAllow: /ok.jpg\n")
    )
    urls = [server.put(path, PAGE) for path in ("/a", "/b.jpg", "/ok.jpg")]
    blocked = ("blocked", "robots.txt of 127.0.0.1 disallows it", True)
    assert get(quick, *urls) == [PAGE.body, blocked, PAGE.body]
    assert [asked.path for asked in server.asked].count("/robots.txt") == 1


def test_a_host_whose_robots_txt_is_broken_is_not_asked_further(server, quick):
    server.put("/robots.txt", status(503))
    outcome = ("missing", "not reached: HTTP 503 (3 tries), for robots.txt", False)
    assert get(quick, server.put("/a", PAGE), server.put("/b", PAGE)) == [outcome] * 2
    assert {asked.path for asked in server.asked} == {"/robots.txt"}


@pytest.mark.parametrize(
    "answer", [status(404), status(403), status(302, Location="/robots.txt"), File(b"\xff\xfe\x00junk")]
)
def test_a_host_without_usable_robots_txt_allows_all(server, quick, answer):
    server.put("/robots.txt", answer)
    assert get(quick, server.put("/a", PAGE)) == [PAGE.body]


def test_a_robots_txt_elsewhere_on_the_same_host_is_read_there(server, quick):
    server.put("/robots.txt", status(301, Location="/static/robots"))
    server.put("/static/robots", File(b"User-agent: *\nDisallow: /a\n"))
    assert get(quick, server.put("/a", PAGE))[0][0] == "blocked"


def test_robots_txt_files_that_send_us_to_each_other_end(server, other, quick):
    server.put("/robots.txt", status(302, Location=f"http://{other.netloc}/robots.txt"))
    other.put("/robots.txt", status(302, Location=f"http://{server.netloc}/robots.txt"))
    assert get(quick, server.put("/a", PAGE), other.put("/b", PAGE)) == [PAGE.body] * 2


def test_a_crawl_delay_is_kept(server, quick):
    server.put("/robots.txt", File(b"User-agent: *\nCrawl-delay: 0.3\n"))
    get(quick, *(server.put(f"/{number}", PAGE) for number in range(3)))
    times = [asked.at for asked in server.asked[1:]]
    assert all(later - earlier > 0.29 for earlier, later in pairwise(times))


@pytest.mark.parametrize("length", [None, ""])
def test_an_answer_is_read_up_to_the_limit_and_no_further(server, quick, length):
    url = server.put("/a", File(bytes(100_001), length=length))
    [(outcome, reason, settled)] = get(quick, url)
    assert (outcome, settled) == ("too large", True)
    assert "100,000" in reason


def test_who_asks_says_so(server, quick):
    get(quick, server.put("/a", PAGE))
    assert {asked.headers["User-Agent"] for asked in server.asked} == {quick.user_agent}
    assert quick.user_agent.startswith("Trifuse/")


def test_json_is_asked_without_robots_and_again_if_it_is_none(server, quick):
    url = server.put("/api", PAGE, File(b'{"a": '), File(b'{"a": 1}'))
    assert json_of(quick, url) == {"a": 1}
    assert [asked.path for asked in server.asked] == ["/api"] * 3
    with pytest.raises(Unavailable, match=r"not reached: .* where JSON was expected"):
        json_of(quick, server.put("/never", PAGE))


def test_a_refused_key_settles_nothing_and_leaves_the_api(server, quick):
    with pytest.raises(Unavailable) as caught:
        json_of(quick, server.put("/api", status(401)))
    error = caught.value
    assert (error.status, error.reason, error.settled) == ("blocked", "HTTP 401: set the token", False)


def test_keys_go_to_their_own_host_only(server, other, quick):
    target = other.put("/api", File(b"{}"))
    server.put("/api?q=1&key=secret", status(302, Location=target))
    url = f"http://{server.netloc}/api?q=1"
    assert json_of(quick, url, headers={"Authorization": "Bearer secret"}, params={"key": "secret"}) == {}
    assert server.asked[0].headers["Authorization"] == "Bearer secret"
    assert "secret" not in str(other.asked)
