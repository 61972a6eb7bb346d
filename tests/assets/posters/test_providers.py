"""What each provider asks, and how it reads the answer."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.posters.providers.omdb import OmdbProvider
from assets.posters.providers.page import parse
from assets.posters.providers.tmdb import TmdbProvider
from assets.posters.providers.url import UrlProvider
from assets.posters.unavailable import Unavailable
from assets.posters.wanted import Wanted, imdb_name

TMDB, OMDB = TmdbProvider("token", "https://api", "https://images/"), OmdbProvider("key", "https://omdb/")
TOY_STORY = Wanted("1", "Toy Story (1995)")
FILM = {"title": "Toy Story", "release_date": "1995-10-30", "poster_path": "/a.jpg", "overview": " Toys. "}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["image", "@graph", "url", "description"]), inner)
    ),
)


def answer(provider, wanted, found, url=""):
    async def json_api(*_):
        return found

    return asyncio.run(provider.answer(wanted, url, SimpleNamespace(json=json_api)))


def test_imdb_ids():
    given = ("tt0114709", "114709", 114709, " 0114709 ", "tt", "nm0000001", "", None, "1/../2")
    assert [imdb_name(one) for one in given] == ["tt0114709"] * 4 + [None] * 5


def test_tmdb_is_asked_by_id_and_by_title_only_without():
    ids = Wanted("1", "Toy Story (1995)", imdb_id="0114709", tmdb_id="862")
    assert TMDB.questions(ids) == ["https://api/movie/862", "https://api/find/tt0114709?external_source=imdb_id"]
    assert TMDB.questions(Wanted("1", "Hate (Haine, La) (1995)")) == [
        "https://api/search/movie?query=Hate&year=1995",
        "https://api/search/movie?query=La+Haine&year=1995",
        "https://api/search/movie?query=Hate",
    ]
    assert TMDB.questions(Wanted("1")) == []


def test_tmdb_by_id():
    found = answer(TMDB, TOY_STORY, FILM)
    assert (found.image_url, found.text, found.text_kind) == ("https://images/w342/a.jpg", "Toys.", "overview")
    none = answer(TMDB, TOY_STORY, FILM | {"poster_path": None})
    assert (none.status, none.reason, none.image_url, none.text) == (
        "missing",
        "TMDB has no poster of it",
        None,
        "Toys.",
    )


def test_tmdb_by_imdb_id():
    assert answer(TMDB, TOY_STORY, {"movie_results": [FILM]}).image_url == "https://images/w342/a.jpg"
    assert answer(TMDB, TOY_STORY, {"movie_results": [], "tv_results": [FILM]}).image_url
    assert answer(TMDB, TOY_STORY, {"movie_results": []}).status == "missing"


def test_tmdb_by_title_takes_what_fits_and_refuses_what_does_not():
    sequel = FILM | {"title": "Toy Story 2", "release_date": "1999-10-30", "poster_path": "/b.jpg"}
    found = answer(TMDB, TOY_STORY, {"results": [sequel, FILM]})
    assert (found.image_url, found.match_score) == ("https://images/w342/a.jpg", 1.0)
    refused = answer(TMDB, TOY_STORY, {"results": [sequel]})
    assert (refused.status, refused.image_url, refused.text) == ("refused", None, None)
    assert "the nearest, Toy Story 2 (1999), scores" in refused.reason
    assert answer(TMDB, TOY_STORY, {"results": []}).status == "missing"


def test_omdb():
    assert OMDB.questions(Wanted("1", imdb_id="114709")) == ["https://omdb/?i=tt0114709&plot=full"]
    assert OMDB.questions(TOY_STORY) == ["https://omdb/?t=Toy+Story&plot=full&y=1995"]
    film = {"Title": "Toy Story", "Year": "1995", "Poster": "https://m/a.jpg", "Plot": "Toys."}
    found = answer(OMDB, TOY_STORY, film)
    assert (found.image_url, found.text, found.text_kind, found.match_score) == (
        "https://m/a.jpg",
        "Toys.",
        "plot",
        1.0,
    )
    none = answer(OMDB, TOY_STORY, film | {"Poster": "N/A", "Plot": "N/A"})
    assert (none.status, none.text) == ("missing", None)
    assert answer(OMDB, TOY_STORY, film | {"Year": "2010–2012"}).status == "refused"
    assert answer(OMDB, TOY_STORY, {"Response": "False", "Error": "Movie not found!"}).status == "missing"
    with pytest.raises(Unavailable, match="not reached: OMDb says 'Request limit reached!'"):
        answer(OMDB, TOY_STORY, {"Response": "False", "Error": "Request limit reached!"})


def test_addresses_of_the_data_set_are_asked_once_each():
    assert UrlProvider().questions(Wanted("1", urls=("http://a", "http://b", "http://a"))) == ["http://a", "http://b"]


def page(**linked) -> str:
    return f'<script type="application/ld+json">{json.dumps(linked)}</script>'


@pytest.mark.parametrize(
    ("body", "image", "text"),
    [
        ('<meta name=og:image content=a><meta name=og:description content=" A &amp; B">', "http://h/x/a", "A & B"),
        (page(image="b.jpg", description="Plot"), "http://h/x/b.jpg", "Plot"),
        (page(image={"@type": "ImageObject", "url": "//i/c.jpg"}), "http://i/c.jpg", None),
        (page(image=[{"contentUrl": "d.jpg"}, "e.jpg"]), "http://h/x/d.jpg", None),
        (page(**{"@graph": [{"name": "x"}, {"image": ["f.jpg"], "description": "G"}]}), "http://h/x/f.jpg", "G"),
        ('<script type="application/ld+json">[{}, {"image": "g.jpg"}]</script>', "http://h/x/g.jpg", None),
        ('<script type="application/ld+json">{broken</script>' + page(image="h.jpg"), "http://h/x/h.jpg", None),
        ('<meta property="og:image" content=""><p>nothing', None, None),
        (page(image=7, description=["x"]), None, None),
    ],
)  # fmt: skip
def test_what_a_page_says_of_itself(body, image, text):
    found = parse(body, "http://h/x/page.html")
    assert (found.image_url, found.text) == (image, text)
    assert found.status == ("found" if image else "missing")


@pytest.mark.parametrize(
    "image", ["data:image/png;base64,AAAA", "file:///etc/passwd", "http://u:p@h/a", "http://[", "javascript:x"]
)
def test_a_page_may_not_name_just_anything(image):
    found = parse(f'<meta property="og:image" content="{image}">', "http://h/")
    assert (found.status, found.image_url) == ("refused", None)


@given(
    st.binary()
    | st.text()
    | JSON.map(lambda value: page(image=value))
    | JSON.map(lambda value: page(**{"@graph": value}))
)
def test_pages_of_junk_never_raise(body):
    assert parse(body, "http://h/").status in ("found", "missing", "refused")


@given(st.text(alphabet="<>!-[]/=\"'metaimgscrip og:&;\x00 ", max_size=200))
def test_broken_markup_never_raises(body):
    parse(f'<meta property="og:image" content="a.jpg">{body}', "http://h/")


@given(
    st.sampled_from(["results", "movie_results", "poster_path", "overview", "Poster", "Title", "Year", "Plot"]),
    JSON,
    JSON,
)
def test_junk_from_an_api_never_raises(name, one, two):
    for found in ({name: one}, {name: [one, {"poster_path": two, "title": one, "release_date": two}]}):
        assert answer(TMDB, TOY_STORY, found).status in ("found", "missing", "refused")
        assert answer(OMDB, TOY_STORY, found).status in ("found", "missing", "refused")
