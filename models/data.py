"""What every recommender is given: interactions and side information in index space."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Interactions:
    """Ratings as parallel arrays of length n; row i says that `users[i]` rated `items[i]`.

    users, items: int32 indices into the dataset's sorted user and item ids.
    ratings: float32 in the dataset's own scale. timestamps: int64 epoch seconds, -1 where the source has none.
    """

    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray

    def __post_init__(self) -> None:
        lengths = {len(self.users), len(self.items), len(self.ratings), len(self.timestamps)}
        if len(lengths) != 1:
            raise ValueError(f"Interactions: arrays differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: np.ndarray) -> Interactions:
        """The rows named by a boolean mask or an index array."""
        return Interactions(self.users[rows], self.items[rows], self.ratings[rows], self.timestamps[rows])


@dataclass(frozen=True)
class Field:
    """One structured feature of all users or all items.

    values: int32 [n], one code each (0 means unknown), or float32 [n, size], a multi-hot row each.
    size: number of codes, the unknown one included.
    """

    values: np.ndarray
    size: int

    @property
    def multi_hot(self) -> bool:
        """True where one user or item may carry several values (genres, categories)."""
        return self.values.ndim == 2

    def table(self) -> np.ndarray:
        """float32 [n, size]: a one-hot or multi-hot row each."""
        return self.values if self.multi_hot else np.eye(self.size, dtype=np.float32)[self.values]


@dataclass(frozen=True)
class Features:
    """Everything known of users and items besides the ratings; rows follow the same indices as Interactions.

    rating_values: the scale's steps in ascending order, e.g. (1, 2, 3, 4, 5).
    user_fields, item_fields: structured features by name (MovieLens: age, zip, occupation, gender; genre).
    item_vectors: encoder outputs by name (title, introduction, image, audio, video), float32 [n_items, d]; an item
    without that content has a row of zeros. user_vectors: the same of users (profile), float32 [n_users, d].
    reviews: encoder outputs of what was written with each *train* rating, float32 [len(train), d], row for row; zeros
    where nothing was written. None where the dataset has no reviews. Texts of other folds never stand here.
    sentiment: what was written with each *train* rating says, in stars above the usual review, float32
    [len(train), 2]: for the user's profile and for the item's, as `models.sentiment.out_of_fold` tells it; zeros where
    nothing was written. None where the dataset has no reviews, or the model is not to know.
    """

    n_users: int
    n_items: int
    rating_values: tuple[float, ...]
    user_fields: dict[str, Field] = field(default_factory=dict)
    item_fields: dict[str, Field] = field(default_factory=dict)
    item_vectors: dict[str, np.ndarray] = field(default_factory=dict)
    user_vectors: dict[str, np.ndarray] = field(default_factory=dict)
    reviews: np.ndarray | None = None
    sentiment: np.ndarray | None = None

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating."""
        return self.rating_values[0], self.rating_values[-1]

    def present(self, vector: str) -> np.ndarray:
        """bool [n_items]: which items have this content at all."""
        return np.any(self.item_vectors[vector] != 0, axis=1)
