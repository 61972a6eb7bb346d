"""The shape that every provider has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from assets.posters.fetching import Fetcher
from assets.posters.wanted import Wanted


@dataclass(frozen=True)
class Answer:
    """What a provider knows. image_url: where the picture is, None with the status and reason why there is none.

    text_kind: "overview", "plot" or "description"; match_score: 0 to 1, of a search by title.
    """

    image_url: str | None = None
    text: str | None = None
    text_kind: str | None = None
    status: str = "found"
    reason: str = ""
    match_score: float | None = None


class Provider(Protocol):
    """Knows where pictures are. Questions are told apart by their URL, so what is settled is not asked again."""

    name: str

    def questions(self, wanted: Wanted) -> list[str]:
        """The URLs that could be asked about an item, most promising first, free of secrets. Asks nothing itself."""
        ...

    async def answer(self, wanted: Wanted, url: str, fetch: Fetcher) -> Answer:
        """Ask one of the `questions`. Raises Unavailable."""
        ...
