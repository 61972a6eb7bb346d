"""The Movie Database: posters and overviews by its own id, an IMDb id, or title and year.

https://developer.themoviedb.org/reference/movie-details, find-by-id and search-movie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from assets.posters.fetching import Fetcher
from assets.posters.matching import Candidate, best_match, titles_in, year_in
from assets.posters.providers.provider import Answer
from assets.posters.settings import TMDB_API_BASE, TMDB_IMAGE_BASE
from assets.posters.wanted import Wanted, imdb_name

IF_FORBIDDEN = "TMDB refuses the token; set TRIFUSE_TMDB_TOKEN to an API Read Access Token"


class TmdbProvider:
    """token: API Read Access Token; size: of the posters, a width that TMDB offers (w185, w342, w500, original)."""

    name = "tmdb"

    def __init__(
        self, token: str | None, api_base: str = TMDB_API_BASE, image_base: str = TMDB_IMAGE_BASE, size: str = "w342"
    ) -> None:
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token.strip()}"} if token else {})
        self._api, self._images = api_base.rstrip("/"), f"{image_base.rstrip('/')}/{size}"

    def questions(self, wanted: Wanted) -> list[str]:
        """By every id that is known; by title only where none is."""
        asked = []
        if str(wanted.tmdb_id or "").isdecimal():
            asked.append(f"{self._api}/movie/{int(wanted.tmdb_id)}")
        if imdb := imdb_name(wanted.imdb_id):
            asked.append(f"{self._api}/find/{imdb}?external_source=imdb_id")
        return asked or self._searches(wanted)

    def _searches(self, wanted: Wanted) -> list[str]:
        """By the main title and the first other one, with the year; then without, as TMDB's may differ by one."""
        titles = titles_in(wanted.title or "")[:2]
        year = wanted.year or year_in(wanted.title or "")
        asked = [{"query": title, "year": year} for title in titles if year] + [{"query": t} for t in titles[:1]]
        return [f"{self._api}/search/movie?{urlencode(query)}" for query in asked]

    async def answer(self, wanted: Wanted, url: str, fetch: Fetcher) -> Answer:
        """The film's poster and overview; refused where a search finds no film that fits well enough."""
        found = await fetch.json(url, self._headers, {}, IF_FORBIDDEN)
        if "results" in found:
            return self._best(wanted, _objects(found["results"]))
        if "movie_results" in found:
            films = _objects(found["movie_results"]) + _objects(found.get("tv_results"))
            return self._of(films[0]) if films else Answer(status="missing", reason="TMDB does not know this IMDb id")
        return self._of(found)

    def _best(self, wanted: Wanted, films: list[Mapping[str, Any]]) -> Answer:
        match = best_match(wanted.title or "", wanted.year, [_candidate(film) for film in films])
        if match.position is None:
            return Answer(status="missing", reason="TMDB finds no film of this title", match_score=0.0)
        if match.reason:
            return Answer(status="refused", reason=match.reason, match_score=match.score)
        return self._of(films[match.position], match.score)

    def _of(self, film: Mapping[str, Any], score: float | None = None) -> Answer:
        path, overview = film.get("poster_path"), film.get("overview")
        text = overview.strip() if isinstance(overview, str) else ""
        known = {"text": text or None, "text_kind": "overview" if text else None, "match_score": score}
        if not isinstance(path, str) or not path.strip("/ "):
            return Answer(status="missing", reason="TMDB has no poster of it", **known)
        return Answer(f"{self._images}/{path.lstrip('/')}", **known)


def _candidate(film: Mapping[str, Any]) -> Candidate:
    titles = tuple(t for t in (film.get("title"), film.get("original_title")) if isinstance(t, str) and t.strip())
    year = str(film.get("release_date") or "")[:4]
    return Candidate(titles, int(year) if year.isdecimal() else None)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
