"""Preferences and qualities: closed forms against brute force, planted tastes, and nothing of the target."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.fusion import preferences
from models.fusion.preferences import Preferences
from models.fusion.quality import PENALTIES, Quality, left_out

N_USERS, N_ITEMS, WIDTH = 60, 80, 3


def world(noise: float = 0.3) -> tuple[np.ndarray, ...]:
    """users, items, residuals of 15 ratings each, codes, and the tastes that the residuals follow."""
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(N_ITEMS, WIDTH))
    tastes = rng.normal(size=(N_USERS, WIDTH)) * [1.0, 0.5, 0.0]  # nobody cares for the third component
    users = np.repeat(np.arange(N_USERS), 15)
    items = np.concatenate([rng.choice(N_ITEMS, 15, replace=False) for _ in range(N_USERS)])
    residual = (tastes[users] * codes[items]).sum(1) + noise * rng.normal(size=len(users))
    return users, items, residual, codes, tastes


def fitted(users: np.ndarray, items: np.ndarray, residual: np.ndarray, codes: np.ndarray) -> Preferences:
    return Preferences(users, items, residual, codes, N_USERS, "cpu")


def test_planted_tastes_are_found_from_fifteen_ratings() -> None:
    users, items, residual, codes, tastes = world()
    found = fitted(users, items, residual, codes).coefficients.numpy()
    assert np.corrcoef(found[:, 0], tastes[:, 0])[0, 1] > 0.97
    assert np.abs(found[:, 2]).mean() < 0.03  # the shared prior learned that this component is not liked differently


def test_a_train_row_is_predicted_as_if_it_had_not_been_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the prior held still: leaving the row out of the fold gives the number that the closed form gives."""
    users, items, residual, codes, _ = world()
    prior = preferences.Prior(np.diag([1.0, 0.3, 0.1, 0.2]), 0.1)
    monkeypatch.setattr(preferences, "learned_prior", lambda *products: prior)
    of_rows = fitted(users, items, residual, codes)(torch.zeros(3), torch.zeros(3), torch.tensor([0, 17, 444]))
    for place, row in enumerate((0, 17, 444)):
        rest = np.arange(len(users)) != row
        without = fitted(users[rest], items[rest], residual[rest], codes)
        expected = without(torch.tensor([users[row]]), torch.tensor([items[row]]), None)
        np.testing.assert_allclose(of_rows[place].numpy(), expected[0].numpy(), rtol=1e-4, atol=1e-5)


def test_pairs_are_coefficients_times_codes_and_a_constant() -> None:
    users, items, residual, codes, _ = world()
    known = fitted(users, items, residual, codes)
    expected = known.coefficients[5, :WIDTH].numpy() @ codes[7] + known.coefficients[5, WIDTH].item()
    assert known(torch.tensor([5]), torch.tensor([7]), None).item() == pytest.approx(expected, rel=1e-5)


def test_a_user_without_ratings_has_no_preferences() -> None:
    users, items, residual, codes, _ = world()
    users[users == 4] = 5
    assert np.all(fitted(users, items, residual, codes).coefficients[4].numpy() == 0)


def test_noise_leaves_no_trace_in_the_train_rows() -> None:
    """Ratings that follow nothing: were a row's own rating in its number, the two would go together."""
    users, items, residual, codes, _ = world()
    residual = np.random.default_rng(1).normal(size=len(residual))
    known = fitted(users, items, residual, codes)
    assert abs(np.corrcoef(known.rows.numpy(), residual)[0, 1]) < 0.1
    in_sample = (known.coefficients[users] * known.codes[items]).sum(1).numpy()
    assert np.corrcoef(in_sample, residual)[0, 1] > 0.2


def test_left_out_is_the_ridge_regression_without_the_row() -> None:
    rng = np.random.default_rng(2)
    codes = rng.normal(size=(30, 2))
    target, weight = codes @ [1.0, -2.0] + rng.normal(size=30), rng.random(30)
    rest = np.arange(30) != 4
    candidates = []
    for penalty in PENALTIES:
        x, w = codes[rest], weight[rest]
        products, moment = (x * w[:, None]).T @ x, (x * w[:, None]).T @ target[rest]
        candidates.append(codes[4] @ np.linalg.solve(products + penalty * np.eye(2), moment))
    assert np.min(np.abs(np.array(candidates) - left_out(codes, target, weight)[4])) < 1e-9


def test_quality_of_items_without_content_is_that_of_all() -> None:
    rng = np.random.default_rng(4)
    items = rng.integers(0, N_ITEMS, 500)
    assert not Quality(items, rng.normal(size=500), np.zeros((N_ITEMS, 0)), "cpu").items.any()


def test_quality_is_foretold_for_an_item_that_nobody_has_rated() -> None:
    rng = np.random.default_rng(3)
    codes = rng.normal(size=(N_ITEMS, 2))
    items = rng.integers(0, N_ITEMS - 1, 2000)
    quality = Quality(items, 3 + codes[items, 0] + rng.normal(size=2000), codes, "cpu")
    unrated = torch.tensor([N_ITEMS - 1])
    assert quality(unrated, unrated, None).item() == pytest.approx(codes[-1, 0] - codes[:, 0].mean(), abs=0.2)
