"""Addresses of pictures that the data set itself names, as Amazon's metadata does."""

from __future__ import annotations

from assets.posters.fetching import Fetcher
from assets.posters.providers.provider import Answer
from assets.posters.wanted import Wanted


class UrlProvider:
    """Takes the item's own addresses, in their order."""

    name = "url"

    def questions(self, wanted: Wanted) -> list[str]:
        """Each address once."""
        return list(dict.fromkeys(wanted.urls))

    async def answer(self, wanted: Wanted, url: str, fetch: Fetcher) -> Answer:
        """The address is the answer; nothing is asked."""
        return Answer(image_url=url)
