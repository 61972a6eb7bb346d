"""BPR: factors that put what a user chose before what the user did not choose."""

from __future__ import annotations

from implicit.cpu.bpr import BayesianPersonalizedRanking
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from threadpoolctl import threadpool_limits

from models.baselines._ranker import Arrays, FactorRanker, Learn, RankerConfig, Space, positives, standardised
from models.data import Features, Interactions
from models.recommender import Progress
from models.tuning import Settings


class BPRConfig(RankerConfig):
    """RankerConfig's fields, and those of the descent."""

    prior_weights: tuple[NonNegativeFloat, ...] = Field((1.0, 0.25, 4.0), min_length=1)
    """As in RankerConfig, but popularity starts with more weight: see BPR."""
    rank: PositiveInt = 64
    """Number of factors, 1 or more."""
    regularisations: tuple[NonNegativeFloat, ...] = Field((0.03, 0.01), min_length=1)
    """Weight of the squared factors and item biases in every step; candidates, each 0 or more."""
    learning_rate: PositiveFloat = Field(0.02, le=1)
    """Step of a single comparison, above 0, at most 1."""
    epochs: PositiveInt = 150
    """Comparisons for every positive, 1 or more."""
    comparisons: PositiveInt = 200_000_000
    """Comparisons at most, so that tens of millions of ratings have fewer epochs and not hours; 1 or more."""


class BPR(FactorRanker):
    """taste(u, i) = <p_u, q_i> + bias of i, by gradient ascent on ln sigmoid(taste(u, i) - taste(u, j)), i chosen by u
    and j not (Rendle et al. 2009, Bayesian Personalized Ranking, sections 4.2 and 5).

    By the library `implicit`, which draws j from the positives of all users, so as often as it is popular: what it
    learns is taste beside popularity, and on ML-100K NDCG@20 rises from 0.18 to 0.28 where popularity is added with
    weight 1. Items without positives are never drawn; they get the lowest bias that was learned. One thread, on the
    CPU: several of them write into the same factors, and one seed would not give one result.
    """

    name = "bpr"
    Config = BPRConfig

    def _learner(self, train: Interactions, features: Features, progress: Progress) -> tuple[Space, Learn]:
        def learn(settings: Settings) -> Arrays:
            chosen = positives(train, features, settings["positives"])
            with threadpool_limits(1, user_api="blas"):  # the library warns of more, though it needs none here
                model = BayesianPersonalizedRanking(
                    factors=self.config.rank,
                    learning_rate=self.config.learning_rate,
                    regularization=settings["regularisation"],
                    iterations=max(1, min(self.config.epochs, self.config.comparisons // max(chosen.nnz, 1))),
                    num_threads=1,
                    random_state=self.seed,
                )
                model.fit(chosen, show_progress=False)
            users, items = model.user_factors, model.item_factors  # the last column: 1, and the bias
            users[chosen.getnnz(axis=1) == 0] = 0
            items[chosen.getnnz(axis=0) == 0, -1] = items[:, -1].min()
            return standardised(users, items)

        return {"positives": self.config.positives, "regularisation": self.config.regularisations}, learn
