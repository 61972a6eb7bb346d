"""Windows of what a user rated last, on four ratings that anyone can put in order."""

from __future__ import annotations

import numpy as np
import torch

from models.data import Interactions
from models.fusion.sequences import Sequences


def interactions(users: list, items: list, timestamps: list, ratings: list | None = None) -> Interactions:
    given = np.arange(1, len(users) + 1) if ratings is None else ratings
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(given, np.float32),
        np.array(timestamps, np.int64),
    )


TRAIN = interactions([1, 0, 1, 1, 0], [10, 11, 12, 13, 14], [30, 5, 10, 20, 7])
"""User 1 rated 12, 13, 10 in this order, user 0 rated 11, 14; user 2 nothing."""


def seen(sequences: Sequences, user: int, moment: int, length: int, own: int | None = None) -> list[int]:
    """The items of one window that are known, the latest last."""
    left = None if own is None else torch.tensor([own])
    window = sequences.window(torch.tensor([user]), torch.tensor([moment]), length, left)
    assert window.items.shape == window.ratings.shape == window.known.shape == (1, length)
    return window.items[0][window.known[0]].tolist()


def test_a_train_row_sees_what_came_before_it_and_not_itself() -> None:
    sequences = Sequences(TRAIN, 3)
    windows = [seen(sequences, user, int(sequences.place[row]), 5) for row, user in enumerate(TRAIN.users)]
    assert windows == [[12, 13], [], [], [12], [11]]
    assert seen(sequences, 1, int(sequences.place[0]), 1) == [13], "of a short window the latest"


def test_asked_now_all_is_seen_and_asked_earlier_what_came_strictly_before() -> None:
    sequences = Sequences(TRAIN, 3)

    def asked(user: int, time: int | None) -> list[int]:
        users, times = np.array([user], np.int32), None if time is None else np.array([time], np.int64)
        return seen(sequences, user, int(sequences.moments(users, times)[0]), 5)

    assert asked(1, None) == asked(1, -1) == asked(1, 31) == [12, 13, 10]
    assert asked(1, 30) == [12, 13] and asked(1, 15) == [12] and asked(1, 10) == asked(1, 0) == []
    assert asked(0, 6) == [11] and asked(2, None) == asked(2, 9) == []
    assert sequences.last.tolist() == [2, 5, 5], "now, for every user, is what moments says"


def test_ratings_come_in_standard_deviations_beside_their_items() -> None:
    sequences = Sequences(TRAIN, 3)
    window = sequences.window(torch.tensor([1]), torch.tensor([5]), 3)
    # Users and items were rated 1 to 5 by row: mean 3, variance 2. The order by time is rows 2, 3, 0.
    torch.testing.assert_close(window.ratings[0], torch.tensor([0.0, 1.0, -2.0]) / 2**0.5)


def test_equal_and_missing_timestamps_keep_the_order_of_the_fold() -> None:
    sequences = Sequences(interactions([0, 0, 0, 0], [7, 5, 6, 4], [-1, -1, -1, -1]), 1)
    assert [seen(sequences, 0, int(place), 9) for place in sequences.place] == [[], [7], [7, 5], [7, 5, 6]]
    assert seen(sequences, 0, int(sequences.moments(np.zeros(1, np.int32), np.array([99]))[0]), 9) == [7, 5, 6, 4]


def test_a_row_is_left_out_of_a_window_that_would_hold_it() -> None:
    sequences = Sequences(TRAIN, 3)
    assert seen(sequences, 1, int(sequences.last[1]), 5, own=int(sequences.place[3])) == [12, 10]


def test_as_brute_force_finds_them() -> None:
    random = np.random.default_rng(3)
    n = 400
    train = interactions(
        random.integers(0, 9, n).tolist(), list(range(n)), random.integers(0, 40, n).tolist(), random.normal(size=n)
    )
    sequences = Sequences(train, 10)
    users, times = random.integers(0, 10, 60).astype(np.int32), random.integers(-1, 45, 60)
    for user, time, moment in zip(users, times, sequences.moments(users, times), strict=True):
        rows = [row for row in range(n) if train.users[row] == user and (time < 0 or train.timestamps[row] < time)]
        rows.sort(key=lambda row: (train.timestamps[row], row))
        assert seen(sequences, int(user), int(moment), 6) == rows[-6:]
