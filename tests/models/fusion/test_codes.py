"""Codes: principal components of content, and of who met whom."""

from __future__ import annotations

import numpy as np

from models.data import Field
from models.fusion import codes
from models.fusion.codes import CLAMP, filled, one_hot, presence_codes, principal_codes, standardised_table


def test_one_strong_direction_is_the_first_component() -> None:
    rng = np.random.default_rng(0)
    strength = rng.normal(size=50)
    table = np.outer(strength, [1.0, -1.0, 1.0, 1.0]) + 0.05 * rng.normal(size=(50, 4)) + 7
    found = principal_codes(table, 2)
    assert found.shape == (50, 2)
    assert abs(np.corrcoef(found[:, 0], strength)[0, 1]) > 0.99
    assert found[:, 0].std() > 3 * found[:, 1].std()  # half whitened: still the stronger one
    assert np.isclose(np.mean(found**2), 1)


def test_rows_without_content_have_code_zero_and_do_not_count() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(20, 3)) + 5
    with_gap = np.vstack([table, np.zeros((2, 3))])
    found = principal_codes(with_gap, 3)
    assert np.all(found[20:] == 0)
    np.testing.assert_allclose(np.abs(found[:20]), np.abs(principal_codes(table, 3)), rtol=1e-5)
    np.testing.assert_allclose(standardised_table(with_gap)[:20].mean(0), 0, atol=1e-6)


def test_nothing_to_compare_gives_no_codes() -> None:
    assert principal_codes(np.zeros((5, 3)), 4).shape == (5, 0)
    assert principal_codes(np.ones((5, 3)), 4).shape == (5, 0)  # all alike


def test_outliers_are_clamped() -> None:
    table = np.ones((200, 1))
    table[0], table[1:100] = 1e6, 2
    assert standardised_table(table).max() == CLAMP


def test_wide_tables_go_another_way_to_the_same_codes(monkeypatch) -> None:
    table = np.random.default_rng(0).normal(size=(40, 12)) * np.arange(1, 13)
    short = principal_codes(table, 4)
    monkeypatch.setattr(codes, "WIDEST", 5)
    np.testing.assert_allclose(np.abs(principal_codes(table, 4)), np.abs(short), rtol=1e-6)


def test_one_hot_keeps_the_commonest_values_and_leaves_the_unknown_empty(monkeypatch) -> None:
    monkeypatch.setattr(codes, "COMMONEST", 2)
    field = Field(np.array([3, 3, 3, 1, 1, 2, 0], np.int32), 4)
    np.testing.assert_array_equal(one_hot(field), [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, 0]])
    np.testing.assert_array_equal(filled(field), [1, 1, 1, 1, 1, 1, 0])


def test_presence_tells_groups_apart_that_meet_different_things() -> None:
    """Users 0-9 meet items 0-7, the others items 8-15; the last item is met by nobody."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(20), 5)
    items = np.concatenate([rng.choice(8, 5, replace=False) + 8 * (user >= 10) for user in range(20)])
    found = presence_codes(users, items, (20, 17), 2)
    assert found.shape == (17, 2)
    assert np.all(np.sign(found[:8, 0]) == np.sign(found[0, 0]))
    assert np.all(np.sign(found[8:16, 0]) == -np.sign(found[0, 0]))
    assert np.all(np.abs(found[16]) < 1e-9)


def test_presence_is_the_same_every_time_and_too_little_gives_none() -> None:
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 30, 200), rng.integers(0, 25, 200)
    np.random.seed(5)
    first = presence_codes(users, items, (30, 25), 4)
    np.random.seed(6)
    np.testing.assert_array_equal(first, presence_codes(users, items, (30, 25), 4))
    assert presence_codes(np.array([0, 1]), np.array([0, 1]), (2, 2), 4).shape == (2, 0)
