"""What is known of pairs before any network is trained: a few numbers for each modality, their own rating left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from models.data import Features, Interactions
from models.fusion.codes import content_codes, filled, presence_codes
from models.fusion.history import SHRINK, Links, standardised
from models.fusion.neighbours import Agreement
from models.fusion.preferences import Preferences
from models.fusion.quality import Quality
from models.fusion.sentiment import Sentiment
from models.modalities import MODALITIES, SENTIMENT, present, without
from models.remembered import remembered

BEHAVIOUR = "behaviour"
"""The modality of the ratings themselves, which every dataset has."""
CONTENT_WIDTH = 8
"""Components of each vector or field that preferences are about: with 16, 50 ratings a user are too few."""
QUALITY_WIDTH = 32
"""The same that an item's quality is foretold from: all users together know more than one."""
PRESENCE_WIDTHS = 16, 12
"""Components of who met whom, of items and of users."""
FUSED_WIDTH = 4
"""The same beside the codes of content."""
REGRESSED = 200_000
"""Train rows that the regression looks at, at most."""


class Evidence(Protocol):
    """Numbers about pairs; int64 [batch] indices in, and in training the train rows that the pairs are."""

    size: int

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """float32 [batch, size], in standard deviations of the ratings or of like size; train `rows` are left out."""


def modalities_of(features: Features) -> tuple[str, ...]:
    """The modalities of a dataset: those of its features, and behaviour. A newly registered one is here at once."""
    return *present(features), BEHAVIOUR


def only(features: Features, modality: str) -> Features:
    """The features of this modality alone; of behaviour none."""
    return without(features, *(other for other in MODALITIES if other != modality))


class Content:
    """Two numbers of a content modality: what the user's preferences say of it, and what all make of such items."""

    size = 2

    def __init__(
        self, part: Features, codes: np.ndarray, train: Interactions, both: tuple[Links, Links], device: str
    ) -> None:
        """part: the features of the modality alone. codes: float [n_items, k], what preferences are about."""
        by_user, by_item = (link.residual.cpu().numpy() for link in both)
        self.preferences = remembered(Preferences, train.users, train.items, by_user, codes, part.n_users, device)
        self.quality = remembered(Quality, train.items, by_item, content_codes(part, QUALITY_WIDTH), device)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 2]"""
        return torch.cat([self.preferences(users, items, rows), self.quality(users, items, rows)], 1)


class Behaviour:
    """Ten numbers of the ratings: what the user, the item and those like them say of the pair.

    Means of user and item; agreement by ratings and by company (`neighbours`); the user's preferences for what is met
    by the same people, and the item's appeal to people who meet the same items; and last how many ratings stand behind
    the means (log, about -1..1). The target is left out of each of them.
    """

    size = 6 + Agreement.size
    counts = 2
    """Numbers at the end that say how much is known, not what."""

    def __init__(self, train: Interactions, both: tuple[Links, Links], features: Features, device: str) -> None:
        users, items, shape = train.users, train.items, (features.n_users, features.n_items)
        self.both = both
        self.agreement = remembered(Agreement, train, *shape, device)
        of_items, of_users = (
            remembered(presence_codes, *sides, (n, m), width)
            for sides, n, m, width in (
                ((users, items), *shape, PRESENCE_WIDTHS[0]),
                ((items, users), *shape[::-1], PRESENCE_WIDTHS[1]),
            )
        )
        by_user, by_item = (link.residual.cpu().numpy() for link in both)
        self.preferences = remembered(Preferences, users, items, by_user, of_items, shape[0], device)
        self.appeal = remembered(Preferences, items, users, by_item, of_users, shape[1], device)

    def __call__(self, users: Tensor, items: Tensor, rows: Tensor | None) -> Tensor:
        """[batch, 10]; see the class."""
        means, counts = [], []
        for link, owners in zip(self.both, (users, items), strict=True):
            count, mean = link.standing(owners, None if rows is None else link.residual[rows, None])
            means.append(mean)
            counts.append(count.log1p() / 3.5 - 1)
        alike = (
            self.agreement(users, items, rows),
            self.preferences(users, items, rows),
            self.appeal(items, users, rows),
        )
        return torch.cat([*means, *alike, *counts], 1)


Known = dict[tuple[str, ...], Evidence]
"""Evidence by the modalities that it needs, in the dataset's order."""


def codes_of(train: Interactions, features: Features, modalities: Sequence[str]) -> dict[str, np.ndarray]:
    """Codes of the items, float64 [n_items, k], by modality: of their content, and of who met them."""
    made = {name: content_codes(only(features, name), CONTENT_WIDTH) for name in modalities if name != BEHAVIOUR}
    if BEHAVIOUR in modalities:
        shape = features.n_users, features.n_items
        made[BEHAVIOUR] = remembered(presence_codes, train.users, train.items, shape, FUSED_WIDTH)
    return made


def evidence_of(
    train: Interactions,
    features: Features,
    sets: Sequence[tuple[str, ...]],
    codes: dict[str, np.ndarray],
    both: tuple[Links, Links],
    device: str,
) -> Known:
    """Evidence of each of these sets of modalities: `Content`, `Sentiment` or `Behaviour` of one, joint preferences of
    several.

    codes: of the items by modality. both: the train fold's links of users, and of items.

    Preferences for one modality alone take all that the others explain for noise; those for the codes of several side
    by side do not, so that they are the better, but they are of use only where none of the several is missing.
    """
    residual = both[0].residual.cpu().numpy()

    def of(some: tuple[str, ...]) -> Evidence:
        if some == (BEHAVIOUR,):
            return Behaviour(train, both, features, device)
        if some == (SENTIMENT,):
            return remembered(Sentiment, train, features.sentiment, (features.n_users, features.n_items), device)
        if len(some) == 1:
            return Content(only(features, some[0]), codes[some[0]], train, both, device)
        together = np.concatenate([codes[name] for name in some], 1)
        return remembered(Preferences, train.users, train.items, residual, together, features.n_users, device)

    return {some: of(some) for some in sets}


def regressions(evidence: Known, modalities: Sequence[str], train: Interactions, device: str) -> np.ndarray:
    """float32 [2 ** modalities, numbers + 1]: what a unit of each number is worth, in standard deviations of the
    rating, and a constant.

    One least squares over train rows, each without its own rating, for every set of modalities (bit k of the row's
    index stands for the k-th); numbers that need others are worth nothing. Networks start from it.
    """
    some = np.unique(np.linspace(0, len(train) - 1, min(REGRESSED, len(train))).astype(np.int64))
    users, items, rows = (
        torch.from_numpy(array.astype(np.int64)).to(device) for array in (train.users[some], train.items[some], some)
    )
    known = torch.cat([of(users, items, rows) for of in evidence.values()], 1).double().cpu().numpy()
    known = np.concatenate([known, np.ones((len(known), 1))], 1)
    products, target = known.T @ known, known.T @ standardised(train)[some]
    worth = np.zeros((2 ** len(modalities), known.shape[1]), np.float32)
    for pattern in range(len(worth)):
        there = {name for bit, name in enumerate(modalities) if pattern >> bit & 1}
        use = np.concatenate([np.full(of.size, there.issuperset(needs)) for needs, of in evidence.items()])
        kept = np.flatnonzero(np.append(use, True))
        penalty = np.diag(np.append(np.full(len(kept) - 1, SHRINK), 0))
        worth[pattern, kept] = np.linalg.solve(products[np.ix_(kept, kept)] + penalty, target[kept])
    return worth


def items_with(modality: str, train: Interactions, features: Features) -> np.ndarray:
    """bool [n_items]: which items have anything of this modality: content, or any train rating or review."""
    if modality == BEHAVIOUR:
        return np.bincount(train.items, minlength=features.n_items) > 0
    if modality == SENTIMENT:
        written = np.any(features.sentiment != 0, axis=1)
        return np.bincount(train.items[written], minlength=features.n_items) > 0
    part = only(features, modality)
    known = [part.present(name) for name in part.item_vectors]
    known += [filled(field) for field in part.item_fields.values()]
    return np.any(known, axis=0) if known else np.ones(features.n_items, bool)
