"""MovieLens' titles against films as a search returns them: a wrong poster is worse than none."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.posters.matching import THRESHOLD, Candidate, best_match, score, titles_in, year_in


@pytest.mark.parametrize(
    ("title", "titles"),
    [
        ("Matrix, The (1999)", ["The Matrix"]),
        ("Shanghai Triad (Yao a yao yao dao waipo qiao) (1995)", ["Shanghai Triad", "Yao a yao yao dao waipo qiao"]),
        ("Il Postino (Postino, Il)", ["Il Postino"]),
        ("Star Maker, The (Uomo delle stelle, L') (1995)", ["The Star Maker", "L'Uomo delle stelle"]),
        ("Hard 8 (a.k.a. Sydney, a.k.a. Hard Eight) (1996)", ["Hard 8", "Sydney", "Hard Eight"]),
        ("Land Before Time III: The Great Giving (1995) (V)", ["Land Before Time III: The Great Giving"]),
        ("And God Created Woman (Et Dieu&#8230;) (1956)", ["And God Created Woman", "Et Dieu…"]),
        ("2001: A Space Odyssey (1968)", ["2001: A Space Odyssey"]),
        ("unknown", ["unknown"]),
        ("", []),
    ],
)
def test_the_titles_in_a_title(title, titles):
    assert titles_in(title) == titles


def test_the_year_in_a_title():
    assert [year_in(title) for title in ("1984 (1984)", "2001: A Space Odyssey", "A (1990) (1995) (V)")] == [
        1984,
        None,
        1995,
    ]


@pytest.mark.parametrize(
    ("title", "candidate", "taken"),
    [
        ("Matrix, The (1999)", Candidate(("The Matrix",), 1999), True),
        ("Hate (Haine, La) (1995)", Candidate(("La Haine",), 1995), True),
        ("Callejón de los milagros, El (1995)", Candidate(("Midaq Alley", "El callejon de los Milagros"), 1995), True),
        ("Oscar & Lucinda (1997)", Candidate(("Oscar and Lucinda",), 1997), True),
        ("Rocky II (1979)", Candidate(("Rocky 2",), 1979), True),
        ("Alien³ (1992)", Candidate(("Alien 3",), 1992), True),
        ("Howling, The (1980)", Candidate(("The Howling",), 1981), True),  # sources differ by a year
        ("Matrix, The", Candidate(("The Matrix",), 1999), True),  # nobody said which year
        ("Sabrina (1995)", Candidate(("Sabrina",), 1954), False),  # a remake
        ("Wonderland (1997)", Candidate(("Wonderland",), 1999), False),
        ("Toy Story (1995)", Candidate(("Toy Story 2",), 1995), False),  # a sequel
        ("Rocky II (1979)", Candidate(("Rocky",), 1979), False),
        ("Heat (1995)", Candidate(("Hate",), 1995), False),
        ("Twister (1996)", Candidate(("Twisted",), 1996), False),
        ("Alien (1979)", Candidate(("Alien: Resurrection",), 1979), False),
        ("Heat (1995)", Candidate((), 1995), False),
        ("", Candidate(("Heat",), 1995), False),
        ("(1995)", Candidate(("",), 1995), False),
    ],
)
def test_what_is_taken_and_what_is_refused(title, candidate, taken):
    match = best_match(title, None, [candidate])
    assert (match.reason == "") == taken
    assert (match.score >= THRESHOLD) == taken


def test_a_refusal_names_the_nearest_and_its_score():
    match = best_match("Sabrina", 1995, [Candidate(("Sabrina",), 1954), Candidate(("Sabotage",), 1995)])
    assert match.reason == "the nearest, Sabotage (1995), scores 0.53 of the 0.9 needed"
    assert best_match("Sabrina", 1995, []).position is None


def test_a_tie_is_refused():
    films = [Candidate(("Hamlet",), 1990), Candidate(("Hamlet",), 1996)]
    assert best_match("Hamlet", None, films).reason == "2 films fit as well as Hamlet (1990)"
    assert best_match("Hamlet", 1996, films).position == 1


@given(st.text(), st.none() | st.integers(), st.lists(st.tuples(st.lists(st.text()), st.none() | st.integers())))
def test_junk_never_raises(title, year, films):
    match = best_match(title, year, [Candidate(tuple(titles), released) for titles, released in films])
    assert 0 <= match.score <= 1
    assert (match.position is None) <= bool(match.reason)


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1), st.integers(1900, 2030))
def test_the_same_title_and_year_score_one(title, year):
    assert score(title, year, Candidate((title,), year)) in (0.0, 1.0)  # 0: letters that are nothing but an article


@pytest.mark.real_data
def test_on_real_titles_nearly_all_are_taken_and_none_wrongly(raw_data):
    with (raw_data / "movielens" / "movie_texts.csv").open(encoding="utf-8", newline="") as file:
        films = {
            row["tmdb_id"]: row["title"] for row in csv.DictReader(file) if row["tmdb_id"] and year_in(row["title"])
        }
    by_beginning = defaultdict(list)  # a search returns films that share a word; all against all would take minutes
    for film, title in films.items():
        by_beginning[titles_in(title)[0].split()[-1].lower()].append(
            (film, Candidate((titles_in(title)[0],), year_in(title)))
        )
    taken = wrong = 0
    for film, title in films.items():
        found = by_beginning[titles_in(title)[0].split()[-1].lower()]
        match = best_match(title, None, [candidate for _, candidate in found])
        taken += not match.reason
        wrong += not match.reason and found[match.position][0] != film
    assert len(films) > 3800
    assert taken / len(films) > 0.99
    assert wrong == 0
