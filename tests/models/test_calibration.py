"""Calibration is what it is by brute force, and what can be said of it by eye."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.champions.limits import limits
from models.calibration import BINS, PER_BIN, calibration_curve, calibration_error, slope


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 700))
def test_the_curve_and_its_error_match_brute_force(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.integers(1, 6, n), np.round(random.uniform(1, 5, n), 1)
    wanted = min(max(n // PER_BIN, 1), BINS)
    edges = {sorted(predicted)[n * b // wanted] for b in range(1, wanted)}
    bins: dict[int, list[tuple[float, float]]] = {}
    for true, said in zip(truth, predicted, strict=True):
        bins.setdefault(sum(said >= edge for edge in edges), []).append((said, true))
    expected = [(*np.mean(pairs, axis=0), len(pairs)) for _, pairs in sorted(bins.items())]
    np.testing.assert_allclose(np.transpose(calibration_curve(truth, predicted)), expected)
    error = sum(count * abs(given - said) for said, given, count in expected) / n
    assert calibration_error(truth, predicted) == pytest.approx(error)


def test_the_order_of_the_rows_says_nothing() -> None:
    random = np.random.default_rng(0)
    truth, predicted = random.integers(1, 6, 600), random.integers(2, 5, 600)
    shuffled = random.permutation(600)
    assert calibration_error(truth, predicted) == pytest.approx(calibration_error(truth[shuffled], predicted[shuffled]))


def test_a_mean_is_calibrated_and_a_boast_is_not() -> None:
    truth = np.random.default_rng(0).integers(1, 6, 5000)
    assert calibration_error(truth, np.full(5000, truth.mean())) == pytest.approx(0)
    assert calibration_error(truth, truth + 0.5) == pytest.approx(0.5)
    assert len(calibration_curve(truth, np.full(5000, 3.0)).counts) == 1, "equal predictions are one dot"
    with pytest.raises(ValueError, match="not empty"):
        calibration_error(truth[:0], truth[:0])


def test_few_ratings_are_not_cut_so_fine_that_chance_looks_like_a_fault() -> None:
    random = np.random.default_rng(0)
    predicted = random.uniform(2, 4, 120)
    truth = predicted + random.normal(0, 1, 120)
    assert len(calibration_curve(truth, predicted).counts) == 2 and calibration_error(truth, predicted) < 0.2


def test_the_slope_is_known_where_it_can_be_said_by_eye() -> None:
    truth = np.tile([1.0, 2, 3, 4, 5], 40)
    assert slope(truth, truth) == pytest.approx((1, 1, 1)) and calibration_error(truth, truth) == 0
    wide = slope(truth, 3 + 2 * (truth - 3))
    assert wide.value == pytest.approx(0.5) and not limits().calibration_slope.allows(wide.low, wide.high)
    assert slope(truth, np.full(200, 3.0)).high == np.inf, "equal predictions say nothing about the slope"
