"""The margins of the samples: pictures are worth more than any tuning of a model that sees ratings alone."""

from __future__ import annotations

import numpy as np
import pytest

from assets.samples import NAMES, movies, places, shop
from assets.samples.tastes import oracle_rmse, sample

RECIPES = {"sample-movies": movies.RECIPE, "sample-shop": shop.RECIPE, "sample-places": places.RECIPE}


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_needs_the_image_most_and_every_part_helps(name):
    rmse = oracle_rmse(RECIPES[name], sample(RECIPES[name], 0.2))
    everything = rmse["text+image+behaviour"]
    assert everything / rmse["text+behaviour"] < 0.75
    assert everything / rmse["none"] < 0.65
    assert everything < rmse["text+image"] < rmse["image+behaviour"] < rmse["text+behaviour"] < rmse["none"]
    assert len(rmse) == 8


def factorise(tastes, train: np.ndarray, size: int, ridge: float) -> np.ndarray:
    """Ratings alone: alternating least squares, biases included; returns predictions float [users, items]."""
    users, items, ratings = tastes.users[train], tastes.items[train], tastes.ratings[train].astype(float)
    mean, rng = ratings.mean(), np.random.default_rng(0)
    left = np.zeros((len(tastes.user_mean), size + 2))
    right = rng.normal(0, 0.1, (len(tastes.item_quality), size + 2))
    left[:, -2] = right[:, -1] = 1.0  # the last two columns are the item's and the user's bias
    right[:, -2] = 0.0
    for _ in range(6):
        for mine, other, ids, others, fixed in ((left, right, users, items, -2), (right, left, items, users, -1)):
            free = [k for k in range(size + 2) if k != size + 2 + fixed]
            order = np.argsort(ids, kind="stable")
            for rows in np.split(order, np.flatnonzero(np.diff(ids[order])) + 1):
                x = other[others[rows]]
                target = ratings[rows] - mean - x[:, fixed]
                gram = x[:, free].T @ x[:, free] + ridge * np.eye(len(free))
                mine[ids[rows[0]], free] = np.linalg.solve(gram, x[:, free].T @ target)
    seen = np.isin(np.arange(len(right)), items)
    right[~seen, :-1] = 0.0
    return mean + left @ right.T


def with_content(tastes, train: np.ndarray, parts: tuple[str, ...], ridge: float) -> np.ndarray:
    """Biases, then a ridge regression per user on the items' topics; returns predictions float [users, items]."""
    result = factorise(tastes, train, 0, 4.0)
    x = np.hstack([tastes.item_topics[part] for part in parts])
    for user in range(len(result)):
        rows = np.flatnonzero(train & (tastes.users == user))
        seen, left = x[tastes.items[rows]], tastes.ratings[rows] - result[user, tastes.items[rows]]
        result[user] += x @ np.linalg.solve(seen.T @ seen + ridge * np.eye(x.shape[1]), seen.T @ left)
    return result


def errors_of(tastes, table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return tastes.ratings[rows] - np.clip(table[tastes.users[rows], tastes.items[rows]], 1, 5)


def bootstrap(errors: np.ndarray) -> tuple[float, float]:
    """95% interval of the RMSE."""
    rng = np.random.default_rng(0)
    draws = np.sqrt((errors[rng.integers(len(errors), size=(1000, len(errors)))] ** 2).mean(axis=1))
    return float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975))


@pytest.mark.parametrize("name", NAMES)
def test_a_learner_with_images_beats_ratings_alone_beyond_doubt(name):
    tastes = sample(RECIPES[name])
    fold = np.random.default_rng(1).random(len(tastes.users))
    train, valid, test = fold < 0.9, (fold >= 0.9) & (fold < 0.95), fold >= 0.95
    candidates = {
        "all": [with_content(tastes, train, ("text", "image"), ridge) for ridge in (0.5, 2.0, 8.0)],
        "no image": [with_content(tastes, train, ("text",), ridge) for ridge in (0.5, 2.0, 8.0)],
        "ratings": [factorise(tastes, train, size, ridge) for size, ridge in ((0, 4.0), (6, 6.0), (6, 12.0))],
    }
    rmse, spans = {}, {}
    for model, tables in candidates.items():  # tuned on the validation fold, rivals as well
        best = min(tables, key=lambda table: np.mean(errors_of(tastes, table, valid) ** 2))
        errors = errors_of(tastes, best, test)
        rmse[model], spans[model] = float(np.sqrt(np.mean(errors**2))), bootstrap(errors)
    assert rmse["ratings"] < tastes.ratings[test].std(), "the rival is no straw man: it beats the mean"
    for rival in ("no image", "ratings"):
        assert rmse["all"] / rmse[rival] < 0.85, rmse
        assert spans["all"][1] < spans[rival][0], spans


def test_the_oracle_is_a_lower_bound_that_falls_with_knowledge():
    tastes = sample(movies.RECIPE, 0.1)
    rmse = oracle_rmse(movies.RECIPE, tastes)
    assert rmse["text+image+behaviour"] > movies.RECIPE.noise * 0.8
    assert rmse["none"] < tastes.ratings.std()
    days = np.ptp(tastes.timestamps) / 86400
    assert 1000 < days <= 1095
