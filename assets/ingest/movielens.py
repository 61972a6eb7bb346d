"""MovieLens 100K, 1M and latest-small, with the posters and plots that lie beside them (GroupLens READMEs)."""

from __future__ import annotations

from pathlib import Path

from assets.datasets import Dataset
from assets.ingest.loading import RawFile


def raw_files(dataset: Dataset, root: Path) -> list[RawFile]:
    """The dataset's files in the order in which they must be loaded. Raises FileNotFoundError for a missing one."""
    folder = Path(dataset.folder)
    required = LAYOUTS[dataset.layout](folder)
    missing = [file.path for file in required if not (root / file.path).exists()]
    if missing:
        raise FileNotFoundError(
            f"{dataset.title}: {', '.join(map(str, missing))} not found below {root}. "
            f"Get the archive from {dataset.url}, unpack it there as {folder}/, "
            f"or set TRIFUSE_RAW to the folder that holds {folder}/."
        )
    optional = [
        RawFile(Path("movielens/movie_texts.csv"), "texts", "movielens/movie_texts", reader="records"),
        RawFile(Path("movielens/posters.csv"), "pictures", "movielens/posters", reader="records"),
    ]
    return required + [file for file in optional if (root / file.path).exists()]


def _ratings(path: Path, separator: str, *, skip: int = 0, users_listed: bool = True) -> RawFile:
    variables = (("separator", separator), ("users_listed", users_listed))
    return RawFile(path, "ratings", "movielens/ratings", skip=skip, variables=variables)


def _ml_100k(folder: Path) -> list[RawFile]:
    return [
        RawFile(folder / "u.item", "products", "movielens/u_item", encoding="latin-1"),
        RawFile(folder / "u.user", "people", "movielens/u_user", encoding="latin-1"),
        _ratings(folder / "u.data", "\t"),
        RawFile(folder / "u1.test", "official_tests", "movielens/official_test", variables=(("protocol", "u1"),)),
    ]


def _ml_1m(folder: Path) -> list[RawFile]:
    return [
        RawFile(folder / "movies.dat", "products", "movielens/movies_dat", encoding="latin-1"),
        RawFile(folder / "users.dat", "people", "movielens/users_dat", encoding="latin-1"),
        _ratings(folder / "ratings.dat", "::"),
    ]


def _ml_latest_small(folder: Path) -> list[RawFile]:
    return [
        RawFile(folder / "movies.csv", "products", "movielens/movies_csv", reader="records"),
        _ratings(folder / "ratings.csv", ",", skip=1, users_listed=False),
    ]


LAYOUTS = {"ml-100k": _ml_100k, "ml-1m": _ml_1m, "ml-latest-small": _ml_latest_small}
