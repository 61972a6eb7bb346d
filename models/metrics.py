"""Every metric of the project, vectorised, in one place, so that no two reports can mean different things by one name.

Three groups: errors of predicted ratings, decisions (like or not), and rankings of the whole catalogue minus what
the user has seen. Ranking metrics come per user, for bootstrapping; a mean over users is the reported value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from models.data import Interactions

# ---- errors of predicted ratings -------------------------------------------------------------------------------


def squared_errors(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """float64 [n]: (truth - predicted)^2. Raises ValueError for unlike lengths or no rows at all."""
    truth, predicted = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if truth.shape != predicted.shape or truth.size == 0:
        raise ValueError(f"metrics: truth {truth.shape} and predicted {predicted.shape} must be alike and not empty")
    return (truth - predicted) ** 2


def mse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean squared error: mean((truth - predicted)^2)."""
    return float(np.mean(squared_errors(truth, predicted)))


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Root mean squared error: sqrt(mean((truth - predicted)^2))."""
    return float(np.sqrt(mse(truth, predicted)))


def mae(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean absolute error: mean(|truth - predicted|)."""
    return float(np.mean(np.sqrt(squared_errors(truth, predicted))))


# ---- decisions: like or not ------------------------------------------------------------------------------------


def like_threshold(rating_values: tuple[float, ...]) -> float:
    """The lowest rating that counts as a like: the first step of the scale at or above four fifths of its top.

    4 on 1..5 and on 0.5..5, 8 on 1..10, 1 on {0, 1}.
    """
    steps = np.sort(np.asarray(rating_values, dtype=np.float64))
    return float(steps[np.searchsorted(steps, 0.8 * steps[-1] - 1e-9)])


def confusion(likes: np.ndarray, predicted: np.ndarray) -> tuple[int, int, int, int]:
    """(true positives, false positives, false negatives, true negatives) of two bool [n]."""
    likes, predicted = np.asarray(likes, dtype=bool), np.asarray(predicted, dtype=bool)
    if likes.shape != predicted.shape or likes.size == 0:
        raise ValueError(f"metrics: likes {likes.shape} and predicted {predicted.shape} must be alike and not empty")
    tp, fp = int(np.sum(likes & predicted)), int(np.sum(~likes & predicted))
    fn = int(np.sum(likes & ~predicted))
    return tp, fp, fn, likes.size - tp - fp - fn


def accuracy(likes: np.ndarray, predicted: np.ndarray) -> float:
    """(TP + TN) / n."""
    tp, fp, fn, tn = confusion(likes, predicted)
    return (tp + tn) / (tp + fp + fn + tn)


def precision(likes: np.ndarray, predicted: np.ndarray) -> float:
    """TP / (TP + FP); 0 where nothing is predicted to be liked."""
    tp, fp, _, _ = confusion(likes, predicted)
    return tp / max(tp + fp, 1)


def recall(likes: np.ndarray, predicted: np.ndarray) -> float:
    """TP / (TP + FN); 0 where nothing is liked."""
    tp, _, fn, _ = confusion(likes, predicted)
    return tp / max(tp + fn, 1)


def f1(likes: np.ndarray, predicted: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0 where there is no TP."""
    tp, fp, fn, _ = confusion(likes, predicted)
    return 2 * tp / max(2 * tp + fp + fn, 1)


def auc(likes: np.ndarray, scores: np.ndarray) -> float:
    """P(score of a like > score of a dislike) + P(equal) / 2, by rank sums; NaN where one class is missing."""
    likes, scores = np.asarray(likes, dtype=bool), np.asarray(scores, dtype=np.float64)
    positives, negatives = int(likes.sum()), int((~likes).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    _, codes, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mean_rank[codes][likes].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def best_cutoff(likes: np.ndarray, scores: np.ndarray) -> float:
    """The score from which on to predict a like so that accuracy is highest. For the validation fold only."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ordered, liked = np.asarray(scores)[order], np.asarray(likes, dtype=bool)[order]
    gain = np.cumsum(np.where(liked, 1, -1))
    last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    best = int(np.argmax(np.where(last_of_tie, gain, -len(gain) - 1)))
    return float(ordered[best]) if gain[best] > 0 else float("inf")


# ---- rankings of the catalogue ---------------------------------------------------------------------------------


def pairs(interactions: Interactions, n_users: int, n_items: int, at_least: float = -np.inf) -> csr_matrix:
    """bool CSR [n_users, n_items] of the pairs that are rated at least so high; what `seen` and `relevant` take."""
    rows = interactions.take(interactions.ratings >= at_least)
    matrix = csr_matrix((np.ones(len(rows), bool), (rows.users, rows.items)), shape=(n_users, n_items))
    matrix.sort_indices()
    return matrix


def _candidates(scores: np.ndarray, seen: csr_matrix | None) -> np.ndarray:
    """A copy of the scores in which seen items stand at -inf."""
    open_scores = np.array(scores, dtype=np.float32)
    if np.isnan(open_scores).any():
        raise ValueError("metrics: scores hold NaN; a model must score every item")
    if seen is not None:
        rows = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
        open_scores[rows, seen.indices] = -np.inf
    return open_scores


def top_k(scores: np.ndarray, seen: csr_matrix | None, k: int) -> np.ndarray:
    """int32 [n, k]: the k best items of each row, best first, seen ones left out; equal scores by lower item index.

    scores: float [n, n_items]; -inf means never. seen: CSR [n, n_items] or None. Where fewer than k items are left
    the row ends in -1. Raises ValueError for NaN.
    """
    return _best(_candidates(scores, seen), k)


def _best(open_scores: np.ndarray, k: int) -> np.ndarray:
    n, n_items = open_scores.shape
    width = min(k, n_items)
    # A plain argpartition breaks ties at the boundary as it likes; so the boundary value is found first, and ties
    # with it are then taken from the lowest index on.
    bound = np.partition(open_scores, n_items - width, axis=1)[:, n_items - width, None]
    above, equal = open_scores > bound, open_scores == bound
    room = width - above.sum(axis=1, keepdims=True)
    crowded = np.flatnonzero(equal.sum(axis=1) > room[:, 0])
    equal[crowded] &= np.cumsum(equal[crowded], axis=1) <= room[crowded]
    columns = np.nonzero(above | equal)[1].reshape(n, width)
    values = np.take_along_axis(open_scores, columns, axis=1)
    best_first = np.argsort(-values, axis=1, kind="stable")
    top = np.full((n, k), -1, dtype=np.int32)
    top[:, :width] = np.take_along_axis(np.where(np.isneginf(values), -1, columns), best_first, axis=1)
    return top


def hits(top: np.ndarray, relevant: csr_matrix) -> np.ndarray:
    """bool [n, k]: which recommended items are relevant."""
    n_items = relevant.shape[1]
    rows = np.arange(len(top), dtype=np.int64)[:, None] * n_items
    owners = np.repeat(np.arange(relevant.shape[0], dtype=np.int64), np.diff(relevant.indptr))
    return np.isin(rows + top, owners * n_items + relevant.indices) & (top >= 0)


def ranking_metrics(top: np.ndarray, relevant: csr_matrix) -> dict[str, np.ndarray]:
    """Per-user float64 [n] values of one list per user; every row needs at least one relevant item.

    With r(i) = 1 where the item at rank i is relevant, R relevant items and lists of length k:
    precision = sum r / k. recall = sum r / R. hit = 1 where any r(i) = 1.
    ndcg = sum r(i) / log2(i + 1), over the same sum of an ideal list, whose first min(R, k) are relevant.
    mrr = 1 / rank of the first relevant item, 0 where there is none within k.
    map = sum r(i) precision(i) / min(R, k).
    """
    found = hits(top, relevant).astype(np.float64)
    k, total = top.shape[1], np.diff(relevant.indptr)
    if np.any(total == 0):
        raise ValueError("metrics: a user without relevant items has no ranking metrics; leave such users out")
    ranks = np.arange(1, k + 1)
    discount = 1 / np.log2(ranks + 1)
    ideal = np.cumsum(discount)[np.minimum(total, k) - 1]
    return {
        "precision": found.sum(axis=1) / k,
        "recall": found.sum(axis=1) / total,
        "ndcg": found @ discount / ideal,
        "mrr": (found / ranks).max(axis=1),
        "map": (found * np.cumsum(found, axis=1) / ranks).sum(axis=1) / np.minimum(total, k),
        "hit": found.max(axis=1),
    }


def reciprocal_ranks(scores: np.ndarray, seen: csr_matrix | None, relevant: csr_matrix) -> np.ndarray:
    """float64 [n]: 1 / rank of the first relevant item in the whole catalogue minus seen (MRR without a cutoff)."""
    return _reciprocal_ranks(_candidates(scores, seen), relevant)


def _reciprocal_ranks(open_scores: np.ndarray, relevant: csr_matrix) -> np.ndarray:
    owners = np.repeat(np.arange(len(open_scores)), np.diff(relevant.indptr))
    values = open_scores[owners, relevant.indices]
    best = np.full(len(open_scores), -np.inf, dtype=np.float32)
    np.maximum.at(best, owners, values)
    # Of equally scored relevant items the one of lowest index comes first, as in `top_k`.
    first = np.full(len(open_scores), open_scores.shape[1])
    at_best = values == best[owners]
    np.minimum.at(first, owners[at_best], relevant.indices[at_best])
    ahead = (open_scores > best[:, None]).sum(axis=1)
    tied = (open_scores == best[:, None]) & (np.arange(open_scores.shape[1]) < first[:, None])
    return np.where(np.isneginf(best), 0.0, 1 / (1 + ahead + tied.sum(axis=1)))


def exposure(top: np.ndarray, n_items: int) -> np.ndarray:
    """int64 [n_items]: in how many lists each item stands."""
    return np.bincount(top[top >= 0], minlength=n_items)


def coverage(exposures: np.ndarray) -> float:
    """Share of the catalogue that is in at least one list."""
    return float(np.mean(exposures > 0))


def gini(exposures: np.ndarray) -> float:
    """Gini coefficient of the exposures: 0 where all items are shown equally often, near 1 where one is shown always.

    sum_i (2 i - n - 1) x_i / (n sum x), x ascending, i from 1.
    """
    ascending = np.sort(np.asarray(exposures, dtype=np.float64))
    n = len(ascending)
    if ascending.sum() == 0:
        return 0.0
    return float(np.sum((2 * np.arange(1, n + 1) - n - 1) * ascending) / (n * ascending.sum()))


@dataclass(frozen=True)
class RankingResult:
    """A ranking of the catalogue for all users that can be judged.

    users: int64 [m], those with a relevant item. values: per-user float64 [m] by metric, `mrr` without cutoff;
    `mrr@k` within the list. top: int32 [m, k]. coverage, gini: over these lists. left_out: users of the test
    without a relevant item. candidates: mean number of items that were ranked for a user: not seen, and not at -inf.
    """

    users: np.ndarray
    values: dict[str, np.ndarray]
    top: np.ndarray
    coverage: float
    gini: float
    left_out: int
    candidates: float

    def mean(self, metric: str) -> float:
        """The reported value: the mean over users, or the value over all lists for coverage and gini."""
        return getattr(self, metric) if metric in ("coverage", "gini") else float(np.mean(self.values[metric]))


def rank_catalogue(
    score: Callable[[np.ndarray], np.ndarray],
    seen: csr_matrix,
    relevant: csr_matrix,
    tested: np.ndarray,
    k: int,
    block: int = 1024,
) -> RankingResult:
    """Rank the whole catalogue minus `seen` for every tested user, in blocks, and judge the first k.

    score: users [b] -> float32 [b, n_items], as `Recommender.score`. seen: what models were shown (train and valid).
    relevant: test pairs rated at or above `like_threshold`. tested: the users of the test fold; those without a
    relevant item are left out and counted. Raises ValueError where a relevant pair was seen, or nobody can be judged.
    """
    if seen.multiply(relevant).nnz:
        raise ValueError("metrics: a relevant test pair stands among the seen ones; train and test overlap")
    tested = np.unique(tested)
    users = tested[np.diff(relevant.indptr)[tested] > 0]
    if len(users) == 0:
        raise ValueError("metrics: no tested user has a relevant item, so that no ranking can be judged")
    tops, parts, ranked = [], [], 0
    for start in range(0, len(users), block):
        some = users[start : start + block]
        scores = _candidates(score(some), seen[some])
        ranked += np.count_nonzero(scores > -np.inf)
        tops.append(_best(scores, k))
        found = ranking_metrics(tops[-1], relevant[some])
        parts.append({**found, "mrr@k": found["mrr"], "mrr": _reciprocal_ranks(scores, relevant[some])})
    top = np.concatenate(tops)
    shown = exposure(top, seen.shape[1])
    return RankingResult(
        users=users,
        values={name: np.concatenate([p[name] for p in parts]) for name in parts[0]},
        top=top,
        coverage=coverage(shown),
        gini=gini(shown),
        left_out=len(tested) - len(users),
        candidates=ranked / len(users),
    )
