"""What each user prefers, as a linear model of the items' codes under a prior that is learned from the other users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

SAMPLED = 4000
"""Owners that a prior is learned from, at most; more do not change it."""
FEW, PARTS = 500, (5, 2)
"""Owners below which they are dealt into five parts rather than two: a prior is learned from the other parts."""
BLOCK = 2000
"""Owners that are solved at a time."""
ROUNDS = 10
"""Rounds of expectation maximisation: 5 are too few (0.008 of RMSE on ML-100K), 20 change nothing."""
INITIAL = 0.05
"""Variance of the coefficients before the first round."""
FLOOR = 1e-3
"""Smallest noise, in variances of the ratings, that is believed: without noise no leave-one-out is defined."""


@dataclass(frozen=True)
class Prior:
    """covariance: [d, d], of an owner's coefficients around 0. noise: variance of a rating around their product."""

    covariance: np.ndarray
    noise: float


class Preferences:
    """Residual of (owner, other) ~ coefficients[owner] @ code[other], the coefficients normal around 0.

    The hierarchical linear model of Zhang and Koren 2007 (Efficient Bayesian hierarchical user modeling), fitted by
    expectation maximisation: the covariance of all owners' coefficients says which directions of the codes are liked
    differently by different people, so that fifty ratings are enough to know one of them. Owners are users and others
    items, or the other way round. A constant is added to the codes: the owner's own mean.

    Nothing of a train row is in the prediction that is made for it. Its own rating is left out in closed form,
    (fit - h y) / (1 - h), h being the leverage of the row; and the prior comes from other owners than its own. A prior
    of all owners would know the ratings that it is to foretell: on the sample shop with shuffled ratings the predicted
    residuals of train rows go with them (correlation 0.16; with priors of others -0.01).

    Constants made of the train fold, shared by all restarts: no module, so that no state holds them.
    """

    size = 1

    def __init__(
        self,
        owners: np.ndarray,
        others: np.ndarray,
        residual: np.ndarray,
        codes: np.ndarray,
        n_owners: int,
        device: str,
    ) -> None:
        """owners, others: int [n], the train pairs. residual: float [n], what is to be explained, free of what the
        owner's own rating says of the other. codes: float [n_others, k]."""
        codes = np.concatenate([codes, np.ones((len(codes), 1))], 1)
        fold = _Fold(owners, others, residual.astype(np.float64), codes, n_owners)
        coefficients, left_out = np.zeros((n_owners, codes.shape[1])), np.zeros(len(residual))
        for part, prior in _priors(fold):
            _solve(fold, part, prior, coefficients, left_out)
        self.coefficients, self.codes, self.rows = (
            torch.from_numpy(array.astype(np.float32)).to(device) for array in (coefficients, codes, left_out)
        )

    def __call__(self, owners: Tensor, others: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 1]: the expected residual; of train `rows`, as their own rating would not have been made."""
        if rows is not None:
            return self.rows[rows, None]
        return (self.coefficients[owners] * self.codes[others]).sum(1, keepdim=True)


class _Fold:
    """The train rows of each owner."""

    def __init__(
        self, owners: np.ndarray, others: np.ndarray, residual: np.ndarray, codes: np.ndarray, n_owners: int
    ) -> None:
        self.others, self.residual, self.codes, self.n_owners = others, residual, codes, n_owners
        self.order = np.argsort(owners, kind="stable")
        self.starts = np.searchsorted(owners[self.order], np.arange(n_owners + 1))

    def rows(self, owner: int) -> np.ndarray:
        """Row numbers of the owner's ratings."""
        return self.order[self.starts[owner] : self.starts[owner + 1]]

    def products(self, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each owner: codes' products [., d, d], codes times residuals [., d], and sum of squared residuals [.]."""
        d = self.codes.shape[1]
        gram, moment, square = np.zeros((len(owners), d, d)), np.zeros((len(owners), d)), np.zeros(len(owners))
        for place, owner in enumerate(owners):
            rows = self.rows(owner)
            x, y = self.codes[self.others[rows]], self.residual[rows]
            gram[place], moment[place], square[place] = x.T @ x, x.T @ y, y @ y
        return gram, moment, square


def _priors(fold: _Fold) -> Iterator[tuple[np.ndarray, Prior]]:
    """Owners of one part after the other, and the prior that the owners of the other parts have."""
    active = np.flatnonzero(np.diff(fold.starts))
    sample = active[np.unique(np.linspace(0, len(active) - 1, min(SAMPLED, len(active))).astype(int))]
    products, count = fold.products(sample), np.diff(fold.starts)[sample]
    parts = PARTS[0] if len(active) < FEW else PARTS[1]
    dealt = np.random.default_rng(0).permutation(fold.n_owners) % parts
    for part in range(parts):
        others = dealt[sample] != part
        yield np.flatnonzero(dealt == part), learned_prior(*(of[others] for of in products), int(count[others].sum()))


def learned_prior(gram: np.ndarray, moment: np.ndarray, square: np.ndarray, ratings: int) -> Prior:
    """Expectation maximisation over owners, given their `_Fold.products` and the number of their ratings."""
    d = gram.shape[1]
    prior = Prior(np.eye(d) * INITIAL, max(float(square.sum()) / max(ratings, 1), FLOOR))
    for _ in range(ROUNDS if ratings else 0):
        spread = _inverses(gram / prior.noise + np.linalg.inv(prior.covariance))
        mean = np.einsum("ude,ue->ud", spread, moment) / prior.noise
        fitted = np.einsum("ud,ude,ue->u", mean, gram, mean) + np.einsum("ude,ude->u", spread, gram)
        noise = float((square - 2 * (mean * moment).sum(1) + fitted).sum()) / ratings
        covariance = (mean.T @ mean + spread.sum(0)) / len(gram)
        prior = Prior(covariance + 1e-6 * np.eye(d), max(noise, FLOOR))
    return prior


def _solve(fold: _Fold, part: np.ndarray, prior: Prior, coefficients: np.ndarray, left_out: np.ndarray) -> None:
    """Fill in the coefficients of the part's owners [n_owners, d], and the predictions for their train rows [n]."""
    penalty = prior.noise * np.linalg.inv(prior.covariance)
    for start in range(0, len(part), BLOCK):
        owners = part[start : start + BLOCK]
        gram, moment, _ = fold.products(owners)
        inverse = _inverses(gram + penalty)
        for place, owner in enumerate(owners):
            rows = fold.rows(owner)
            x, y = fold.codes[fold.others[rows]], fold.residual[rows]
            coefficients[owner] = inverse[place] @ moment[place]
            leverage = ((x @ inverse[place]) * x).sum(1)
            left_out[rows] = (x @ coefficients[owner] - leverage * y) / (1 - leverage)


def _inverses(matrices: np.ndarray) -> np.ndarray:
    """float64 [n, d, d]: the inverses of symmetric positive definite matrices, in half the time of np.linalg.inv."""
    return torch.cholesky_inverse(torch.linalg.cholesky(torch.from_numpy(matrices))).numpy()
