"""Protocols: a name, a split of the ratings into train, valid and test, and the metrics that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from models.data import Interactions

TRAIN, VALID, TEST = 0, 1, 2
"""What a fold array holds, one int8 per row of the interactions."""

CV_FOLDS = 5
"""jiang2024: parts of one cross-validation; seeds 0-4 are its five folds, seeds 5-9 those of the first repetition."""


ERRORS = ("rmse", "mae", "mse")
"""Metrics of predicted ratings."""
LOWER_IS_BETTER = (*ERRORS, "gini")
"""Of all others more is better."""


class Measure(NamedTuple):
    """One metric of a protocol; k is the cutoff, None where the metric has none."""

    metric: str
    k: int | None = None


@dataclass(frozen=True)
class Protocol:
    """How a result comes about, as data.

    percent: train, valid and test share of the ratings (`cold-item`: of the items), in whole percent.
    leaky_by_design: training may hold ratings that were made after the tested ones.
    ranks: the metrics need scores of the whole catalogue. source: who reports under this protocol.
    """

    name: str
    description: str
    kind: Literal["random", "official", "cross-validation", "time", "cold-item"]
    percent: tuple[int, int, int]
    metrics: tuple[Measure, ...]
    leaky_by_design: bool
    source: str

    @property
    def ranks(self) -> bool:
        """True where a metric needs the ranking of the whole catalogue."""
        return bool({m.metric for m in self.metrics} & {"ndcg", "mrr", "map", "hit", "coverage", "gini"})


PROTOCOLS: dict[str, Protocol] = {
    p.name: p
    for p in (
        Protocol(
            name="xia2024",
            description="random 90/5/5 of the ratings",
            kind="random",
            percent=(90, 5, 5),
            metrics=(Measure("rmse"), Measure("mae")),
            leaky_by_design=True,
            source="Xia et al. 2024, movie recommendation with poster attention",
        ),
        Protocol(
            name="u1",
            description="the official u1.base / u1.test; a random 5% of the base validates",
            kind="official",
            percent=(76, 4, 20),
            metrics=(Measure("rmse"), Measure("mae")),
            leaky_by_design=True,
            source="GroupLens, ML-100K README",
        ),
        Protocol(
            name="jiang2024",
            description="random 70/10/20, the seed being the fold of a repeated five-fold cross-validation",
            kind="cross-validation",
            percent=(70, 10, 20),
            metrics=(Measure("mse"), Measure("precision", 5), Measure("ndcg", 5)),
            leaky_by_design=True,
            source="Jiang 2024, multimodal LLM + neural matrix factorization",
        ),
        Protocol(
            name="alexander2024",
            description="random 80/10/10; a like is a rating of at least 4 of 5",
            kind="random",
            percent=(80, 10, 10),
            metrics=tuple(map(Measure, ("accuracy", "precision", "recall", "f1", "auc"))),
            leaky_by_design=True,
            source="Alexander et al. 2024, multimodal sentiment for recommendation",
        ),
        Protocol(
            name="global-time",
            description="train before T1, valid before T2, test after (the 80% and 90% quantiles of time)",
            kind="time",
            percent=(80, 10, 10),
            metrics=(
                Measure("recall", 20),
                Measure("ndcg", 20),
                Measure("mrr"),
                Measure("coverage", 20),
                Measure("gini", 20),
            ),
            leaky_by_design=False,
            source="honest ranking: Meng et al. 2020, exploring data splitting strategies",
        ),
        Protocol(
            name="cold-item",
            description="10% of the items leave training for the test, further 5% for validation",
            kind="cold-item",
            percent=(85, 5, 10),
            metrics=(Measure("rmse"), Measure("ndcg", 20)),
            leaky_by_design=True,
            source="what content is for: Schein et al. 2002, methods and metrics for cold-start recommendations",
        ),
    )
}


def split(protocol: str, interactions: Interactions, seed: int, official_test: np.ndarray | None = None) -> np.ndarray:
    """int8 [n]: the fold (TRAIN, VALID, TEST) of every row, the same for any order of the rows.

    official_test: bool [n], the rows of the official test file; only `u1` asks for it.
    Raises ValueError naming the protocol: unknown, duplicate (user, item), no timestamps, no official test, too small.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"no protocol {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    # Every draw is made over rows sorted by (user, item), so that the order of the source file cannot matter.
    order = np.lexsort((interactions.items, interactions.users))
    rows = interactions.take(order)
    if _duplicates(rows):
        raise ValueError(f"{protocol}: {_duplicates(rows)} duplicate (user, item) rows; keep one rating per pair")
    about = PROTOCOLS[protocol]
    if about.kind == "official":
        folds = _official(about, None if official_test is None else np.asarray(official_test)[order], len(rows), seed)
    elif about.kind == "time":
        folds = _by_time(about, rows.timestamps)
    elif about.kind == "cold-item":
        folds = _cold_items(about, rows.items, seed)
    elif about.kind == "cross-validation":
        folds = _cross_validation(about, len(rows), seed)
    else:
        folds = _dealt(np.random.default_rng(seed).permutation(len(rows)), about.percent)
    if len(np.unique(folds)) < 3:
        raise ValueError(f"{protocol}: {len(rows)} ratings are too few to fill train, valid and test")
    result = np.empty(len(rows), dtype=np.int8)
    result[order] = folds
    return result


def _duplicates(sorted_rows: Interactions) -> int:
    users, items = sorted_rows.users, sorted_rows.items
    return int(np.sum((users[1:] == users[:-1]) & (items[1:] == items[:-1])))


def _dealt(permutation: np.ndarray, percent: tuple[int, int, int]) -> np.ndarray:
    """The first `percent[0]` of the permutation is train, the next `percent[1]` valid, the rest test."""
    n = len(permutation)
    folds = np.full(n, TEST, dtype=np.int8)
    # Whole numbers only: 0.9 + 0.05 is not 0.95 in floating point.
    first, second = n * percent[0] // 100, n * (percent[0] + percent[1]) // 100
    folds[permutation[:first]] = TRAIN
    folds[permutation[first:second]] = VALID
    return folds


def _official(about: Protocol, official_test: np.ndarray | None, n: int, seed: int) -> np.ndarray:
    if official_test is None:
        raise ValueError(f"{about.name}: this dataset has no official test rows (only ml-100k does)")
    if official_test.dtype != bool or len(official_test) != n:
        raise ValueError(f"{about.name}: official_test must be bool [{n}], one per interaction")
    folds = np.where(official_test, TEST, TRAIN).astype(np.int8)
    base = np.flatnonzero(~official_test)
    folds[np.random.default_rng(seed).permutation(base)[: len(base) * 5 // 100]] = VALID
    return folds


def _cross_validation(about: Protocol, n: int, seed: int) -> np.ndarray:
    """Seeds that share seed // 5 share a permutation, and their test folds partition the ratings."""
    repetition, fold = divmod(seed, CV_FOLDS)
    permutation = np.random.default_rng(repetition).permutation(n)
    start, stop = n * fold // CV_FOLDS, n * (fold + 1) // CV_FOLDS
    folds = np.full(n, TRAIN, dtype=np.int8)
    folds[permutation[start:stop]] = TEST
    folds[np.roll(permutation, -stop)[: n * about.percent[1] // 100]] = VALID
    return folds


def _by_time(about: Protocol, timestamps: np.ndarray) -> np.ndarray:
    """Boundaries are distinct timestamps, the nearest to the wanted shares, so that no tie straddles one."""
    missing = int(np.sum(timestamps < 0))
    if missing:
        raise ValueError(
            f"{about.name}: {missing} of {len(timestamps)} ratings have no timestamp; it cannot be split by time"
        )
    stamps, counts = np.unique(timestamps, return_counts=True)
    if len(stamps) < 3:
        raise ValueError(f"{about.name}: {len(stamps)} distinct timestamps cannot make three folds")
    before = np.cumsum(counts) - counts
    wanted = len(timestamps) * np.cumsum(about.percent)[:2] / 100
    first, second = (int(np.argmin(np.abs(before - share))) for share in wanted)
    first = min(max(first, 1), len(stamps) - 2)
    second = min(max(second, first + 1), len(stamps) - 1)
    return np.searchsorted(stamps[[first, second]], timestamps, side="right").astype(np.int8)


def _cold_items(about: Protocol, items: np.ndarray, seed: int) -> np.ndarray:
    """Validation items are cold as well, so that what is chosen there is chosen for cold items."""
    unique, codes = np.unique(items, return_inverse=True)
    return _dealt(np.random.default_rng(seed).permutation(len(unique)), about.percent)[codes]


class LeakageCheck(NamedTuple):
    """One finding about a split; detail is a readable sentence."""

    name: str
    passed: bool
    detail: str


def leakage_checks(protocol: str, interactions: Interactions, folds: np.ndarray) -> list[LeakageCheck]:
    """What must hold of a split before anything may be trained on it; see evaluation mistakes 2 and 9."""
    kind = PROTOCOLS[protocol].kind
    checks = [_no_pair_twice(interactions)]
    if kind == "time":
        checks.append(_time_ordered(interactions.timestamps, folds))
    if kind == "cold-item":
        checks.append(_items_cold(interactions.items, folds))
    return checks


def refuse_leakage(protocol: str, interactions: Interactions, folds: np.ndarray) -> None:
    """Raise ValueError with every failed finding of `leakage_checks`; silent when all hold."""
    failed = [c.detail for c in leakage_checks(protocol, interactions, folds) if not c.passed]
    if failed:
        raise ValueError(f"{protocol}: {'; '.join(failed)}")


def _no_pair_twice(interactions: Interactions) -> LeakageCheck:
    # One row has one fold, so a pair is in two folds only where it has two rows.
    twice = _duplicates(interactions.take(np.lexsort((interactions.items, interactions.users))))
    return LeakageCheck("no_pair_in_two_folds", twice == 0, f"{twice} (user, item) pairs occur more than once")


def _time_ordered(timestamps: np.ndarray, folds: np.ndarray) -> LeakageCheck:
    train, valid, test = (timestamps[folds == f] for f in (TRAIN, VALID, TEST))
    if not (len(train) and len(valid) and len(test)):
        return LeakageCheck("time_ordered", False, "a fold is empty")
    ordered = bool(train.max() <= valid.min() and valid.max() <= test.min())
    detail = f"train ends {train.max()}, valid is {valid.min()}..{valid.max()}, test starts {test.min()}"
    return LeakageCheck("time_ordered", ordered, detail)


def _items_cold(items: np.ndarray, folds: np.ndarray) -> LeakageCheck:
    warm = np.intersect1d(items[folds == TRAIN], items[folds != TRAIN])
    both = np.intersect1d(items[folds == VALID], items[folds == TEST])
    return LeakageCheck("items_cold", len(warm) + len(both) == 0, f"{len(warm) + len(both)} items stand in two folds")
