"""Content-based: what resembles, by its texts, pictures and attributes, the things that a user chose before."""

from __future__ import annotations

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveInt
from scipy.sparse import csr_matrix

from models.baselines._content import content_rows, principal, unit
from models.baselines._ranker import Arrays, FactorRanker, Learn, RankerConfig, Space, positives, standardised
from models.baselines._sentiment import item_sentiment
from models.data import Features, Interactions
from models.recommender import Progress
from models.tuning import Settings

SENTIMENT_WEIGHTS = (0.0, 0.1, 0.3, 1.0)
"""Weights that an item's mean sentiment may have beside its popularity."""


class ContentConfig(RankerConfig):
    """RankerConfig's fields, and how the fields of content are compared and weighed."""

    prior_weights: tuple[NonNegativeFloat, ...] = Field((2.0, 0.0, 0.5, 6.0), min_length=1)
    """As in RankerConfig, but popularity starts with more weight: content knows nothing of it."""
    weights: tuple[NonNegativeFloat, ...] = Field((1.0, 0.3), min_length=1)
    """Weights that each field of content may have in the score; candidates, each 0 or more."""
    width: PositiveInt = 64
    """Principal components that a field is compared in, 1 or more."""


class Content(FactorRanker):
    """taste(u, i) = sum over fields of weight cos(profile of u, vector of i) (Lops et al. 2011, Content-based
    Recommender Systems, section 3.3.1.2).

    Fields: every text and image vector, the mean vector of an item's reviews, and the structured fields as one. A
    profile is the mean of the vectors of what the user rated, weighted by the ratings (`rated`), or of what was liked
    (`liked`). Weights relative to the user's mean rating were worse (ML-100K, titles: NDCG@20 0.02 against 0.05): what
    people rate at all is what they chose. 64 components instead of 384 dimensions cost under 0.004 of that and make
    the product six times smaller. An item without any content has the mean taste, and items without ratings are ranked
    like all others. Where the model is told of the sentiment of train reviews, an item's mean sentiment counts beside
    its popularity (alexander2024, section 3.3); it is no part of taste, since ratings are predicted from biases, which
    know already how well an item is liked.
    """

    name = "content"
    version = "2"
    uses_content = True
    Config = ContentConfig
    last_field = "weight_of_sentiment"

    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        fields = {name: principal(rows, self.config.width) for name, rows in content_rows(train, features).items()}
        if not fields:
            progress(f"{self.name}: no content, so that everybody is given what is popular")
        # Popularity first: with too much of it, no weights of fields bring items to the top that nobody has rated.
        space = self._prior_space(train) | {"positives": self.config.positives}
        self._sentiment = item_sentiment(train, features)
        if self._sentiment is not None:
            space[self.last_field] = SENTIMENT_WEIGHTS
        space |= {f"weight_of_{name}": self.config.weights for name in fields}

        def learn(settings: Settings) -> Arrays:
            chosen = positives(train, features, settings["positives"])
            if settings["positives"] == "rated":
                chosen = csr_matrix((train.ratings, (train.users, train.items)), shape=chosen.shape)
            users, items = [np.zeros((features.n_users, 1))], [np.zeros((features.n_items, 1))]
            for name, rows in fields.items():
                users.append(unit(chosen @ rows) * settings[f"weight_of_{name}"])
                items.append(rows)
            return standardised(np.concatenate(users, axis=1), np.concatenate(items, axis=1))

        return space, learn

    def _standing(self, popular: np.ndarray, settings: Settings) -> np.ndarray:
        return popular if self._sentiment is None else popular + settings[self.last_field] * self._sentiment
