"""The Open Movie Database (https://www.omdbapi.com): posters and plots by IMDb id, or by title and year."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from assets.posters.fetching import Fetcher
from assets.posters.matching import Candidate, best_match, titles_in, year_in
from assets.posters.providers.provider import Answer
from assets.posters.settings import OMDB_API_BASE
from assets.posters.unavailable import Unavailable
from assets.posters.wanted import Wanted, imdb_name

IF_FORBIDDEN = "OMDb refuses the key, or its daily limit is reached; look at TRIFUSE_OMDB_KEY"
_NOT_FOUND = ("not found", "incorrect imdb id", "conversion from string")


class OmdbProvider:
    """key: as OMDb gives to everybody who asks by mail."""

    name = "omdb"

    def __init__(self, key: str, api_base: str = OMDB_API_BASE) -> None:
        self._key, self._api = key.strip(), api_base.rstrip("/")

    def questions(self, wanted: Wanted) -> list[str]:
        """By IMDb id, else by title and year."""
        if imdb := imdb_name(wanted.imdb_id):
            return [f"{self._api}/?{urlencode({'i': imdb, 'plot': 'full'})}"]
        year = wanted.year or year_in(wanted.title or "")
        titles = titles_in(wanted.title or "")[:2]
        return [f"{self._api}/?{urlencode({'t': t, 'plot': 'full'} | ({'y': year} if year else {}))}" for t in titles]

    async def answer(self, wanted: Wanted, url: str, fetch: Fetcher) -> Answer:
        """The film's poster and plot; refused where the film found under the title does not fit well enough."""
        film = await fetch.json(url, {"Accept": "application/json"}, {"apikey": self._key}, IF_FORBIDDEN)
        if film.get("Response") == "False":
            return _nothing(str(film.get("Error", "")))
        score = None
        if not imdb_name(wanted.imdb_id):
            match = best_match(wanted.title or "", wanted.year, [_candidate(film)])
            if match.reason:
                return Answer(status="refused", reason=match.reason, match_score=match.score)
            score = match.score
        return _of(film, score)


def _of(film: dict[str, Any], score: float | None) -> Answer:
    poster, plot = _given(film.get("Poster")), _given(film.get("Plot"))
    known = {"text": plot, "text_kind": "plot" if plot else None, "match_score": score}
    return Answer(poster, **known) if poster else Answer(status="missing", reason="OMDb has no poster of it", **known)


def _nothing(error: str) -> Answer:
    """OMDb says with status 200 both that a film is unknown and that something broke; only the first settles it."""
    if any(words in error.lower() for words in _NOT_FOUND):
        return Answer(status="missing", reason="OMDb does not know it")
    raise Unavailable.unreached(f"OMDb says {error[:100]!r}")


def _given(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() not in ("", "N/A") else None


def _candidate(film: dict[str, Any]) -> Candidate:
    year = re.match(r"\d{4}", str(film.get("Year", "")))
    return Candidate((str(film.get("Title", "")),), int(year[0]) if year else None)
