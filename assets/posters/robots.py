"""robots.txt, asked once per host in a run and obeyed (RFC 9309)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

import httpx
from protego import Protego

from assets.posters.unavailable import Unavailable

if TYPE_CHECKING:
    from assets.posters.fetching import Fetcher

LONGEST = 500 * 1024
"""Bytes of a robots.txt that are read, as RFC 9309 asks for at least."""


class Robots:
    """What each host allows. A host that has no robots.txt (4xx) allows all; one that cannot say (5xx), nothing yet."""

    def __init__(self, fetch: Fetcher, user_agent: str) -> None:
        self._fetch, self._name = fetch, user_agent.partition("/")[0]
        self._rules: dict[str, Protego | Unavailable] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: str) -> None:
        """Return if a checked URL may be asked. Raises Unavailable: blocked, or not reached if the host cannot say."""
        address = httpx.URL(url)
        origin = f"{address.scheme}://{address.netloc.decode('ascii')}"
        async with self._asking[origin]:
            if origin not in self._rules:
                self._rules[origin] = await self._ask(origin)
        rules = self._rules[origin]
        if isinstance(rules, Unavailable):
            raise Unavailable(rules.status, rules.reason, rules.settled)
        if not rules.can_fetch(url, self._name):
            raise Unavailable("blocked", f"robots.txt of {address.host} disallows it")

    async def _ask(self, origin: str) -> Protego | Unavailable:
        try:
            body = (await self._fetch.get(f"{origin}/robots.txt", robots=False)).body[:LONGEST]
        except Unavailable as error:
            return _without_rules(error)
        rules = Protego.parse(body.decode("utf-8", "replace"))
        if delay := rules.crawl_delay(self._name):
            self._fetch.hosts.of(origin).slow_down(delay)
        return rules


def _without_rules(error: Unavailable) -> Protego | Unavailable:
    """What a robots.txt that cannot be had means: an HTTP status below 500 is an answer, and allows all."""
    if error.code is not None:
        return Protego.parse("")
    return Unavailable(error.status, f"{error.reason}, for robots.txt", error.settled)
