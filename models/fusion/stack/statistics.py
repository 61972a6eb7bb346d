"""What a history says of a user, an item, and of the groups that they belong to."""

from __future__ import annotations

import numpy as np

from models.baselines._biases import Biases
from models.data import Features, Field, Interactions

GROUPS = 64
"""Fields with more codes than this make no groups: too few ratings each."""
PULL = 10.0
"""Ratings of residual zero that a group's mean is given beforehand."""

Columns = dict[str, np.ndarray]


class Statistics:
    """Counts, biases, spreads, extremes and fields of users and items, and means over the groups they belong to."""

    def __init__(self, history: Interactions, features: Features, biases: Biases) -> None:
        self.features = features
        residuals = history.ratings - biases.expected(history.users, history.items)
        self.of_user = _of_owner("user", history.users, history.ratings, residuals, features, biases.user)
        self.of_item = _of_owner("item", history.items, history.ratings, residuals, features, biases.item)
        sides = (history.users, features.n_users), (history.items, features.n_items)
        # A user's mean residual over the items of a kind, and an item's over the users of a kind.
        self.users_on = {
            name: _means(*sides[0], history.items, residuals, field)
            for name, field in features.item_fields.items()
            if field.size <= GROUPS
        }
        self.items_by = {
            name: _means(*sides[1], history.users, residuals, field)
            for name, field in features.user_fields.items()
            if field.size <= GROUPS
        }

    def columns(self, users: np.ndarray, items: np.ndarray) -> Columns:
        """float [n] each, for these pairs."""
        found = {name: table[users] for name, table in self.of_user.items()}
        found |= {name: table[items] for name, table in self.of_item.items()}
        for targets, fields in ((users, self.features.user_fields), (items, self.features.item_fields)):
            for name, field in fields.items():
                if not field.multi_hot:
                    found[name] = field.values[targets]
                elif field.size <= GROUPS:
                    found |= {f"{name}_{code}": field.values[targets, code] for code in range(field.size)}
        for name, means in self.users_on.items():
            found[f"user_on_{name}"] = _at(means, users, self.features.item_fields[name], items)
        for name, means in self.items_by.items():
            found[f"item_by_{name}"] = _at(means, items, self.features.user_fields[name], users)
        return found


def _of_owner(
    side: str, owners: np.ndarray, ratings: np.ndarray, residuals: np.ndarray, features: Features, bias: np.ndarray
) -> Columns:
    n = len(bias)
    count = np.bincount(owners, minlength=n)
    found = {f"{side}_count": count, f"{side}_bias": bias}
    found[f"{side}_spread"] = np.sqrt(np.bincount(owners, residuals**2, n) / np.maximum(count, 1))
    for end, value in zip(("lowest", "highest"), features.scale, strict=True):
        found[f"{side}_{end}"] = (np.bincount(owners, ratings == value, n) + 1) / (count + 5)
    return found


def _means(owners: np.ndarray, n: int, others: np.ndarray, residuals: np.ndarray, field: Field) -> np.ndarray:
    """float [n, codes]: each owner's shrunk mean residual over the others that carry a code."""
    carried = field.table()[others]
    total = np.stack([np.bincount(owners, residuals * one, n) for one in carried.T], 1)
    return total / (np.stack([np.bincount(owners, one, n) for one in carried.T], 1) + PULL)


def _at(means: np.ndarray, owners: np.ndarray, field: Field, others: np.ndarray) -> np.ndarray:
    """float [n]: the mean over the codes that the other side of each pair carries."""
    own = field.table()[others]
    return (means[owners] * own).sum(1) / np.maximum(own.sum(1), 1)
