"""Clients connect to public addresses only: the address that is checked is the one that is connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable

import anyio
import httpcore
import httpx
import pytest

from assets.web.addresses import RefusedAddress, allowed_hosts, async_client, client
from tests.faulty_server import File, faulty_server, status

Get = Callable[..., httpx.Response]


@pytest.fixture(params=["sync", "async"])
def get(request) -> Get:
    """get(url, "allowed,hosts", **options): one request with either client."""

    def once(url: str, allow: str = "", **options) -> httpx.Response:
        with client(allowed_hosts(allow), follow_redirects=True, timeout=5, **options) as web:
            return web.get(url)

    async def once_async(url: str, allow: str = "", **options) -> httpx.Response:
        async with async_client(allowed_hosts(allow), follow_redirects=True, timeout=5, **options) as web:
            return await web.get(url)

    if request.param == "sync":
        return once
    return lambda url, allow="", **options: anyio.run(lambda: once_async(url, allow, **options))


@pytest.fixture
def resolver(monkeypatch) -> dict[str, list[list[str]]]:
    """host -> the addresses that its first, second, ... look-up finds; other hosts resolve as ever."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in answers:
            return real(host, port, *rest, **options)
        found = answers[name].pop(0) if len(answers[name]) > 1 else answers[name][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def connected(monkeypatch, server) -> list[str]:
    """The hosts that connections were made to; the public ones among them are answered by `server`."""
    hosts: list[str] = []
    connect, connect_async = httpcore.SyncBackend.connect_tcp, httpcore.AnyIOBackend.connect_tcp

    def target(host: str, port: int) -> tuple[str, int]:
        hosts.append(host)
        if host == "203.0.114.66":
            raise httpcore.ConnectError("this one is down")
        return "127.0.0.1", server.server_port

    def sync(self, host, port, *rest, **options):
        return connect(self, *target(host, port), *rest, **options)

    async def not_sync(self, host, port, *rest, **options):
        return await connect_async(self, *target(host, port), *rest, **options)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", sync)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", not_sync)
    return hosts


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.1", "127.1", "0", "0.0.0.0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]"),
        *("[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"),
    ],
)
def test_no_spelling_of_this_machine_is_asked(get, server, host):
    server.put("/", File(b"secret"))
    with pytest.raises(RefusedAddress, match="not a public address"):
        get(f"http://{host}:{server.server_port}/")
    assert server.asked == []


def test_a_named_exception_is_asked_at_its_port_only(get, server):
    url = server.put("/", File(b"fine"))
    assert get(url, server.netloc).content == b"fine"
    assert get(url, "127.0.0.1").content == b"fine"
    with pytest.raises(RefusedAddress):
        get(url, "127.0.0.1:1")
    with pytest.raises(RefusedAddress):
        get(url, "localhost")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_from_an_allowed_host_to_a_private_address_is_refused(get, server, code):
    with faulty_server() as inner:
        secret = inner.put("/", File(b"secret"))
        with pytest.raises(RefusedAddress, match=r"127\.0\.0\.1 is not a public address"):
            get(server.put("/", status(code, Location=secret)), server.netloc)
        assert inner.asked == []


@pytest.mark.parametrize(
    "goal", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://user:word@8.8.8.8/", "gopher://x/"]
)
def test_a_redirect_to_what_is_not_plain_http_is_refused(get, server, goal):
    with pytest.raises(RefusedAddress):
        get(server.put("/", status(302, Location=goal)), server.netloc)


def test_a_host_whose_name_leads_to_a_private_address_is_refused(get, resolver, connected):
    resolver["shop.test"] = [["93.184.216.34", "192.168.1.1"]]
    with pytest.raises(RefusedAddress, match=r"shop\.test is at 192\.168\.1\.1"):
        get("http://shop.test/")
    assert connected == []


def test_a_resolver_that_changes_its_mind_cannot_win(get, resolver, connected, server):
    """Whatever the second look-up would say, the connection goes to what the first one said and was checked."""
    server.put("/", File(b"from outside"))
    resolver["rebind.test"] = [["93.184.216.34"], ["127.0.0.1"]]
    assert get("http://rebind.test/").content == b"from outside"
    assert connected == ["93.184.216.34"]
    assert server.asked[0].headers["Host"] == "rebind.test"
    assert resolver["rebind.test"] == [["127.0.0.1"]]  # looked up once
    with pytest.raises(RefusedAddress):
        get("http://rebind.test/")


def test_a_second_address_is_tried_where_the_first_is_down(get, resolver, connected, server):
    server.put("/", File(b"here"))
    resolver["shop.test"] = [["203.0.114.66", "93.184.216.34"]]
    assert get("http://shop.test/").content == b"here"
    assert connected == ["203.0.114.66", "93.184.216.34"]
    resolver["shop.test"] = [["203.0.114.66", "203.0.114.66"]]
    with pytest.raises(httpx.ConnectError, match="down"):
        get("http://shop.test/")


def test_the_name_of_the_host_is_what_its_certificate_is_checked_against(get, resolver, connected, monkeypatch):
    names = []

    def start_tls(self, **options):
        names.append(options["server_hostname"])
        raise httpcore.ConnectError("enough")

    async def start_tls_async(self, **options):
        start_tls(self, **options)

    monkeypatch.setattr("httpcore._backends.sync.SyncStream.start_tls", start_tls)
    monkeypatch.setattr("httpcore._backends.anyio.AnyIOStream.start_tls", start_tls_async)
    resolver["shop.test"] = [["93.184.216.34"]]
    with pytest.raises(httpx.ConnectError, match="enough"):
        get("https://shop.test/")
    assert names == ["shop.test"] and connected == ["93.184.216.34"]


def test_proxies_of_the_environment_are_ignored(get, server, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{server.netloc}")
    with pytest.raises(RefusedAddress):
        get("http://10.0.0.1/", server.netloc)
    assert server.asked == []


@pytest.mark.parametrize("way_round", [{"proxy": "http://127.0.0.1:1"}, {"mounts": {}}, {"trust_env": True}])
def test_there_is_no_option_that_goes_round_the_checks(get, way_round):
    with pytest.raises(TypeError, match="multiple values"):
        get("http://shop.test/", **way_round)


def test_a_name_that_does_not_resolve_is_an_ordinary_connection_error(get, monkeypatch):
    def fails(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(httpx.ConnectError, match=r"shop\.test does not resolve: Name or service not known"):
        get("http://shop.test/")


def test_urls_are_not_logged_as_they_may_hold_keys(get, server, caplog):
    caplog.set_level("INFO")
    get(server.put("/a?apikey=hidden", File(b"1")), server.netloc)
    assert len(server.asked) == 1 and "hidden" not in caplog.text


def test_socket_files_are_never_opened():
    with pytest.raises(RefusedAddress, match="socket file"):
        client()._transport._pool._network_backend.connect_unix_socket("/run/docker.sock")
