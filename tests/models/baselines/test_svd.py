"""Matrix factorisation: what it chooses, when it stops, and that it finds a matrix that has factors."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.svd import BiasedMF
from models.data import Features, Interactions
from models.tuning import TRIALS


def product_of_factors() -> tuple[Interactions, Interactions, Features]:
    """Ratings that are exactly 3 + u v, u and v in -1..1, on a scale wide enough; a tenth validates."""
    random = np.random.default_rng(0)
    u, v = random.uniform(-1, 1, 60), random.uniform(-1, 1, 50)
    users, items = (a.ravel().astype(np.int32) for a in np.mgrid[:60, :50])
    ratings = (3 + 2 * u[users] * v[items]).astype(np.float32)
    data = Interactions(users, items, ratings, np.full(len(users), -1))
    rows = random.permutation(len(users))
    return data.take(rows[300:]), data.take(rows[:300]), Features(60, 50, (1, 2, 3, 4, 5))


def test_a_matrix_of_rank_one_is_found() -> None:
    train, valid, features = product_of_factors()
    config = BiasedMF.Config(ranks=(2,), regularisations=(0.001,), patience=20)
    report = BiasedMF(config).fit(train, valid, features)
    assert report.chosen["valid_rmse"] < 0.05 < np.std(valid.ratings) / 5


def test_the_best_epoch_is_kept() -> None:
    train, valid, features = product_of_factors()
    noisy = np.clip(train.ratings + np.random.default_rng(1).normal(0, 1, len(train)), 1, 5).astype(np.float32)
    train = Interactions(train.users, train.items, noisy, train.timestamps)
    config = BiasedMF.Config(ranks=(32,), regularisations=(0.0,), decay=1, patience=4)
    model = BiasedMF(config)
    report = model.fit(train, valid, features)
    errors = [epoch["valid_rmse"] for epoch in report.curve]
    best = int(np.argmin(errors))
    assert best + 1 < len(errors) < 100
    predicted = model.predict(valid.users, valid.items)
    assert np.sqrt(np.mean((predicted - valid.ratings) ** 2)) == pytest.approx(errors[best], abs=1e-5)


def test_validation_chooses_regularisation_and_rank() -> None:
    train, valid, features = product_of_factors()
    lines: list[str] = []
    config = BiasedMF.Config(ranks=(2, 4), regularisations=(0.01, 1.0, 0.02), epochs=15)
    report = BiasedMF(config).fit(train, valid, features, progress=lines.append)
    assert report.chosen["regularisation"] == 0.01
    assert len(lines) == report.trials <= TRIALS
    rank = report.chosen["rank"]
    assert report.parameters == 1 + (60 + 50) * (1 + rank)


def test_divergence_is_an_error_and_no_result() -> None:
    train, valid, features = product_of_factors()
    high = BiasedMF.Config(ranks=(2,), regularisations=(1000.0,), learning_rate=1.0)
    with pytest.raises(ValueError, match=r"svd: no setting of .* gave a finite valid_rmse: training diverged"):
        BiasedMF(high).fit(train, valid, features)
