"""sample-movies: MovieLens 1M's files, with posters and plots beside them as in `movielens/`."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from assets.samples import dirt, scenes
from assets.samples.drawing import Studio
from assets.samples.movie_words import NEUTRAL, SENTENCES, STORIES, TITLES
from assets.samples.tastes import Recipe, Tastes, stream
from assets.samples.writing import Writer

RECIPE = Recipe(seed=1895, users=240, items=2200, ratings_per_user=60, start=1577836800)
"""Ratings run from 2020-01-01 on."""
ARTEFACTS = ("sample-movies", "movielens/posters.csv", "movielens/movie_texts.csv", "movielens/posters")
"""What this sample owns under the root."""
AGES = (1, 18, 25, 35, 45, 50, 56)


def write(root: Path, tastes: Tastes) -> dict:
    """Writes all files under `root`; returns what was planted in them (see `truth.json`)."""
    (root / "sample-movies").mkdir(parents=True)
    ids, films = _films(tastes)
    users = _users(tastes)
    _lines(root / "sample-movies/users.dat", users)
    _lines(
        root / "sample-movies/movies.dat",
        [f"{i}::{f['title']} ({f['year']})::{f['genres']}" for i, f in zip(ids, films, strict=True)],
    )
    ratings = [
        f"{u + 1}::{ids[i]}::{r}::{t}"
        for u, i, r, t in zip(tastes.users, tastes.items, tastes.ratings, tastes.timestamps, strict=True)
    ]
    lines, planted = dirt.plant(ratings, _dirty_ratings(len(users), ids[-1]), stream(RECIPE.seed, "dirt"))
    _lines(root / "sample-movies/ratings.dat", lines)
    _texts(root / "movielens/movie_texts.csv", ids, films)
    pictures = _posters(root / "movielens", ids, films, tastes)
    accented = sum(not f["title"].isascii() for f in films)
    return {
        "files": {
            "sample-movies/users.dat": dirt.clean(len(users)),
            "sample-movies/movies.dat": {**dirt.clean(len(films)), "good_but_odd": {"latin1_title": accented}},
            "sample-movies/ratings.dat": {**dirt.clean(len(ratings)), **planted, "read": len(lines)},
        },
        "pictures": pictures,
    }


def _films(tastes: Tastes) -> tuple[list[int], list[dict]]:
    """Ids (with gaps, as in the real file) and films: title, year, genres, overview."""
    rng, topics = stream(RECIPE.seed, "films"), tastes.item_topics["text"]
    writer, taken, told = Writer(rng), set(), set()
    films = []
    for shares in topics:
        chosen = rng.choice(len(shares), p=shares)
        words = {**STORIES[chosen], **NEUTRAL}
        title = writer.unique(lambda words=words: writer.fill(writer.pick(TITLES), words), taken)
        overview = writer.unique(lambda shares=shares: " ".join(writer.described(shares, STORIES, SENTENCES, 5)), told)
        year = int(2019 - 69 * rng.random() ** 2)
        films.append({"title": title, "year": year, "genres": _genres(rng, shares), "overview": overview})
    ids = np.cumsum(1 + (rng.random(len(films)) < 0.03))
    return [int(i) for i in ids], films


def _genres(rng: np.random.Generator, shares: np.ndarray) -> str:
    names = [
        name
        for k in np.flatnonzero(shares > 0.3)
        for name in STORIES[k]["genres"].split("|")[: 1 + int(rng.random() * 3)]
    ]
    return "|".join(sorted(set(names)))


def _users(tastes: Tastes) -> list[str]:
    """users.dat lines; gender, age and occupation lean mildly on taste, the zip code on nothing."""
    rng = stream(RECIPE.seed, "users")
    taste = tastes.user_topics["text"] / tastes.user_topics["text"].std()
    n = len(taste)
    gender = np.where(taste[:, 2] - 0.6 + rng.normal(0, 1.2, n) > 0, "F", "M")
    rank = np.argsort(np.argsort(taste[:, 3] - taste[:, 5] + rng.normal(0, 1.5, n))) / n
    age = np.array(AGES)[np.minimum((rank * len(AGES)).astype(int), len(AGES) - 1)]
    job = (np.clip(taste[:, 1] * 3 + 10 + rng.normal(0, 4, n), 0, 20)).astype(int)
    zips = rng.integers(1000, 99999, n)
    return [f"{u + 1}::{gender[u]}::{age[u]}::{job[u]}::{zips[u]:05d}" for u in range(n)]


def _dirty_ratings(n_users: int, last_id: int) -> list[dirt.Kind]:
    """The kinds of bad rating lines, each made from a good one."""

    def change(field: int, value: str):
        return lambda line: "::".join(value if k == field else part for k, part in enumerate(line.split("::")))

    return [
        dirt.Kind("too_few_fields", lambda line: "::".join(line.split("::")[:2])),
        dirt.Kind("rating_out_of_range", change(2, "9")),
        dirt.Kind("unknown_user", change(0, str(n_users + 901))),
        dirt.Kind("unknown_item", change(1, str(last_id + 901))),
        dirt.Kind("bad_timestamp", change(3, "yesterday")),
        dirt.Kind("duplicate", lambda line: line, duplicate=True),
    ]


def _lines(path: Path, lines: list[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("latin-1"))


def _texts(path: Path, ids: list[int], films: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["dataset", "movie_id", "title", "year", "imdb_id", "tmdb_id", "overview"])
        for i, film in zip(ids, films, strict=True):
            rows.writerow(
                ["sample-movies", i, f"{film['title']} ({film['year']})", film["year"], "", "", film["overview"]]
            )


def _posters(folder: Path, ids: list[int], films: list[dict], tastes: Tastes) -> dict:
    """posters.csv and posters/<id>.jpg; a few files are HTML error pages, a few are not there."""
    rng = stream(RECIPE.seed, "posters")
    studio = Studio(rng, 240)
    (folder / "posters").mkdir(parents=True)
    bad = rng.permutation(len(ids))[: 2 * max(1, round(0.0015 * len(ids)))]
    pages, missing = sorted(ids[i] for i in bad[::2]), sorted(ids[i] for i in bad[1::2])
    with (folder / "posters.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["dataset", "movie_id", "title", "file"])
        for i, film, shares in zip(ids, films, tastes.item_topics["image"], strict=True):
            rows.writerow(["sample-movies", i, f"{film['title']} ({film['year']})", f"posters/{i}.jpg"])
            image = scenes.poster(studio, rng, shares, film["title"])
            if i in pages:
                (folder / f"posters/{i}.jpg").write_text(dirt.ERROR_PAGE, encoding="utf-8")
            elif i not in missing:
                image.save(folder / f"posters/{i}.jpg", quality=72)
    return {"listed": len(ids), "good": len(ids) - len(bad), "html_error_page": pages, "missing_file": missing}
