"""A web page about the item: its picture and description as pages state them for others (Open Graph, JSON-LD)."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from assets.posters.fetching import Fetcher
from assets.posters.providers.provider import Answer
from assets.posters.wanted import Wanted
from assets.web.addresses import RefusedAddress, check_url

LONGEST = 4 * 2**20
"""Bytes of a page that are parsed; what describes a page stands in its head."""


class PageProvider:
    """Reads `og:image` or JSON-LD `image`, and JSON-LD `description` or `og:description`."""

    name = "page"

    def questions(self, wanted: Wanted) -> list[str]:
        """The page, if the item has one."""
        return [wanted.page] if wanted.page else []

    async def answer(self, wanted: Wanted, url: str, fetch: Fetcher) -> Answer:
        """What the page says of itself."""
        fetched = await fetch.get(url, {"Accept": "text/html, application/xhtml+xml"})
        return await asyncio.to_thread(parse, fetched.body[:LONGEST], fetched.url)


def parse(body: bytes | str, url: str) -> Answer:
    """The picture and the description that a page at `url` states. Never raises for what a page may hold."""
    try:
        page = BeautifulSoup(body, "html.parser")
        data = list(_linked_data(page))
    except (ParserRejectedMarkup, RecursionError):
        return Answer(status="missing", reason="the page is beyond parsing")
    images = [
        *_meta(page, "og:image"),
        *_meta(page, "og:image:url"),
        *(i for node in data for i in _urls(node.get("image"))),
    ]
    texts = [
        *(node["description"] for node in data if isinstance(node.get("description"), str)),
        *_meta(page, "og:description"),
    ]
    text = next((cleaned for text in texts if (cleaned := " ".join(html.unescape(text).split()))), None)
    known = {"text": text, "text_kind": "description" if text else None}
    image = next((image for image in images if image.strip()), None)
    if image is None:
        return Answer(status="missing", reason="the page names no picture", **known)
    return _checked(image.strip(), url, known)


def _checked(image: str, url: str, known: dict[str, str | None]) -> Answer:
    try:
        address = urljoin(url, image)
        check_url(address)
    except RefusedAddress as error:
        return Answer(status="refused", reason=str(error), **known)
    except ValueError:
        return Answer(status="refused", reason="the page's picture has no usable address", **known)
    return Answer(address, **known)


def _meta(page: BeautifulSoup, name: str) -> list[str]:
    tags = page.find_all("meta", {"property": name}) + page.find_all("meta", {"name": name})
    return [str(tag.get("content") or "") for tag in tags]


def _linked_data(page: BeautifulSoup) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD that stands at the top, in a list or in a @graph."""
    for script in page.find_all("script", type="application/ld+json"):
        try:
            waiting = [json.loads(script.get_text())]
        except ValueError:
            continue  # pages with broken JSON-LD are common, and may say it elsewhere
        while waiting:
            node = waiting.pop()
            if isinstance(node, list):
                waiting.extend(reversed(node))
            elif isinstance(node, dict):
                yield node
                waiting.append(node.get("@graph"))


def _urls(image: Any) -> Iterator[str]:
    """The addresses in a JSON-LD image: a string, an ImageObject, or a list of either."""
    for entry in image if isinstance(image, list) else [image]:
        found = (entry.get("url") or entry.get("contentUrl") or entry.get("@id")) if isinstance(entry, dict) else entry
        if isinstance(found, str):
            yield found
