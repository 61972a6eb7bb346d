"""What every recommender keeps, each of its variants included. A new line in the registry is tested here at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.data import Features
from models.recommender import FitReport
from models.registry import RECOMMENDERS, recommender
from models.remembered import forget
from models.tuning import TRIALS

PAIRS = [(name, variant) for name in RECOMMENDERS for variant in recommender(name).variants]
IDS = [f"{name}-{variant or 'plain'}" for name, variant in PAIRS]
SAME_FOR_ALL = {"global-mean", "popularity", "bias"}
"""Models that are not meant to know the two groups apart."""
BY_CONTENT_ALONE = {"content"}
"""Models that know nothing of an item but its content, which on the board must then tell the groups apart."""

every = pytest.mark.parametrize(("name", "variant"), PAIRS, ids=IDS)
every_plain = pytest.mark.parametrize("name", RECOMMENDERS)


@every
def test_predictions_are_finite_ratings_of_the_scale(name, variant, fitted, board) -> None:
    predicted = fitted(name, variant).predict(board.test.users, board.test.items)
    assert predicted.shape == (len(board.test),) and predicted.dtype == np.float32
    assert np.all(np.isfinite(predicted)) and predicted.min() >= 1 and predicted.max() <= 5
    assert fitted(name, variant).predict(board.test.users[:0], board.test.items[:0]).shape == (0,)


@every
def test_strangers_get_sensible_ratings(name, variant, fitted, board) -> None:
    """The last user and the last item have no ratings; the mean of the board is 3."""
    n_users, n_items = board.features.n_users, board.features.n_items
    users = np.array([n_users - 1, n_users - 1, 0], np.int32)
    items = np.array([0, n_items - 1, n_items - 1], np.int32)
    predicted = fitted(name, variant).predict(users, items)
    assert np.all(np.isfinite(predicted)) and predicted.min() >= 1 and predicted.max() <= 5


@every
def test_scores_cover_the_catalogue_and_agree_with_predictions(name, variant, fitted, board) -> None:
    model, n_items = fitted(name, variant), board.features.n_items
    users = np.array([5, 0, board.features.n_users - 1], np.int32)
    scores = model.score(users)
    assert model.n_items == n_items and scores.shape == (3, n_items) and scores.dtype == np.float32
    assert np.all(np.isfinite(scores))
    if recommender(name).ranks_by_rating:
        pairs = np.repeat(users, n_items), np.tile(np.arange(n_items, dtype=np.int32), 3)
        np.testing.assert_allclose(np.clip(scores, 1, 5).ravel(), model.predict(*pairs), atol=1e-4)


@every
def test_factors_give_the_scores(name, variant, fitted, board) -> None:
    model, users = fitted(name, variant), np.arange(board.features.n_users, dtype=np.int32)
    factors = model.factors()
    if factors is not None:
        assert factors.users.dtype == factors.items.dtype == np.float32
        np.testing.assert_allclose(factors.users @ factors.items.T, model.score(users), rtol=1e-4, atol=1e-4)


@every
def test_order_of_the_pairs_does_not_matter(name, variant, fitted, board) -> None:
    model, users, items = fitted(name, variant), board.test.users, board.test.items
    order = np.random.default_rng(1).permutation(len(users))
    np.testing.assert_allclose(model.predict(users[order], items[order]), model.predict(users, items)[order], atol=1e-5)


@every
def test_same_seed_same_predictions(name, variant, fitted, watched, board) -> None:
    """Whatever the state of the global random generators."""
    again, test = watched(name, variant).model, board.test
    np.testing.assert_array_equal(
        again.predict(test.users, test.items), fitted(name, variant).predict(test.users, test.items)
    )


@every
def test_save_and_load(name, variant, fitted, board, tmp_path) -> None:
    model = fitted(name, variant)
    model.save(tmp_path)
    forget()
    loaded = recommender(name).load(tmp_path)
    assert (loaded.variant, loaded.seed, loaded.config, loaded.n_items) == (variant, 0, model.config, model.n_items)
    test = board.test
    np.testing.assert_allclose(
        loaded.predict(test.users, test.items), model.predict(test.users, test.items), rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(loaded.score(test.users[:3]), model.score(test.users[:3]), rtol=0, atol=1e-5)


@every
def test_the_checkerboard_is_seen(name, variant, fitted, board) -> None:
    """Held-out squares: 5 where user and item are of one kind, 1 where not. Unpersonalised models see grey."""
    if name in BY_CONTENT_ALONE:
        colours = np.eye(2, dtype=np.float32)[np.arange(board.features.n_items) % 2]
        board = replace(board, features=replace(board.features, item_vectors={"image": colours}, item_fields={}))
        predicted = board.fit(name, variant).predict(board.test.users, board.test.items)
    else:
        predicted = fitted(name, variant).predict(board.test.users, board.test.items)
    liked = board.test.ratings == 5
    if name in SAME_FOR_ALL:
        assert np.all(np.abs(predicted - 3) < 1.5)
    else:
        assert predicted[liked].min() > 3.5 and predicted[~liked].max() < 2.5


@every_plain
def test_fit_leaves_its_inputs_alone_and_keeps_no_view_of_them(name, watched, board) -> None:
    fit, before = watched(name, recommender(name).variants[0]), board
    board, model = fit.board, fit.model
    for fold in ("train", "valid"):
        for array in ("users", "items", "ratings", "timestamps"):
            np.testing.assert_array_equal(getattr(getattr(board, fold), array), getattr(getattr(before, fold), array))
    for vector, values in before.features.item_vectors.items():
        np.testing.assert_array_equal(board.features.item_vectors[vector], values)
    first = model.predict(board.test.users, board.test.items)
    board.train.ratings[:] = 1
    board.valid.ratings[:] = 1
    np.testing.assert_array_equal(model.predict(board.test.users, board.test.items), first)


@every_plain
def test_training_is_what_is_learned_from(name, fitted, board) -> None:
    """A board with other ratings gives other predictions, so that nothing is remembered from elsewhere."""
    straight = fitted(name, recommender(name).variants[0]).predict(board.test.users, board.test.items)
    board.train.ratings[:] = 1 + (board.train.users % 3 == 0)
    board.valid.ratings[:] = 1 + (board.valid.users % 3 == 0)
    assert not np.allclose(board.fit(name).predict(board.test.users, board.test.items), straight)


@every_plain
def test_half_star_scales(name, half_star_board) -> None:
    test = half_star_board.test
    predicted = half_star_board.fit(name).predict(test.users, test.items)
    assert np.all(np.isfinite(predicted)) and predicted.min() >= 0.5 and predicted.max() <= 5


@every_plain
def test_ratings_alone_are_enough(name, board) -> None:
    """No fields, no vectors, no reviews, no times."""
    features = board.features
    bare = Features(features.n_users, features.n_items, features.rating_values)
    train, valid = (replace(fold, timestamps=np.full(len(fold), -1, np.int64)) for fold in (board.train, board.valid))
    predicted = replace(board, train=train, valid=valid, features=bare).fit(name).predict(valid.users, valid.items)
    assert np.all(np.isfinite(predicted)) and predicted.min() >= 1 and predicted.max() <= 5


@every_plain
def test_the_report_says_what_was_done(name, watched) -> None:
    fit = watched(name, recommender(name).variants[0])
    report, lines = fit.report, fit.lines
    assert isinstance(report, FitReport) and report.parameters > 0 and 1 <= report.trials <= TRIALS
    assert lines and all(isinstance(line, str) and line.strip() for line in lines)
    for epoch in report.curve:
        assert {"epoch", "train_rmse", "valid_rmse", "seconds"} <= set(epoch)
        assert np.all(np.isfinite(list(epoch.values())))


@every_plain
def test_names_and_variants(name) -> None:
    cls = recommender(name)
    assert cls.name == name and cls.variants and len(set(cls.variants)) == len(cls.variants)
    with pytest.raises(ValueError, match=f"{name}: no variant 'of-another-kind'"):
        cls(variant="of-another-kind")
    with pytest.raises(ValueError, match="no_such_setting"):
        cls.Config(no_such_setting=1)


def test_unknown_models_are_named() -> None:
    with pytest.raises(ValueError, match="no model 'nobody'; there are: global-mean"):
        recommender("nobody")
