"""What the rankers share: popularity that forgets, strangers, choosing by NDCG, and ratings out of scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.baselines._ranker import Judge, Ranker, RankerConfig, mixed, popularity, positives, standardised
from models.data import Features, Interactions
from models.metrics import pairs, rank_catalogue

FIVE = (1, 2, 3, 4, 5)


def rows(users, items, ratings, timestamps=None) -> Interactions:
    stamps = np.full(len(users), -1) if timestamps is None else np.asarray(timestamps)
    return Interactions(np.array(users, np.int32), np.array(items, np.int32), np.array(ratings, np.float32), stamps)


class Told(Ranker):
    """A ranker whose taste is told beforehand, [n_users, n_items], times the only field that it chooses."""

    name = "told"

    def __init__(self, taste: np.ndarray, factors=(1.0,), **config) -> None:
        super().__init__(RankerConfig(**config))
        self.taste, self.candidates = taste.astype(np.float32), factors

    def _learner(self, train, features, progress):
        return {"factor": self.candidates}, lambda settings: {"factor": np.float32([settings["factor"]])}

    def _taste(self, arrays, users):
        return self.taste[users] * arrays["factor"][0]


def standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def test_popularity_counts_likes_and_forgets_by_half_lives() -> None:
    """Of four ratings, three are made after the first: that is an age of 3/4, three half-lives of a quarter."""
    train = rows([0, 1, 2, 3], [0, 1, 2, 2], [5, 4, 4, 3], [10, 20, 30, 1000])
    features = Features(4, 4, FIVE)
    np.testing.assert_allclose(popularity(train, features, None), standard(np.log1p([1, 1, 1, 0])), rtol=1e-5)
    forgetful = popularity(train, features, 0.25)
    np.testing.assert_allclose(forgetful, standard(np.log1p([1 / 8, 1 / 4, 1 / 2, 0])), rtol=1e-5)


def test_popularity_tells_time_in_ratings() -> None:
    """Stretching the calendar changes nothing; ratings of one time are all of one age."""
    rng = np.random.default_rng(0)
    train = rows(rng.integers(0, 9, 60), rng.integers(0, 7, 60), rng.integers(1, 6, 60), np.arange(60))
    features = Features(9, 7, FIVE)
    stretched = replace(train, timestamps=train.timestamps**3)
    np.testing.assert_array_equal(popularity(train, features, 0.1), popularity(stretched, features, 0.1))
    still = replace(train, timestamps=np.full(60, -1))
    np.testing.assert_allclose(popularity(still, features, 0.1), popularity(still, features, None), atol=1e-6)


def test_who_has_no_taste_is_given_popularity() -> None:
    taste = np.array([[2.0, 0.0], [0.0, 0.0]], np.float32)
    prior = np.array([-1.0, 1.0], np.float32)
    np.testing.assert_array_equal(mixed(taste, prior, 0.5), [[1.5, 0.5], [-1.0, 1.0]])
    np.testing.assert_array_equal(mixed(taste, prior, 0.0), [[2.0, 0.0], [-1.0, 1.0]])


def test_standardised_factors_have_standardised_products() -> None:
    rng = np.random.default_rng(0)
    users, items = rng.normal(3, 2, (6, 4)).astype(np.float32), rng.normal(-1, 5, (50, 4)).astype(np.float32)
    users[2] = 0
    found = standardised(users, items)
    taste = found["user_factors"] @ found["item_factors"].T
    raw = users @ items.T
    expected = (raw - raw.mean(1, keepdims=True)) / np.maximum(raw.std(1, keepdims=True), 1e-9)
    np.testing.assert_allclose(taste, expected, atol=1e-4)
    assert not found["user_factors"][2].any()
    assert not standardised(users, np.ones((50, 4), np.float32))["user_factors"].any()


def test_positives_are_likes_or_everything() -> None:
    train, features = rows([0, 0, 1], [0, 1, 1], [3.5, 4.0, 0.5]), Features(2, 2, tuple(np.arange(1, 11) / 2))
    np.testing.assert_array_equal(positives(train, features, "liked").toarray(), [[0, 1], [0, 0]])
    np.testing.assert_array_equal(positives(train, features, "rated").toarray(), [[1, 1], [0, 1]])


def test_the_judge_is_the_metric_of_the_reports() -> None:
    rng = np.random.default_rng(0)
    cells = rng.permutation(20 * 40)[:400]
    data = rows(cells // 40, cells % 40, rng.integers(1, 6, 400))
    train, valid, features = data.take(np.arange(300)), data.take(np.arange(300, 400)), Features(20, 40, FIVE)
    scores = rng.normal(size=(20, 40)).astype(np.float32)
    judge = Judge(train, valid, features, 100, 0)
    seen, likes = pairs(train, 20, 40), pairs(valid, 20, 40, 4)
    report = rank_catalogue(lambda users: scores[users], seen, likes, valid.users, 20)
    assert judge.ndcg(scores[judge.users]) == pytest.approx(report.mean("ndcg"))
    assert len(Judge(train, valid, features, 5, 0).users) == 5


def drifting() -> tuple[Interactions, Interactions, Features]:
    """Item 0 was liked by forty people long ago, item 1 by ten just now; in validation, newcomers like item 1."""
    train = rows(range(50), [0] * 40 + [1] * 10, [5] * 50, range(50))
    valid = rows(range(50, 58), [1] * 8, [5] * 8, range(50, 58))
    return train, valid, Features(60, 30, FIVE)


def test_strangers_are_given_what_is_liked_now() -> None:
    train, valid, features = drifting()
    model = Told(np.zeros((60, 30)))
    chosen = model.fit(train, valid, features).chosen
    assert chosen["half_life"] in (0.2, 0.05) and chosen["valid_ndcg"] == 1
    assert np.argmax(model.score(np.array([59]))[0]) == 1
    timeless = Told(np.zeros((60, 30)))
    report = timeless.fit(replace(train, timestamps=np.zeros(50, np.int64)), valid, features)
    assert report.chosen["half_life"] is None and np.argmax(timeless.score(np.array([59]))[0]) == 0


def told_board(slope: float, noise: float) -> tuple[Told, Interactions, Features, np.ndarray, float]:
    """Ratings that are 3 + slope * taste + noise; train is half of the pairs, validation the other half."""
    rng = np.random.default_rng(0)
    taste = rng.normal(size=(60, 50))
    users, items = (a.ravel() for a in np.mgrid[:60, :50])
    ratings = 3 + slope * taste[users, items] + noise * rng.normal(size=3000)
    order = rng.permutation(3000)
    data = rows(users[order], items[order], ratings[order])
    features = Features(60, 50, tuple(np.arange(-20, 30).astype(float)))
    model = Told(taste)
    report = model.fit(data.take(np.arange(1500)), data.take(np.arange(1500, 3000)), features)
    return model, data.take(np.arange(1500, 3000)), features, taste, report.chosen["slope"]


def test_a_score_becomes_a_rating_by_the_slope_that_validation_shows() -> None:
    model, valid, _, taste, slope = told_board(slope=0.8, noise=0.1)
    assert slope == pytest.approx(0.8, abs=0.02)
    far_apart = np.argmax(taste[7]), np.argmin(taste[7])
    high, low = model.predict(np.array([7, 7]), np.array(far_apart))
    assert high - low == pytest.approx(0.8 * np.ptp(taste[7]), abs=0.5)
    assert np.sqrt(np.mean((model.predict(valid.users, valid.items) - valid.ratings) ** 2)) < 0.3


def test_a_score_that_says_nothing_gets_no_slope() -> None:
    """Five standard errors of the slope of 1500 ratings with deviation 1."""
    *_, slope = told_board(slope=0.0, noise=1.0)
    assert abs(slope) < 5 / np.sqrt(1500)


def test_the_setting_that_ranks_best_is_chosen() -> None:
    """Factor -1 turns a taste for what is disliked round."""
    rng = np.random.default_rng(0)
    cells = rng.permutation(30 * 40)[:600]
    users, items = cells // 40, cells % 40
    liked = users % 2 == items % 2
    data = rows(users, items, np.where(liked, 5, 1))
    taste = -standard(np.where(np.arange(30)[:, None] % 2 == np.arange(40) % 2, 1.0, -1.0))
    lines: list[str] = []
    report = Told(taste, factors=(1.0, -1.0)).fit(
        data.take(np.arange(400)), data.take(np.arange(400, 600)), Features(30, 40, FIVE), progress=lines.append
    )
    assert report.chosen["factor"] == -1 and report.chosen["slope"] > 1
    assert len(lines) == report.trials == 6 and "valid_ndcg" in lines[0]


def test_where_nobody_likes_anything_the_first_settings_stay() -> None:
    train, valid, features = drifting()
    lines: list[str] = []
    disliked = replace(valid, ratings=np.full(8, 2, np.float32))
    report = Told(np.zeros((60, 30))).fit(train, disliked, features, progress=lines.append)
    assert report.trials == 1 and "nobody likes anything" in lines[0]
    assert (report.chosen["half_life"], report.chosen["prior_weight"]) == (None, 0.25)
