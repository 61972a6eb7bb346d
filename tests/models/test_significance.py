"""Intervals that cover what they should, comparisons that know a difference from none, and Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest

from models import metrics
from models import significance as sig

RANDOM = np.random.default_rng(0)
LIKES, SCORES = RANDOM.random(300) < 0.6, RANDOM.integers(0, 9, 300)
PREDICTED = SCORES >= 4


def by_hand(value, units: int, seed: int) -> np.ndarray:
    """Resamples by repeating rows, which is what the weights stand for."""
    return np.array(
        [value(np.repeat(np.arange(units), row.astype(int))) for block in sig.draws(units, 40, seed) for row in block]
    )


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        (sig.mean_of(SCORES), lambda rows: SCORES[rows].mean()),
        (sig.rmse_of(SCORES**2), lambda rows: np.sqrt(np.mean(SCORES[rows] ** 2))),
        (sig.precision_of(LIKES, PREDICTED), lambda rows: metrics.precision(LIKES[rows], PREDICTED[rows])),
        (sig.recall_of(LIKES, PREDICTED), lambda rows: metrics.recall(LIKES[rows], PREDICTED[rows])),
        (sig.f1_of(LIKES, PREDICTED), lambda rows: metrics.f1(LIKES[rows], PREDICTED[rows])),
        (sig.auc_of(LIKES, SCORES), lambda rows: metrics.auc(LIKES[rows], SCORES[rows])),
    ],
    ids=["mean", "rmse", "precision", "recall", "f1", "auc"],
)
def test_statistics_of_weights_are_those_of_repeated_rows(statistic, value) -> None:
    drawn = np.concatenate([statistic(weights) for weights in sig.draws(300, 40, 3)])
    np.testing.assert_allclose(drawn, by_hand(value, 300, 3))
    assert sig.bootstrap(statistic, 300).value == pytest.approx(value(np.arange(300)))


def test_rmse_over_users_is_of_their_sums() -> None:
    users, squared = RANDOM.integers(0, 20, 300), RANDOM.random(300)
    sums, counts = sig.sums_by(users, squared)
    interval = sig.bootstrap(sig.rmse_of(sums, counts), len(sums))
    assert interval.value == pytest.approx(np.sqrt(squared.mean()))
    assert interval.low < interval.value < interval.high


def test_interval_is_that_of_theory() -> None:
    values = np.random.default_rng(1).normal(10, 2, 1000)
    interval = sig.bootstrap(sig.mean_of(values), 1000)
    half = 1.96 * values.std() / np.sqrt(1000)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)


def test_seed_decides_the_draws() -> None:
    statistic = sig.mean_of(SCORES)
    assert sig.bootstrap(statistic, 300, seed=1) == sig.bootstrap(statistic, 300, seed=1)
    assert sig.bootstrap(statistic, 300, seed=1) != sig.bootstrap(statistic, 300, seed=2)


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(sig.draws(10, 7, 0)))
    monkeypatch.setattr(sig, "BLOCK_CELLS", 20)
    np.testing.assert_array_equal(np.concatenate(list(sig.draws(10, 7, 0))), whole)


def test_a_real_difference_is_found_and_an_imagined_one_is_not() -> None:
    random = np.random.default_rng(2)
    errors = random.exponential(1, 2000)
    worse = sig.compare(sig.rmse_of(errors * 1.05), sig.rmse_of(errors), 2000)
    assert worse.difference > 0 and worse.low > 0 and worse.p_value == pytest.approx(2 / 1001)
    other = sig.compare(sig.rmse_of(random.permutation(errors)), sig.rmse_of(errors), 2000)
    assert other.p_value > 0.05 and other.low < 0 < other.high
    assert other.smallest_detectable == pytest.approx(2.8 * other.standard_error)


def test_a_model_does_not_differ_from_itself() -> None:
    same = sig.compare(sig.mean_of(SCORES), sig.mean_of(SCORES), 300)
    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_p_values_under_no_difference_are_level() -> None:
    random = np.random.default_rng(4)
    found = []
    for seed in range(200):
        first, second = random.normal(size=(2, 60))
        found.append(sig.compare(sig.mean_of(first), sig.mean_of(second), 60, seed=seed, resamples=200).p_value)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.04)


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(sig.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(sig.holm([0.9, 0.8]), [1, 1])
    assert sig.holm([]).tolist() == []


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="alike"):
        sig.ratio_of(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="level"):
        sig.bootstrap(sig.mean_of(SCORES), 300, level=95)
