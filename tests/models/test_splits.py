"""Protocols deal out the same folds whatever the order of the rows, in the right shares, without leaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data import Interactions
from models.splits import PROTOCOLS, TEST, TRAIN, VALID, leakage_checks, refuse_leakage, split


def ratings(n_users: int = 40, n_items: int = 30, seed: int = 0, share: float = 0.6) -> Interactions:
    random = np.random.default_rng(seed)
    users, items = np.nonzero(random.random((n_users, n_items)) < share)
    n = len(users)
    stamps = random.integers(0, 200, n).astype(np.int64)
    values = random.integers(1, 6, n).astype(np.float32)
    return Interactions(users.astype(np.int32), items.astype(np.int32), values, stamps)


def official(data: Interactions) -> np.ndarray:
    return (data.users + data.items) % 5 == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_order_of_the_rows_does_not_matter(protocol: str) -> None:
    data = ratings()
    shuffled = np.random.default_rng(7).permutation(len(data))
    folds = split(protocol, data, 3, official(data))
    again = split(protocol, data.take(shuffled), 3, official(data)[shuffled])
    np.testing.assert_array_equal(again, folds[shuffled])
    assert folds.dtype == np.int8 and set(folds.tolist()) == {TRAIN, VALID, TEST}


@pytest.mark.parametrize("protocol", [p for p in PROTOCOLS if p != "global-time"])
def test_another_seed_gives_another_split(protocol: str) -> None:
    data = ratings()
    assert np.any(split(protocol, data, 0, official(data)) != split(protocol, data, 1, official(data)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_folds_have_their_shares_and_no_leaks(protocol: str) -> None:
    data = ratings(200, 100)
    folds = split(protocol, data, 0, official(data))
    wanted = np.array(PROTOCOLS[protocol].percent) / 100
    np.testing.assert_allclose(np.bincount(folds) / len(data), wanted, atol=0.01 if protocol != "cold-item" else 0.03)
    assert all(check.passed for check in leakage_checks(protocol, data, folds))


def test_xia2024_is_the_permutation_that_the_peers_used() -> None:
    data = ratings()
    n = len(data)
    permutation = np.random.default_rng(5).permutation(n)  # the fixture's rows stand sorted by (user, item)
    folds = split("xia2024", data, 5)
    assert set(np.flatnonzero(folds == TRAIN)) == set(permutation[: n * 90 // 100])
    assert set(np.flatnonzero(folds == VALID)) == set(permutation[n * 90 // 100 : n * 95 // 100])


def test_u1_keeps_the_official_test_rows() -> None:
    data = ratings()
    np.testing.assert_array_equal(split("u1", data, 0, official(data)) == TEST, official(data))
    with pytest.raises(ValueError, match="u1: this dataset has no official test"):
        split("u1", data, 0)


def test_jiang2024_seeds_are_the_folds_of_a_cross_validation() -> None:
    data = ratings()
    tests = np.stack([split("jiang2024", data, seed) == TEST for seed in range(5)])
    np.testing.assert_array_equal(tests.sum(axis=0), 1)
    assert np.any(split("jiang2024", data, 5) != split("jiang2024", data, 0))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=8, max_size=60).filter(lambda stamps: len(set(stamps)) >= 3))
def test_ties_in_time_never_straddle_a_boundary(stamps: list[int]) -> None:
    n = len(stamps)
    zeros = np.zeros(n, np.int32)
    data = Interactions(zeros, np.arange(n, dtype=np.int32), np.ones(n, np.float32), np.array(stamps, np.int64))
    folds = split("global-time", data, 0)
    train, valid, test = (data.timestamps[folds == f] for f in (TRAIN, VALID, TEST))
    assert train.max() < valid.min() <= valid.max() < test.min()


def test_global_time_refuses_missing_timestamps() -> None:
    data = ratings()
    stamps = data.timestamps.copy()
    stamps[3] = -1
    with pytest.raises(ValueError, match=r"global-time: 1 of .* no timestamp"):
        split("global-time", Interactions(data.users, data.items, data.ratings, stamps), 0)


def test_cold_items_leave_training() -> None:
    data = ratings()
    folds = split("cold-item", data, 0)
    warm, valid, test = (set(data.items[folds == f]) for f in (TRAIN, VALID, TEST))
    assert not (warm & valid or warm & test or valid & test)
    assert len(test) == 30 - 30 * 90 // 100 and len(valid) == 30 * 90 // 100 - 30 * 85 // 100


def test_duplicates_and_unknown_protocols_are_refused() -> None:
    data = ratings()
    twice = data.take(np.append(np.arange(len(data)), 4))
    with pytest.raises(ValueError, match="xia2024: 1 duplicate"):
        split("xia2024", twice, 0)
    with pytest.raises(ValueError, match="no protocol 'xia'"):
        split("xia", data, 0)
    with pytest.raises(ValueError, match="too few"):
        split("xia2024", data.take(np.arange(3)), 0)


def test_leaks_are_found() -> None:
    data = ratings()
    random = split("xia2024", data, 0)
    with pytest.raises(ValueError, match="global-time: train ends"):
        refuse_leakage("global-time", data, random)
    with pytest.raises(ValueError, match=r"cold-item: .* items stand in two folds"):
        refuse_leakage("cold-item", data, random)
    twice = data.take(np.append(np.arange(len(data)), 4))
    with pytest.raises(ValueError, match="1 \\(user, item\\) pairs"):
        refuse_leakage("xia2024", twice, np.append(random, TEST))


def test_only_the_split_by_time_is_free_of_leaks_by_design() -> None:
    assert [name for name, about in PROTOCOLS.items() if not about.leaky_by_design] == ["global-time"]
    assert [name for name, about in PROTOCOLS.items() if about.ranks] == ["jiang2024", "global-time", "cold-item"]
