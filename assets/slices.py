"""Metrics of parts of a test fold, and of lists beyond their hits; what `metric_slices` holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assets.home import Home
from assets.matrices import Catalog, item_fields
from assets.vectors.matrix import item_vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from models.data import Interactions
    from models.metrics import RankingResult

ALL = "all"
CONTENT = ("introduction", "title", "image")
"""By which vectors lists are varied: the first that a dataset has, else by its genres."""
COLUMNS = ("slice", "metric", "k", "value", "ci_low", "ci_high", "n")


@dataclass(frozen=True)
class Part:
    """One metric of one slice. n: ratings or users that it is over; value is None where there are none."""

    slice: str
    metric: str
    k: int | None
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int = 0


@dataclass(frozen=True)
class Known:
    """What training knew, and what the lists are of.

    users, items: slices as bool masks by name. counts: int [n_items] of train ratings. liked: CSR of train likes.
    content, genres: float [n_items, d], None where the dataset has none.
    """

    users: dict[str, np.ndarray]
    items: dict[str, np.ndarray]
    counts: np.ndarray
    liked: csr_matrix
    content: np.ndarray | None
    genres: np.ndarray | None

    @classmethod
    def of(cls, home: Home, name: str, catalog: Catalog, train: Interactions, like: float) -> Known:
        """like: the lowest rating that is a like."""
        from models.metrics import pairs
        from models.slices import of_items, of_users

        shape = len(catalog.users), len(catalog.items)
        genre = item_fields(catalog.items).get("genre")
        laid = (item_vectors(home, name, field) for field in CONTENT if home.matrix(name, field).exists())
        content = next((matrix for matrix in laid if matrix.shape[1]), None if genre is None else genre.values)
        return cls(
            of_users(train.users, shape[0]), of_items(train.items, catalog.items.has_image.to_numpy(bool)),
            np.bincount(train.items, minlength=shape[1]), pairs(train, *shape, at_least=like),
            content, None if genre is None else genre.values,
        )  # fmt: skip


def rating_parts(test: Interactions, predicted: np.ndarray, known: Known) -> Iterator[Part]:
    """RMSE of each slice with its 95% interval, users redrawn; how well predictions are calibrated over all."""
    from models.calibration import calibration_error
    from models.metrics import squared_errors
    from models.significance import bootstrap, rmse_of, sums_by

    squared = squared_errors(test.ratings, predicted)
    yield Part(ALL, "calibration_error", None, calibration_error(test.ratings, predicted), n=len(test))
    rows = {name: mask[test.users] for name, mask in known.users.items()}
    rows |= {name: mask[test.items] for name, mask in known.items.items()}
    for name, mask in rows.items():
        if not mask.any():
            yield Part(name, "rmse", None, None)
            continue
        sums, counts = sums_by(test.users[mask], squared[mask])
        interval = bootstrap(rmse_of(sums, counts), len(counts))
        yield Part(name, "rmse", None, interval.value, interval.low, interval.high, int(mask.sum()))


def ranking_parts(result: RankingResult, relevant: csr_matrix, known: Known) -> Iterator[Part]:
    """NDCG and recall of slices of users, recall of slices of items, and what lists are like beyond their hits."""
    from models.metrics import hits

    k, own = result.top.shape[1], relevant[result.users]
    yield from _beyond(result, known, k)
    for name, mask in known.users.items():
        for metric in ("ndcg", "recall"):
            yield _mean(name, metric, k, result.values[metric][mask[result.users]])
    found = hits(result.top, own)
    for name, mask in known.items.items():
        total = own @ mask.astype(np.int64)
        inside = (found & mask[result.top]).sum(axis=1)
        yield _mean(name, "recall", k, inside[total > 0] / total[total > 0])


def _beyond(result: RankingResult, known: Known, k: int) -> Iterator[Part]:
    from models import beyond_accuracy as beyond

    yield Part(ALL, "users_left_out", None, float(result.left_out), n=len(result.users) + result.left_out)
    for metric in ("coverage", "gini"):
        yield Part(ALL, metric, k, result.mean(metric), n=len(result.users))
    yield _mean(ALL, "popularity", k, beyond.mean_popularity(result.top, known.counts))
    yield _mean(ALL, "novelty", k, beyond.novelty(result.top, known.counts, known.liked.shape[0]))
    if known.content is not None:
        yield _mean(ALL, "diversity", k, beyond.diversity(result.top, known.content))
    if known.genres is not None:
        yield _mean(
            ALL, "genre_divergence", k, beyond.genre_divergence(result.top, known.liked[result.users], known.genres)
        )


def _mean(name: str, metric: str, k: int, values: np.ndarray) -> Part:
    from models.significance import bootstrap, mean_of

    values = values[~np.isnan(values)]
    if not len(values):
        return Part(name, metric, k, None)
    interval = bootstrap(mean_of(values), len(values))
    return Part(name, metric, k, interval.value, interval.low, interval.high, len(values))
