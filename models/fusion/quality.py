"""How well an item is liked by all, as its content foretells it; each item as if nobody had rated it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.fusion.history import SHRINK

PENALTIES = 10.0 ** np.arange(0, 4.5, 0.5)
"""Ridge penalties, in ratings of a component, that are tried; leaving items out says which is best."""


class Quality:
    """Mean residual of an item ~ weights @ code[item]: a ridge regression over items, each counting n / (n + SHRINK).

    What is known of an item is the prediction with this item left out, in closed form, so that it is worth as much for
    items that nobody has rated, and holds nothing of the target but its share in the mean of its user, who may have
    rated items alike. It is told around the mean of all items, from which none is left out: means without the item
    itself would tell it by its absence. Constants: no module.
    """

    size = 1

    def __init__(self, items: np.ndarray, residual: np.ndarray, codes: np.ndarray, device: str) -> None:
        """items: int [n] of the train rows. residual: float [n], ratings less what their users' means say.
        codes: float [n_items, k]."""
        count = np.bincount(items, minlength=len(codes))
        mean, weight = np.bincount(items, residual, len(codes)) / np.maximum(count, 1), count / (count + SHRINK)
        expected = left_out(*(of - np.average(of, axis=0, weights=weight) for of in (codes, mean)), weight)
        self.items = torch.from_numpy(expected.astype(np.float32)).to(device)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 1]: the expected mean residual of the item, less that of all."""
        return self.items[items, None]


def left_out(codes: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """float64 [n]: weighted ridge predictions of every row without it, under the penalty that makes them best.

    codes: [n, k], and target: [n], both around 0. Rows of weight 0 are predicted only.
    """
    products, moment = (codes * weight[:, None]).T @ codes, (codes * weight[:, None]).T @ target
    best, best_error = np.zeros(len(target)), np.inf
    for penalty in PENALTIES:
        inverse = np.linalg.inv(products + penalty * np.eye(codes.shape[1]))
        leverage = weight * ((codes @ inverse) * codes).sum(1)
        expected = (codes @ (inverse @ moment) - leverage * target) / np.maximum(1 - leverage, 1e-6)
        error = float((weight * (target - expected) ** 2).sum())
        if error < best_error:
            best, best_error = expected, error
    return best
