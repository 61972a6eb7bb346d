"""Temperature and calibration error against known answers."""

from __future__ import annotations

import numpy as np

from models.sentiment.calibration import expected_calibration_error, softmax, temperature


def test_overconfident_logits_are_cooled_to_what_they_were() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(20_000, 3))
    labels = (honest + rng.gumbel(size=honest.shape)).argmax(1)  # drawn by the probabilities of these logits
    assert abs(temperature(4 * honest, labels) - 4) < 0.3
    assert expected_calibration_error(softmax(honest), labels) < 0.02
    assert expected_calibration_error(softmax(4 * honest), labels) > 0.15


def test_the_error_by_hand() -> None:
    """Two texts at 0.8, one right; two at 1.0, both right: half of the texts are off by 0.3."""
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.0, 1.0], [0.0, 1.0]])
    assert abs(expected_calibration_error(probabilities, np.array([0, 1, 1, 1])) - 0.15) < 1e-9


def test_answers_that_are_all_right_have_a_finite_temperature() -> None:
    assert 0.04 < temperature(np.array([[5.0, 0.0], [0.0, 5.0]]), np.array([0, 1])) < 21
