"""Every user and every item stands in one slice of each kind, the one that its ratings say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.slices import PARTITIONS, SPARSE, of_items, of_users


def test_users_by_what_is_known_of_them() -> None:
    users = np.repeat([0, 1, 3], [SPARSE, SPARSE - 1, 1])
    found = {name: np.flatnonzero(mask).tolist() for name, mask in of_users(users, 4).items()}
    assert found == {"cold users": [2], "sparse users": [1, 3], "warm users": [0]}


def test_the_head_is_a_fifth_of_what_is_rated_and_its_equals() -> None:
    items = np.repeat(np.arange(10), [50, 9, 9, 9, 1, 1, 1, 1, 1, 0])
    found = of_items(items, np.arange(10) < 3)
    assert np.flatnonzero(found["head items"]).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(found["tail items"]).tolist() == [4, 5, 6, 7, 8]
    assert np.flatnonzero(found["cold items"]).tolist() == [9]
    assert np.flatnonzero(found["with picture"]).tolist() == [0, 1, 2]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_slices_of_a_kind_are_a_partition(seed: int) -> None:
    random = np.random.default_rng(seed)
    masks = of_users(random.integers(0, 8, 40), 9) | of_items(random.integers(0, 6, 30), random.random(9) < 0.5)
    for names in PARTITIONS:
        assert np.all(sum(masks[name].astype(int) for name in names) == 1)
