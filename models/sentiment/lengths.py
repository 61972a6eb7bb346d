"""Batches of texts of like length, so that little is padded, in an order that is random all the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.sentiment.words import PADDING, Ragged
from models.training import Batches

POOL = 40
"""Batches whose rows are sorted by length together: more would pad less but leave less to chance."""


def by_length(lengths: Tensor) -> Batches:
    """Batches for `models.training.train`. lengths: int64 [n]."""

    def batches(n_rows: int, size: int) -> Sequence[Tensor]:
        made = []
        for pool in torch.randperm(n_rows).split(size * POOL):
            made += pool[lengths[pool].argsort(stable=True)].split(size)
        return [made[place] for place in torch.randperm(len(made))]

    return batches


def in_order(lengths: Tensor, size: int) -> list[Tensor]:
    """Batches for looking only: rows from the longest to the shortest."""
    return list(lengths.argsort(descending=True, stable=True).split(size))


class Rows:
    """Word numbers of all texts, on a device; any rows of them as one padded matrix."""

    def __init__(self, ragged: Ragged, device: str) -> None:
        self.numbers, self.starts, self.lengths = (
            torch.from_numpy(part).to(device) for part in (ragged.numbers, ragged.starts, ragged.lengths)
        )

    def __len__(self) -> int:
        return len(self.starts)

    def padded(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Word numbers int64 [b, longest], and which of them are words, bool [b, longest]."""
        place = torch.arange(int(self.lengths[rows].max()), device=self.numbers.device)
        there = place < self.lengths[rows][:, None]
        found = self.numbers[(self.starts[rows][:, None] + place).clamp(max=len(self.numbers) - 1)]
        return found.long().masked_fill(~there, PADDING), there
