"""Global mean, biases and popularity against what can be worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines._baseline import rmse_on
from models.baselines._biases import fit_biases
from models.baselines.bias import Bias
from models.baselines.global_mean import GlobalMean
from models.baselines.popularity import Popularity
from models.data import Features, Interactions

FEATURES = Features(n_users=4, n_items=4, rating_values=(1, 2, 3, 4, 5))


def rows(*triples: tuple[int, int, float]) -> Interactions:
    users, items, ratings = (np.array(column) for column in zip(*triples, strict=True))
    return Interactions(
        users.astype(np.int32), items.astype(np.int32), ratings.astype(np.float32), np.full(len(users), -1)
    )


TRAIN = rows((0, 0, 5), (0, 1, 3), (1, 0, 4), (2, 0, 3), (2, 2, 1))
VALID = rows((1, 1, 3), (3, 0, 4))


def test_global_mean() -> None:
    model = GlobalMean()
    model.fit(TRAIN, VALID, FEATURES)
    np.testing.assert_allclose(model.predict(np.array([0, 3]), np.array([1, 3])), 3.2)


def test_popularity_counts_for_ranking_and_averages_for_rating() -> None:
    model = Popularity(Popularity.Config(shrinkages=(2,)))
    model.fit(TRAIN, VALID, FEATURES)
    np.testing.assert_array_equal(model.score(np.array([0, 3])), [[3, 1, 1, 0]] * 2)
    means = [(12 + 6.4) / 5, (3 + 6.4) / 3, (1 + 6.4) / 3, 3.2]
    np.testing.assert_allclose(model.predict(np.zeros(4, int), np.arange(4)), means, rtol=1e-6)


def test_popularity_without_shrinkage_gives_unrated_items_the_mean() -> None:
    model = Popularity(Popularity.Config(shrinkages=(0,)))
    model.fit(TRAIN, VALID, FEATURES)
    assert model.predict(np.array([0]), np.array([3]))[0] == pytest.approx(3.2)


def test_biases_solve_their_equations() -> None:
    biases = fit_biases(TRAIN, FEATURES, 2.0, 3.0, sweeps=200)
    left = TRAIN.ratings - biases.expected(TRAIN.users, TRAIN.items)
    # At the optimum of the ridge regression the gradient is zero: what is left over equals shrinkage times bias.
    np.testing.assert_allclose(np.bincount(TRAIN.users, left, 4), 2.0 * biases.user, atol=1e-6)
    np.testing.assert_allclose(np.bincount(TRAIN.items, left, 4), 3.0 * biases.item, atol=1e-6)
    assert biases.user[3] == 0 and biases.item[3] == 0


def test_bias_chooses_on_validation() -> None:
    errors = {}
    for shrinkage in (0.5, 50.0):
        biases = fit_biases(TRAIN, FEATURES, shrinkage, 1.0)
        errors[shrinkage] = rmse_on(VALID, biases.expected(VALID.users, VALID.items), FEATURES)
    report = Bias(Bias.Config(user_shrinkages=(0.5, 50.0), item_shrinkages=(1.0,))).fit(TRAIN, VALID, FEATURES)
    assert report.chosen["user_shrinkage"] == min(errors, key=errors.__getitem__)
    assert report.chosen["valid_rmse"] == pytest.approx(min(errors.values()))


def test_misuse_is_explained() -> None:
    with pytest.raises(RuntimeError, match="bias: fit or load the model"):
        Bias().predict(np.array([0]), np.array([0]))
    with pytest.raises(RuntimeError, match="bias: fit or load the model"):
        Bias().state()
    with pytest.raises(ValueError, match="validation fold is empty"):
        Bias().fit(TRAIN, TRAIN.take(np.arange(0)), FEATURES)
