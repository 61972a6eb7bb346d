"""One metric library, checked against scikit-learn, against brute force, and against what must hold of any metric."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn import metrics as sk

from models import metrics
from models.data import Interactions

SEEDS = st.integers(0, 10_000)


def catalogue(seed: int, ties: bool = False) -> tuple[np.ndarray, csr_matrix, csr_matrix]:
    """Scores, seen and relevant items of 6 users over 15 items; everybody has a relevant one."""
    random = np.random.default_rng(seed)
    scores = random.integers(0, 4, (6, 15)) if ties else random.random((6, 15))
    seen = random.random((6, 15)) < 0.3
    relevant = (random.random((6, 15)) < 0.3) & ~seen
    relevant[:, 0], seen[:, 0] = True, False
    return scores.astype(np.float32), csr_matrix(seen), csr_matrix(relevant)


def brute_force_order(scores: np.ndarray, seen: np.ndarray) -> list[int]:
    return sorted((i for i in range(len(scores)) if not seen[i]), key=lambda i: (-scores[i], i))


def test_errors_match_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, predicted = random.integers(1, 6, 200).astype(np.float32), random.uniform(1, 5, 200).astype(np.float32)
    assert metrics.mse(truth, predicted) == pytest.approx(sk.mean_squared_error(truth, predicted))
    assert metrics.rmse(truth, predicted) == pytest.approx(sk.root_mean_squared_error(truth, predicted))
    assert metrics.mae(truth, predicted) == pytest.approx(sk.mean_absolute_error(truth, predicted))
    with pytest.raises(ValueError, match="must be alike"):
        metrics.rmse(truth, predicted[:-1])
    with pytest.raises(ValueError, match="not empty"):
        metrics.rmse(truth[:0], predicted[:0])


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_decisions_match_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    likes, scores = random.random(40) < 0.5, random.integers(0, 8, 40)
    likes[:2] = [True, False]
    predicted = scores >= 4
    assert metrics.accuracy(likes, predicted) == pytest.approx(sk.accuracy_score(likes, predicted))
    assert metrics.precision(likes, predicted) == pytest.approx(sk.precision_score(likes, predicted, zero_division=0))
    assert metrics.recall(likes, predicted) == pytest.approx(sk.recall_score(likes, predicted))
    assert metrics.f1(likes, predicted) == pytest.approx(sk.f1_score(likes, predicted))
    assert metrics.auc(likes, scores) == pytest.approx(sk.roc_auc_score(likes, scores))


def test_auc_of_one_class_is_undefined() -> None:
    assert np.isnan(metrics.auc(np.ones(3, bool), np.arange(3)))


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_best_cutoff_is_the_best_of_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    likes, scores = random.random(30) < 0.5, random.integers(0, 6, 30).astype(float)
    best = metrics.accuracy(likes, scores >= metrics.best_cutoff(likes, scores))
    assert best == max(metrics.accuracy(likes, scores >= cut) for cut in [*range(7), np.inf])


def test_like_threshold_follows_the_scale() -> None:
    assert metrics.like_threshold((1, 2, 3, 4, 5)) == 4
    assert metrics.like_threshold(tuple(np.arange(0.5, 5.5, 0.5))) == 4
    assert metrics.like_threshold(tuple(range(1, 11))) == 8
    assert metrics.like_threshold((0, 1)) == 1


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 18), st.booleans())
def test_top_k_is_the_sorted_catalogue_minus_seen(seed: int, k: int, ties: bool) -> None:
    scores, seen, _ = catalogue(seed, ties)
    top = metrics.top_k(scores, seen, k)
    assert top.shape == (6, k)
    for row, known, found in zip(scores, seen.toarray(), top, strict=True):
        expected = brute_force_order(row, known)[:k]
        assert found.tolist() == expected + [-1] * (k - len(expected))


def test_top_k_refuses_scores_that_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="NaN"):
        metrics.top_k(np.array([[1.0, np.nan]]), None, 1)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 15), st.booleans())
def test_ranking_metrics_match_brute_force(seed: int, k: int, ties: bool) -> None:
    scores, seen, relevant = catalogue(seed, ties)
    found = metrics.ranking_metrics(metrics.top_k(scores, seen, k), relevant)
    full = metrics.reciprocal_ranks(scores, seen, relevant)
    for user in range(6):
        order = brute_force_order(scores[user], seen.toarray()[user])
        good = relevant.toarray()[user]
        gains = [bool(good[i]) for i in order[:k]]
        total, ranks = int(good.sum()), [i + 1 for i, g in enumerate(gains) if g]
        ideal = sum(1 / np.log2(i + 2) for i in range(min(total, k)))
        assert found["precision"][user] == pytest.approx(sum(gains) / k)
        assert found["recall"][user] == pytest.approx(sum(gains) / total)
        assert found["hit"][user] == float(any(gains))
        assert found["ndcg"][user] == pytest.approx(sum(1 / np.log2(r + 1) for r in ranks) / ideal)
        assert found["mrr"][user] == pytest.approx(1 / ranks[0] if ranks else 0)
        assert found["map"][user] == pytest.approx(sum((j + 1) / r for j, r in enumerate(ranks)) / min(total, k))
        assert full[user] == pytest.approx(1 / (1 + next(n for n, i in enumerate(order) if good[i])))


def test_ndcg_matches_scikit_learn() -> None:
    scores, _, relevant = catalogue(3)
    ours = metrics.ranking_metrics(metrics.top_k(scores, None, 5), relevant)["ndcg"]
    assert ours.mean() == pytest.approx(sk.ndcg_score(relevant.toarray().astype(int), scores, k=5))


def test_perfect_and_random_rankings() -> None:
    random = np.random.default_rng(0)
    relevant = csr_matrix(random.permuted(np.arange(200) < 10, axis=0)[None].repeat(2000, axis=0))
    perfect = metrics.ranking_metrics(metrics.top_k(relevant.toarray().astype(np.float32), None, 10), relevant)
    assert all(np.allclose(values, 1) for values in perfect.values())
    guess = metrics.ranking_metrics(metrics.top_k(random.random((2000, 200)), None, 20), relevant)
    assert guess["recall"].mean() == pytest.approx(20 / 200, abs=0.01)
    assert guess["precision"].mean() == pytest.approx(10 / 200, abs=0.005)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_names_of_items_do_not_matter(seed: int) -> None:
    scores, seen, relevant = catalogue(seed)
    other = np.random.default_rng(seed).permutation(15)
    here = metrics.ranking_metrics(metrics.top_k(scores, seen, 5), relevant)
    there = metrics.ranking_metrics(metrics.top_k(scores[:, other], seen[:, other], 5), relevant[:, other])
    for name in here:
        np.testing.assert_allclose(here[name], there[name])


def test_coverage_and_gini() -> None:
    assert metrics.gini(np.full(10, 3)) == pytest.approx(0)
    assert metrics.gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    shown = metrics.exposure(np.array([[0, 1], [1, -1]]), 4)
    assert shown.tolist() == [1, 2, 0, 0]
    assert metrics.coverage(shown) == 0.5
    # The mean absolute difference over twice the mean: the definition of the coefficient.
    values = np.array([1.0, 4, 2, 9])
    assert metrics.gini(values) == pytest.approx(np.abs(values[:, None] - values).mean() / (2 * values.mean()))


def test_rank_catalogue_in_blocks_counts_who_is_left_out() -> None:
    scores, seen, relevant = catalogue(1)
    relevant = csr_matrix(relevant.toarray() & (np.arange(6) != 2)[:, None])
    asked = lambda users: scores[users]  # noqa: E731
    whole = metrics.rank_catalogue(asked, seen, relevant, np.arange(6), 4)
    blocks = metrics.rank_catalogue(asked, seen, relevant, np.arange(6), 4, block=2)
    assert whole.users.tolist() == [0, 1, 3, 4, 5] and whole.left_out == 1
    assert whole.candidates == pytest.approx(15 - np.diff(seen.indptr)[whole.users].mean())
    np.testing.assert_array_equal(whole.top, blocks.top)
    assert all(np.array_equal(whole.values[m], blocks.values[m]) for m in whole.values)
    assert whole.mean("gini") == metrics.gini(metrics.exposure(whole.top, 15))
    with pytest.raises(ValueError, match="train and test overlap"):
        metrics.rank_catalogue(asked, relevant, relevant, np.arange(6), 4)
    with pytest.raises(ValueError, match="no tested user"):
        metrics.rank_catalogue(asked, seen, relevant, np.array([2]), 4)


def test_pairs_are_those_rated_high_enough() -> None:
    data = Interactions(np.array([0, 0, 1]), np.array([2, 0, 1]), np.array([5.0, 3, 4]), np.full(3, -1))
    assert metrics.pairs(data, 2, 3).toarray().tolist() == [[True, False, True], [False, True, False]]
    assert metrics.pairs(data, 2, 3, at_least=4).toarray().tolist() == [[False, False, True], [False, True, False]]
