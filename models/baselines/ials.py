"""Implicit ALS: factors of who chose what, all pairs that were not chosen included."""

from __future__ import annotations

import torch
from implicit.cpu.als import AlternatingLeastSquares
from pydantic import Field, PositiveFloat, PositiveInt
from threadpoolctl import threadpool_limits

from models.baselines._ranker import Arrays, FactorRanker, Learn, RankerConfig, Space, positives, standardised
from models.data import Features, Interactions
from models.recommender import Progress
from models.tuning import Settings


class ImplicitALSConfig(RankerConfig):
    """RankerConfig's fields, and those of alternating least squares."""

    ranks: tuple[PositiveInt, ...] = Field((64, 32), min_length=1)
    """Numbers of factors; candidates, each 1 or more."""
    regularisations: tuple[PositiveFloat, ...] = Field((30.0, 10.0, 100.0), min_length=1)
    """Weight of the squared factors of a user or an item, in pairs; candidates, each above 0."""
    confidences: tuple[PositiveFloat, ...] = Field((4.0, 10.0), min_length=1)
    """Weight of a positive against 1 for a pair that was not chosen; candidates, each above 0."""
    iterations: PositiveInt = 15
    """Alternations between users and items, 1 or more."""


class ImplicitALS(FactorRanker):
    """taste(u, i) = <x_u, y_i>, fitted to 1 for positives and 0 for all other pairs (Hu, Koren, Volinsky 2008).

    By the library `implicit`, with conjugate gradients (Takacs et al. 2011). On the CPU with as many threads as torch
    has: rows are solved one by one, so that their number changes nothing. The library's GPU code wants RAPIDS, which is
    more to install than the seconds are worth.
    """

    name = "ials"
    Config = ImplicitALSConfig

    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        def learn(settings: Settings) -> Arrays:
            chosen = positives(train, features, settings["positives"])
            with threadpool_limits(1, user_api="blas"):  # else BLAS and the solver fight for the same cores
                model = AlternatingLeastSquares(
                    factors=settings["rank"],
                    regularization=settings["regularisation"],
                    alpha=settings["confidence"],
                    iterations=self.config.iterations,
                    num_threads=torch.get_num_threads(),
                    random_state=self.seed,
                )
                model.fit(chosen, show_progress=False)
            return standardised(model.user_factors, model.item_factors)

        space = {"positives": self.config.positives, "regularisation": self.config.regularisations}
        return space | {"confidence": self.config.confidences, "rank": self.config.ranks}, learn
