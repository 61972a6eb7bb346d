"""What a user writes, and what is written of an item, as numbers: the sentiment of all train reviews but the target's.

Alexander, Tatyana, Nikolai 2024, section 3.3.1: results of sentiment analysis "reflect users' emotional tendencies" and
are integrated into the recommender; how is left open. Here they are a modality of their own beside text, so that a
fusion model can do without it, and be compared with itself without it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.data import Interactions
from models.fusion.history import SHRINK


class Sentiment:
    """Six numbers: of the user and of the item the mean sentiment, how many reviews stand behind it (log, about -1..1),
    and whether there is none.

    Means are drawn towards 0, the usual review, where reviews are few, and are in standard deviations of the ratings.
    Of a train row its own review is left out. Constants: no module, so that no state holds them.
    """

    size = 6

    def __init__(self, train: Interactions, sentiment: np.ndarray, shape: tuple[int, int], device: str) -> None:
        """sentiment: float32 [n, 2], as `Features.sentiment`. shape: (users, items)."""
        scores = sentiment / max(float(train.ratings.std()), 1e-6)
        written = np.any(sentiment != 0, axis=1).astype(np.float32)
        self.scores, self.written = (torch.from_numpy(a.astype(np.float32)).to(device) for a in (scores, written))
        self.sums = [
            _sums(owners, scores[:, side], written, n, device)
            for side, (owners, n) in enumerate(zip((train.users, train.items), shape, strict=True))
        ]

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 6]; given train `rows`, without their own reviews."""
        numbers = []
        for side, owners in enumerate((users, items)):
            total, count = self.sums[side][owners].unbind(1)
            if rows is not None:
                total, count = total - self.scores[rows, side], count - self.written[rows]
            numbers += [total / (count + SHRINK), count.log1p() / 3.5 - 1, (count < 0.5).to(total.dtype)]
        return torch.stack(numbers, 1)


def _sums(owners: np.ndarray, scores: np.ndarray, written: np.ndarray, n: int, device: str) -> Tensor:
    """float32 [n, 2]: of each owner the sum of the scores, and the number of reviews."""
    sums = [np.bincount(owners, values, n) for values in (scores, written)]
    return torch.from_numpy(np.stack(sums, 1).astype(np.float32)).to(device)
