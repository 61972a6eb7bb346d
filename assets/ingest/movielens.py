"""MovieLens 100K, 1M, 32M and latest-small, with the posters and plots that lie beside them (GroupLens READMEs)."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.raw_file import PAIR, RawFile, Reference

FILM = Reference(("item_id",), "products", "film: not in the films file")
USER = Reference(("user_id",), "people", "user: not in the users file")
RATING = Reference(("user_id", "item_id"), "ratings", "rating: not in the ratings file")


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The dataset's files in the order in which they must be loaded. Raises FileNotFoundError for a missing one."""
    folder = Path(dataset.folder)
    required, shipped = LAYOUTS[dataset.layout](folder)
    missing = [file.path for file in required if not (root / file.path).exists()]
    if missing:
        raise FileNotFoundError(
            f"{dataset.title}: {', '.join(map(str, missing))} not found below {root}. {dataset.how_to_get}"
        )
    beside = [
        RawFile(Path("movielens/movie_texts.csv"), "texts", "movielens/movie_texts", "records", references=(FILM,),
                key="item_id"),
        RawFile(Path("movielens/posters.csv"), "pictures", "movielens/posters", "records", references=(FILM,)),
    ]  # fmt: skip
    return required + [file for file in (*shipped, *beside) if (root / file.path).exists()]


def _ratings(path: Path, separator: str, *references: Reference, skip: int = 0) -> RawFile:
    variables = (("separator", separator),)
    return RawFile(
        path, "ratings", "movielens/ratings", skip=skip, variables=variables, references=references, key=PAIR
    )


def _ml_100k(folder: Path) -> tuple[list[RawFile], list[RawFile]]:
    test = RawFile(folder / "u1.test", "official_tests", "movielens/official_test", variables=(("protocol", "u1"),),
                   references=(RATING,))  # fmt: skip
    return [
        RawFile(folder / "u.item", "products", "movielens/u_item", encoding="latin-1"),
        RawFile(folder / "u.user", "people", "movielens/u_user", encoding="latin-1"),
        _ratings(folder / "u.data", "\t", USER, FILM),
        test,
    ], []


def _ml_1m(folder: Path) -> tuple[list[RawFile], list[RawFile]]:
    return [
        RawFile(folder / "movies.dat", "products", "movielens/movies_dat", encoding="latin-1"),
        RawFile(folder / "users.dat", "people", "movielens/users_dat", encoding="latin-1"),
        _ratings(folder / "ratings.dat", "::", USER, FILM),
    ], []


def _csv(folder: Path) -> tuple[list[RawFile], list[RawFile]]:
    """latest-small and 32M; the tag genome is part of some releases."""
    return [
        RawFile(folder / "movies.csv", "products", "movielens/movies_csv", "records"),
        _ratings(folder / "ratings.csv", ",", FILM, skip=1),
    ], [
        RawFile(folder / "links.csv", "texts", "movielens/links", skip=1, references=(FILM,), key="item_id"),
        RawFile(folder / "tags.csv", "texts", "movielens/tags", "records", references=(FILM,)),
        RawFile(folder / "genome-tags.csv", "genome_tags", "movielens/genome_tags", "records"),
        RawFile(folder / "genome-scores.csv", "genome_scores", "movielens/genome_scores", skip=1, references=(FILM,)),
    ]


LAYOUTS = {"ml-100k": _ml_100k, "ml-1m": _ml_1m, "ml-latest-small": _csv, "ml-32m": _csv}
"""Layout -> the files that a dataset must have, and those that it may have."""
