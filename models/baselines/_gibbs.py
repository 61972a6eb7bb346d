"""The sampler behind the Bayesian factorization machine, and what is kept of its sweeps."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy import sparse

from models.data import Features, Field, Interactions
from models.recommender import Progress

DAY = 86_400
"""Seconds of a day."""
UNSEEN, UNKNOWN, FIRST = 0, 1, 2
"""Codes of days: one without train ratings, a rating without a time, the first day of the train fold."""


class Design(NamedTuple):
    """One side's features: CSR [n, width], a row per user or item, and the widths of the groups it is made of."""

    rows: sparse.csr_matrix
    groups: list[int]


def design(
    train: Interactions, features: Features, implicit: bool = True, fields: bool = True
) -> tuple[Design, Design]:
    """What describes users and items: ids, whom they are linked with (a row of length one), structured fields."""
    shape = features.n_users, features.n_items
    rated = sparse.csr_matrix((np.ones(len(train)), (train.users, train.items)), shape=shape)

    def side(n: int, linked: sparse.csr_matrix, about: dict[str, Field]) -> Design:
        groups = [sparse.identity(n, format="csr")]
        groups += [_of_length_one(linked)] if implicit else []
        groups += [_coded(field) for field in about.values()] if fields else []
        return Design(sparse.hstack(groups, format="csr"), [group.shape[1] for group in groups])

    return (
        side(features.n_users, rated, features.user_fields),
        side(features.n_items, rated.T.tocsr(), features.item_fields),
    )


def _coded(field: Field) -> sparse.csr_matrix:
    if field.multi_hot:
        return _of_length_one(sparse.csr_matrix(field.values, dtype=np.float64))
    return _one_hot(field.values, field.size)


def _one_hot(codes: np.ndarray, size: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), size))


def _of_length_one(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-12)) @ rows)


def day_codes(timestamps: np.ndarray, first_day: int, n_days: int | None = None) -> np.ndarray:
    """int64 [n]: FIRST for `first_day`, one more for each day after it, UNKNOWN where the timestamp is negative.

    n_days: codes that training knew; other days are UNSEEN.
    """
    codes = np.where(timestamps >= 0, timestamps // DAY - first_day + FIRST, UNKNOWN)
    return np.where((codes < UNKNOWN) | (codes >= (n_days or np.inf)), UNSEEN, codes)


class Samples(NamedTuple):
    """Kept sweeps, folded onto users, items and days, and laid side by side:

    user, item, day: float32 [n, sweeps * rank], sums of the factors of each one's features, in each sweep, divided by
    sqrt(sweeps). user_bias (the mean included), item_bias, day_bias: float32 [n], means over the sweeps.
    The posterior mean is user_bias + item_bias + day_bias + <user, item> + <day, user + item>.
    """

    user: np.ndarray
    item: np.ndarray
    day: np.ndarray
    user_bias: np.ndarray
    item_bias: np.ndarray
    day_bias: np.ndarray

    def expected(self, users: np.ndarray, items: np.ndarray, days: np.ndarray, block: int = 16_384) -> np.ndarray:
        """float64 [n]: the posterior mean rating, not clipped."""
        out = np.empty(len(users))
        for start in range(0, len(users), block):
            u, i, d = (rows[start : start + block] for rows in (users, items, days))
            user, item, day = self.user[u], self.item[i], self.day[d]
            crossed = np.einsum("nk,nk->n", user, item) + np.einsum("nk,nk->n", day, user + item)
            out[start : start + block] = self.user_bias[u] + self.item_bias[i] + self.day_bias[d] + crossed
        return out


def sample(
    train: Interactions,
    designs: tuple[Design, Design],
    days: np.ndarray,
    *,
    rank: int,
    iterations: int,
    burn_in: float,
    kept: int,
    seeds: list[int],
    progress: Progress,
) -> Samples:
    """Run a chain for each seed; `kept` sweeps, of those after the first `burn_in` (a share) of each, are folded.

    days: int64 [n], codes of `day_codes`.
    """
    with warnings.catch_warnings():  # myfm asks pkg_resources for its version
        warnings.simplefilter("ignore", UserWarning)
        import myfm

    n_days = int(days.max()) + 1
    blocks = [
        myfm.RelationBlock(owners.astype(np.int64), side.rows)
        for owners, side in zip((train.users, train.items), designs, strict=True)
    ]
    keeper = _Keeper(designs, np.bincount(days, minlength=n_days) > 0, progress)
    for number, seed in enumerate(seeds):
        keeper.begin(f"chain {number + 1} of {len(seeds)}", iterations, burn_in, -(-kept // len(seeds)))
        with _without_bar(myfm.base):
            myfm.MyFMGibbsRegressor(rank, random_seed=seed).fit(
                _one_hot(days, n_days), train.ratings.astype(np.float64), X_rel=blocks, n_iter=iterations,
                n_kept_samples=1, group_shapes=[n_days, *designs[0].groups, *designs[1].groups], callback=keeper,
            )  # fmt: skip
    return keeper.samples()


@contextmanager
def _without_bar(module: ModuleType) -> Iterator[None]:
    """myfm draws a bar of its own; progress is told line by line here."""
    bar, module.tqdm = module.tqdm, partial(module.tqdm, disable=True)
    try:
        yield
    finally:
        module.tqdm = bar


class _Keeper:
    """myfm's callback: folds the sweeps that are kept, so that their weights need not stay in memory."""

    def __init__(self, designs: tuple[Design, Design], seen_days: np.ndarray, progress: Progress) -> None:
        self.designs, self.seen_days, self.progress = designs, seen_days, progress
        self.folded: list[Samples] = []

    def begin(self, label: str, iterations: int, burn_in: float, kept: int) -> None:
        """A new chain, of which so many sweeps are wanted."""
        first = int(burn_in * iterations)
        wanted = np.linspace(first, iterations - 1, min(kept, iterations - first)).round()
        self.label, self.iterations, self.wanted = label, iterations, set(wanted.astype(int).tolist())

    def __call__(self, sweep: int, fm, hyper, history) -> tuple[bool, None]:
        if sweep in self.wanted:
            self.folded.append(self._fold(fm))
        if (sweep + 1) % max(1, self.iterations // 4) == 0:
            self.progress(f"{self.label}: sweep {sweep + 1} of {self.iterations}")
        return False, None

    def samples(self) -> Samples:
        """All that was kept, as one."""
        parts = dict(zip(Samples._fields, zip(*self.folded, strict=True), strict=True))
        scale = len(self.folded) ** -0.5
        joined = {name: np.concatenate(parts[name], 1) * scale for name in ("user", "item", "day")}
        joined |= {name: np.mean(parts[name], 0) for name in ("user_bias", "item_bias", "day_bias")}
        return Samples(**{name: values.astype(np.float32) for name, values in joined.items()})

    def _fold(self, fm) -> Samples:
        """One sweep, its vectors not divided yet."""
        weights, vectors = np.asarray(fm.w), np.asarray(fm.V)
        n_days = start = len(self.seen_days)
        sides = []
        for rows, _ in self.designs:
            w, v = weights[start : start + rows.shape[1]], vectors[start : start + rows.shape[1]]
            total = rows @ v
            within = 0.5 * ((total**2).sum(1) - rows.multiply(rows) @ (v**2).sum(1))
            sides.append((total, rows @ w + within))
            start += rows.shape[1]
        (user, user_bias), (item, item_bias) = sides
        day, day_bias = (self._average_for_unseen(x[:n_days]) for x in (vectors, weights))
        vectors = (part.astype(np.float32) for part in (user, item, day))
        return Samples(*vectors, user_bias + fm.w0, item_bias, day_bias)

    def _average_for_unseen(self, of_days: np.ndarray) -> np.ndarray:
        # A day without ratings is like the average one; its own draw is from the prior and would only add noise.
        filled = of_days.copy()
        filled[~self.seen_days] = of_days[self.seen_days].mean(0)
        return filled
