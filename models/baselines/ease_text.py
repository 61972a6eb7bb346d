"""EASE with item texts: what the words of an item say of it is added to what its users say."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveFloat

from models.baselines._content import text_rows
from models.baselines._ranker import Arrays, Learn, Space
from models.baselines.ease import EASE, EASEConfig, item_weights, most_rated
from models.data import Features, Interactions
from models.recommender import Progress, silent
from models.tuning import Settings


class EASETextConfig(EASEConfig):
    """The fields of EASE, and how much of the weights comes from texts."""

    shares: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field((0.0, 0.4, 0.8, 1.0), min_length=1)
    """Share of the texts in the weights: 0 is plain EASE, 1 texts alone; candidates, each from 0 to 1."""
    text_regularisation: PositiveFloat = 7.0
    """Weight of the squared item-item weights of the texts, in their mean squared singular values; above 0."""


class EASEText(EASE):
    """B = (1 - share) B of the ratings + share B of the texts, each by EASE's closed form.

    That is ADD-EASE (Jeunen, Van Balen, Goethals 2020, Closed-Form Models for Collaborative Filtering with
    Side-Information, section 3.3), with the text vectors in the place of tags: one row for each of their dimensions.
    Their CEASE, which stacks these rows under X instead, ranked ML-100K as well (validation NDCG@20 0.288 and 0.290,
    EASE 0.286), but not items that nobody has rated (0.003 and 0.049): the two Grams need one common regularisation.
    Where a dataset has no text it is EASE.
    """

    name = "ease-text"
    uses_content = True
    Config = EASETextConfig

    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        space, learn_ratings = super()._learner(train, features, progress)
        texts = text_rows(train, features)
        if not texts:
            progress(f"{self.name}: no texts, so that it is plain EASE")
            return space, learn_ratings
        of_ratings = lru_cache(maxsize=1)(lambda *values: learn_ratings(dict(zip(space, values, strict=True))))
        of_texts = cache(lambda: self._text_weights(texts, self._columns(train, features, silent)))

        def learn(settings: Settings) -> Arrays:
            arrays, share = of_ratings(*(settings[name] for name in space)), np.float32(settings["share"])
            return arrays | {"weights": (1 - share) * arrays["weights"] + share * of_texts()}

        return space | {"share": self.config.shares}, learn

    def _columns(self, train: Interactions, features: Features, progress: Progress) -> np.ndarray:
        """Unlike in EASE, items that nobody has rated have weights as well."""
        counts = np.bincount(train.items, minlength=features.n_items)
        return most_rated(counts, features.n_items, self.config.largest, self.name, progress)

    def _text_weights(self, texts: dict[str, np.ndarray], columns: np.ndarray) -> np.ndarray:
        rows = np.concatenate([rows[columns] for rows in texts.values()], axis=1).T
        mean_square = float(np.sum(rows**2, dtype=np.float64)) / min(rows.shape)
        return item_weights(np.ascontiguousarray(rows), self.config.text_regularisation * mean_square, self.device)
