"""One address, asked politely: limits and robots.txt of its host, redirects hop by hop, retries, a bounded answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from assets.posters.hosts import Host, HostLeft, Hosts
from assets.posters.robots import Robots
from assets.posters.settings import CrawlSettings
from assets.posters.unavailable import Unavailable
from assets.web.addresses import RefusedAddress, async_client, check_url
from assets.web.retries import retry_after

MOST_REDIRECTS = 5
_GONE, _FORBIDDEN, _PASSING_CODES = {404, 410}, {401, 403, 451}, {408, 425, 429}


@dataclass(frozen=True)
class Fetched:
    """An answer. url: after all redirects; body: empty where `not_modified` (304)."""

    url: str
    body: bytes
    headers: httpx.Headers
    not_modified: bool = False

    @property
    def content_type(self) -> str:
        """Media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class _Question:
    url: str
    headers: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    robots: bool = True
    if_forbidden: str | None = None

    def moved_to(self, url: str) -> _Question:
        """The same at another address; what is secret is for the first host only."""
        before, after = httpx.URL(self.url), httpx.URL(url)
        if (after.scheme, after.netloc) == (before.scheme, before.netloc):
            return replace(self, url=url)
        open_headers = {name: value for name, value in self.headers.items() if name != "Authorization"}
        return _Question(url, open_headers, robots=self.robots)


class _Passing(Exception):
    """A failure that may pass; str(error) is one clause."""


class _Moved(Exception):
    """A redirect to str(error)."""


class Fetcher:
    """Asks for addresses within the limits of one run. A context manager: it holds the connections."""

    def __init__(self, settings: CrawlSettings) -> None:
        self._settings, self.hosts = settings, Hosts(settings)
        self.requests = self.not_modified = 0
        self._robots = Robots(self, settings.user_agent)
        self._client = async_client(
            settings.allow_hosts,
            # Bytes and lengths are to be exact, so nothing is compressed on the way.
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=settings.workers),
        )

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str, headers: Mapping[str, str] | None = None, *, robots: bool = True) -> Fetched:
        """GET an address of a page or picture. Raises Unavailable for all that is no answer of status 2xx or 304."""
        return await self._persist(self._follow, _Question(url, dict(headers or {}), robots=robots))

    async def json(
        self, url: str, headers: Mapping[str, str], params: Mapping[str, str], if_forbidden: str
    ) -> dict[str, Any]:
        """The object that a JSON API answers; its robots.txt is not asked, as one has a key.

        headers, params: a key goes into Authorization or a parameter, and reaches no other host and no reason.
        if_forbidden: what to do about a refused key; the API is then left for this run. Raises Unavailable.
        """
        return await self._persist(self._json, _Question(url, dict(headers), dict(params), False, if_forbidden))

    async def _persist(self, ask: Callable[[_Question], Awaitable[Any]], question: _Question) -> Any:
        tries = AsyncRetrying(
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_random_exponential(multiplier=self._settings.backoff_seconds, max=60),
            retry=retry_if_exception_type(_Passing),
            reraise=True,
        )
        try:
            return await tries(ask, question)
        except _Passing as error:
            raise Unavailable.unreached(f"{error} ({self._settings.tries} tries)") from error
        except HostLeft as error:
            raise Unavailable.unreached(str(error)) from error
        except RefusedAddress as error:
            raise Unavailable("refused", str(error)) from error
        except UnicodeError as error:  # half of a surrogate pair, as JSON may hold it
            raise Unavailable("refused", "an address that cannot be encoded") from error

    async def _json(self, question: _Question) -> dict[str, Any]:
        fetched = await self._follow(question)
        try:
            found = json.loads(fetched.body)
        except (ValueError, RecursionError) as error:
            raise _Passing(f"{fetched.content_type or 'something'} where JSON was expected") from error
        if not isinstance(found, dict):
            raise _Passing("JSON, but no object")
        return found

    async def _follow(self, question: _Question) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            check_url(question.url)
            if question.robots:
                await self._robots.check(question.url)
            try:
                return await self._ask(question)
            except _Moved as moved:
                question = question.moved_to(str(moved))
        raise Unavailable("refused", f"more than {MOST_REDIRECTS} redirects", code=302)

    async def _ask(self, question: _Question) -> Fetched:
        host = self.hosts.of(question.url)
        async with host.turn():
            self.requests += 1
            try:
                async with asyncio.timeout(self._settings.request_seconds):
                    return await self._exchange(question, host)
            except (httpx.ConnectError, httpx.TimeoutException, TimeoutError) as error:
                host.failed(_described(error))
                raise _Passing(_described(error)) from error
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise _Passing(_described(error)) from error
            except httpx.InvalidURL as error:
                raise Unavailable("refused", f"not a usable address: {error}") from error

    async def _exchange(self, question: _Question, host: Host) -> Fetched:
        url = httpx.URL(question.url)
        url = url.copy_merge_params(question.params) if question.params else url
        async with self._client.stream("GET", url, headers=question.headers) as response:
            _judge(response, host, question.if_forbidden)
            not_modified = response.status_code == 304
            self.not_modified += not_modified
            body = b"" if not_modified else await self._read(response)
            return Fetched(question.url, body, response.headers, not_modified)

    async def _read(self, response: httpx.Response) -> bytes:
        most = self._settings.max_bytes
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            raise Unavailable("too large", f"{int(declared):,} bytes declared; the limit is {most:,}")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                raise Unavailable("too large", f"more than the limit of {most:,} bytes")
        return bytes(body)


def _judge(response: httpx.Response, host: Host, if_forbidden: str | None) -> None:
    """Return if the answer is worth reading; note its host's health. Raises Unavailable, _Passing or _Moved."""
    code, why = response.status_code, f"HTTP {response.status_code}"
    if code >= 500:
        host.failed(why)
    else:
        host.answered()
    if code >= 500 or code in _PASSING_CODES:
        host.pause(retry_after(response.headers))
        raise _Passing(why)
    if response.next_request is not None:
        raise _Moved(str(response.next_request.url))
    if code in _FORBIDDEN and if_forbidden is not None:
        host.leave(f"{why}: {if_forbidden}")
        raise Unavailable("blocked", f"{why}: {if_forbidden}", settled=False)
    if code in _FORBIDDEN:
        raise Unavailable("blocked", why, code=code)
    if code in _GONE:
        raise Unavailable("missing", why, code=code)
    if not 200 <= code < 300 and code != 304:
        raise Unavailable("refused", why, code=code)


def _described(error: Exception) -> str:
    """One clause without the address, which may hold a secret."""
    words = "" if isinstance(error, httpx.LocalProtocolError) else str(error)[:120]  # that one quotes our headers
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
