"""What a study changes of a training: data, not code, so that it is part of the training's fingerprint."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.splits import TRAIN, VALID

if TYPE_CHECKING:
    from models.data import Features
    from models.recommender import ModelConfig

SENTIMENT = "sentiment"
LEFT_OUT = -1
"""In a fold array: a row that is neither trained on nor validated nor tested."""
VALID_OF_OTHER = 0.05
"""Share of another dataset's ratings that validate, where none of this dataset's may."""


@dataclass(frozen=True)
class Change:
    """A difference from a model's own training; the default changes nothing.

    base: which of the model's own variants is trained, None: the one that the cell is named after.
    parameters: fields of the model's configuration with other values. knock_out: `<how>-<modality>` of
    `models.modalities.knocked_out`. train_share: share of the train rows that is kept, above 0 and at most 1.
    other: a dataset that is trained on too; instead: on nothing else. sentiment: the model is told of the train
    reviews' sentiment, though of itself it does not ask for it.
    """

    base: str | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    knock_out: str = ""
    train_share: float = 1.0
    other: str = ""
    instead: bool = False
    sentiment: bool = False

    def told(self) -> list[dict[str, Any]]:
        """What a fingerprint must hold besides the model's configuration: nothing where nothing is changed."""
        return [] if self == UNCHANGED else [self.facts()]

    def facts(self) -> dict[str, Any]:
        """Every field by name; but `sentiment` only where it is so, since what was trained before there was such a
        field is not to be trained again."""
        return {name: value for name, value in asdict(self).items() if name != SENTIMENT or value}

    def settings(self, settings: ModelConfig) -> ModelConfig:
        """The configuration with the changed fields. Raises pydantic's ValidationError that names a bad one."""
        return type(settings)(**settings.model_dump() | dict(self.parameters))

    def features(self, features: Features, seed: int) -> Features:
        """The features with the modality taken away, dealt anew or replaced by noise."""
        if not self.knock_out:
            return features
        from models.modalities import knocked_out

        return knocked_out(features, *self.knock_out.split("-"), seed=seed)

    @property
    def modality(self) -> str:
        """What the dataset must have for the change to change anything; '' where it is always possible."""
        return SENTIMENT if self.sentiment else self.knock_out.partition("-")[2]

    def fold(self, fold: np.ndarray, seed: int) -> np.ndarray:
        """int8 [n]: the fold in which only `train_share` of the train rows are left, drawn at random.

        A smaller share of the same seed is part of the larger, so that a curve over shares adds ratings to ratings.
        """
        if self.train_share == 1:
            return fold
        rows = np.random.default_rng(seed).permutation(np.flatnonzero(fold == TRAIN))
        fold = fold.copy()
        fold[rows[max(1, round(self.train_share * len(rows))) :]] = LEFT_OUT
        return fold

    def joined_fold(self, fold: np.ndarray, n_other: int, seed: int) -> np.ndarray:
        """int8 [n + n_other]: our fold, then that of the other dataset's rows, of which none is tested.

        Mixed: all of them are trained on, and our own rows validate. `instead`: a random 5% of them validate, and of
        our own ratings none is seen at all.
        """
        theirs = np.full(n_other, TRAIN, fold.dtype)
        if self.instead:
            fold = np.where((fold == TRAIN) | (fold == VALID), LEFT_OUT, fold).astype(fold.dtype)
            drawn = np.random.default_rng(seed).permutation(n_other)
            theirs[drawn[: max(1, round(VALID_OF_OTHER * n_other))]] = VALID
        return np.concatenate([fold, theirs])


UNCHANGED = Change()
