"""What a user rated last before a moment: windows over every user's train ratings in order of time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.data import Interactions
from models.fusion.history import standardised


class Window(NamedTuple):
    """The last ratings before a moment, the latest one last, [batch, length] each.

    items: int64. ratings: float32, in standard deviations from the mean. known: bool, False where there is none.
    """

    items: Tensor
    ratings: Tensor
    known: Tensor


class Sequences:
    """Every user's train ratings by time; equal and missing timestamps in the order in which the fold has them.

    Constants made of the train fold: no module, so that no state holds them. A moment is a position among the sorted
    ratings: the window holds what stands before it.
    """

    def __init__(self, train: Interactions, n_users: int, device: str = "cpu") -> None:
        order = np.lexsort((train.timestamps, train.users))
        users, times = train.users[order].astype(np.int64), train.timestamps[order].astype(np.int64)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._users, self._times = users, times
        last = np.cumsum(np.bincount(users, minlength=n_users))
        arrays = train.items[order].astype(np.int64), standardised(train)[order].astype(np.float32), place
        self.items, self.ratings, self.place = (torch.from_numpy(array).to(device) for array in arrays)
        self.first = torch.from_numpy(np.concatenate([[0], last[:-1]])).to(device)
        self.last = torch.from_numpy(last).to(device)

    def moments(self, users: np.ndarray, timestamps: np.ndarray | None) -> np.ndarray:
        """int64 [n]: just after all that the users rated earlier than these times; -1 or None: after all of it."""
        now = np.searchsorted(self._users, users, "right")
        if timestamps is None:
            return now
        # A user's ratings are a run of the sorted ones, so that pairs (user, time) can be searched as one number.
        known = np.unique(self._times)
        ranks = np.searchsorted(known, self._times), np.searchsorted(known, timestamps, "left")
        keys, wanted = (
            owner.astype(np.int64) * (len(known) + 1) + r for owner, r in zip((self._users, users), ranks, strict=True)
        )
        return np.where(timestamps < 0, now, np.searchsorted(keys, wanted, "left"))

    def window(self, users: Tensor, moments: Tensor, length: int, own: Tensor | None = None) -> Window:
        """The `length` ratings of each user before each moment, int64 [batch]; without those at the places `own`."""
        positions = moments[:, None] - torch.arange(length, 0, -1, device=moments.device)
        known = positions >= self.first[users][:, None]
        if own is not None:
            known &= positions != own[:, None]
        positions = positions.clamp(min=0)
        return Window(self.items[positions], self.ratings[positions], known)
