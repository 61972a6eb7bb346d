"""HTTP clients that connect to public addresses only, whatever a stranger's data or redirect asks for.

Every request, each hop of a redirect included, has its URL checked. Its host is resolved once, every address found is
checked, and the connection is made to a checked address itself: there is no second look-up that could answer
differently (DNS rebinding). Proxies and netrc of the environment are ignored, as a proxy would resolve the name itself.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import httpcore
import httpx

from assets.web.rules import RefusedAddress, allowed_hosts, check_url, is_allowed, public_addresses

__all__ = ["RefusedAddress", "allowed_hosts", "async_client", "check_url", "client"]

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every URL, and a URL may hold a key

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_NO_CONNECTION = (httpcore.ConnectError, httpcore.ConnectTimeout)


def client(
    allow_hosts: frozenset[str] = frozenset(), *, limits: httpx.Limits = LIMITS, verify: Any = True, **options: Any
) -> httpx.Client:
    """An httpx.Client that raises RefusedAddress rather than ask a private address or follow a redirect to one.

    allow_hosts: exceptions, from `allowed_hosts`. verify: as httpx has it. options: httpx.Client's own, save
    transport, mounts, proxy and trust_env. A redirect to another scheme than http(s) raises RefusedAddress too;
    text that is no URL at all raises httpx.InvalidURL (`check_url` says it as RefusedAddress).
    """
    transport = _Transport(allow_hosts, limits, verify)
    return httpx.Client(transport=transport, mounts=None, proxy=None, trust_env=False, **options)


def async_client(
    allow_hosts: frozenset[str] = frozenset(), *, limits: httpx.Limits = LIMITS, verify: Any = True, **options: Any
) -> httpx.AsyncClient:
    """The same as `client`, asynchronous."""
    transport = _AsyncTransport(allow_hosts, limits, verify)
    return httpx.AsyncClient(transport=transport, mounts=None, proxy=None, trust_env=False, **options)


class _Transport(httpx.HTTPTransport):
    def __init__(self, allow_hosts: frozenset[str], limits: httpx.Limits, verify: Any) -> None:
        context = httpx.create_ssl_context(verify)
        super().__init__(verify=context)
        # httpx has no option for a network backend; httpcore's pool has.
        self._pool = httpcore.ConnectionPool(context, network_backend=_Backend(allow_hosts), **vars(limits))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_url(request.url)
        return super().handle_request(request)


class _AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, allow_hosts: frozenset[str], limits: httpx.Limits, verify: Any) -> None:
        context = httpx.create_ssl_context(verify)
        super().__init__(verify=context)
        self._pool = httpcore.AsyncConnectionPool(context, network_backend=_AsyncBackend(allow_hosts), **vars(limits))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_url(request.url)
        return await super().handle_async_request(request)


class _Backend(httpcore.SyncBackend):
    def __init__(self, allow_hosts: frozenset[str]) -> None:
        self.allow_hosts = allow_hosts

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any, **options: Any):
        """Connect to the first checked address that answers."""
        if is_allowed(host, port, self.allow_hosts):
            return super().connect_tcp(host, port, timeout, *rest, **options)
        with _resolving(host):
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        *others, last = public_addresses(host, found)
        for address in others:
            with suppress(*_NO_CONNECTION):
                return super().connect_tcp(address, port, timeout, *rest, **options)
        return super().connect_tcp(last, port, timeout, *rest, **options)

    def connect_unix_socket(self, path: str, *rest: Any, **options: Any):
        """Never."""
        raise RefusedAddress(f"{path} is a socket file, not an address")


class _AsyncBackend(httpcore.AnyIOBackend):
    def __init__(self, allow_hosts: frozenset[str]) -> None:
        self.allow_hosts = allow_hosts

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any, **options: Any):
        """Connect to the first checked address that answers."""
        if is_allowed(host, port, self.allow_hosts):
            return await super().connect_tcp(host, port, timeout, *rest, **options)
        with _resolving(host), anyio.fail_after(timeout):
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        *others, last = public_addresses(host, found)
        for address in others:
            with suppress(*_NO_CONNECTION):
                return await super().connect_tcp(address, port, timeout, *rest, **options)
        return await super().connect_tcp(last, port, timeout, *rest, **options)

    async def connect_unix_socket(self, path: str, *rest: Any, **options: Any):
        """Never."""
        raise RefusedAddress(f"{path} is a socket file, not an address")


@contextmanager
def _resolving(host: str) -> Iterator[None]:
    """What a resolver raises, as httpcore would say it."""
    try:
        yield
    except UnicodeError as error:  # an empty or overlong label
        raise RefusedAddress(f"{host[:200]!r} is not a host name") from error
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
    except OSError as error:
        raise httpcore.ConnectError(f"{host} does not resolve: {error.strerror or error}") from error
