"""Content-based ranking: profiles by hand, cold items, and which fields are believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.baselines._content import content_rows, principal, text_rows
from models.baselines.content import Content
from models.data import Features, Field, Interactions

SHELVES = np.eye(2, dtype=np.float32)


def shelves(n_users: int = 40, n_items: int = 24) -> tuple[Interactions, Interactions, Features]:
    """Users rate half of the items of their own of two shelves 5; items tell their shelf by `title`. Validation are the
    last two items, which nobody has rated in train."""
    rng = np.random.default_rng(0)
    users, items = (a.ravel().astype(np.int32) for a in np.mgrid[:n_users, :n_items])
    own = users % 2 == items % 2
    cold = items >= n_items - 2
    data = Interactions(users, items, np.full(len(users), 5, np.float32), np.arange(len(users)))
    title = SHELVES[np.arange(n_items) % 2] + 0.1 * rng.normal(size=(n_items, 2)).astype(np.float32)
    features = Features(n_users, n_items, (1, 2, 3, 4, 5), item_vectors={"title": title})
    return data.take(own & ~cold & (rng.random(len(users)) < 0.5)), data.take(own & cold), features


def test_profiles_are_weighted_means_and_scores_their_cosines() -> None:
    """User 0 rates item 0 with 4 and item 1 with 2, by hand; the items' mean is taken off first."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4, 3)).astype(np.float32)
    train = Interactions(*(np.array(a) for a in ([0, 0], [0, 1], [4.0, 2.0], [0, 0])))
    features = Features(2, 4, (1, 2, 3, 4, 5), item_vectors={"title": vectors})
    config = Content.Config(positives=("rated",), prior_weights=(0.0,), width=3)
    model = Content(config)
    model.fit(train, Interactions(*(np.array(a) for a in ([0], [2], [4.0], [1]))), features)
    rows = vectors - vectors.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    profile = (4 * rows[0] + 2 * rows[1]) / 6
    cosines = rows @ profile / np.linalg.norm(profile)
    np.testing.assert_allclose(model.score(np.array([0]))[0], (cosines - cosines.mean()) / cosines.std(), atol=1e-4)


def test_items_that_nobody_rated_stand_on_their_own_shelf() -> None:
    train, valid, features = shelves()
    model = Content()
    report = model.fit(train, valid, features)
    assert report.chosen["prior_weight"] == 0 and report.chosen["valid_ndcg"] > 0.3
    users = np.arange(features.n_users)
    cold = features.n_items - 2 + np.arange(2)
    scores = model.score(users)[:, cold]
    assert np.all(scores[users, users % 2] > scores[users, 1 - users % 2] + 1)


def test_a_field_of_noise_is_given_the_smaller_weight() -> None:
    """Validation are ratings of the own shelf, which two dimensions of noise mix up with those of the other."""
    train, _, features = shelves()
    noise = np.random.default_rng(1).normal(size=(features.n_items, 2)).astype(np.float32)
    both = replace(features, item_vectors={"image": noise} | features.item_vectors)
    part = np.arange(len(train)) % 4 == 0
    chosen = Content().fit(train.take(~part), train.take(part), both).chosen
    assert (chosen["weight_of_title"], chosen["weight_of_image"]) == (1.0, 0.3)


@pytest.mark.parametrize("kind", ["reviews", "structure"])
def test_reviews_and_structured_fields_are_content_too(kind) -> None:
    train, valid, features = shelves()
    bare = replace(features, item_vectors={})
    codes = Field((1 + np.arange(features.n_items) % 2).astype(np.int32), 3)
    told = {"structure": {"item_fields": {"genre": codes}}, "reviews": {"reviews": SHELVES[train.items % 2]}}[kind]
    model = Content()
    chosen = model.fit(train, valid, replace(bare, **told)).chosen
    assert chosen[f"weight_of_{kind}"] > 0
    users = np.arange(features.n_users)
    scores = model.score(users)[:, :-2]
    own = users[:, None] % 2 == np.arange(scores.shape[1]) % 2
    assert scores[own].mean() > scores[~own].mean() + 1


def test_without_content_everybody_is_given_what_is_popular() -> None:
    train, valid, features = shelves()
    lines: list[str] = []
    model = Content()
    model.fit(train, valid, replace(features, item_vectors={}), progress=lines.append)
    assert "no content" in lines[0]
    scores = model.score(np.arange(features.n_users))
    np.testing.assert_array_equal(scores, np.tile(model.state()["prior"], (features.n_users, 1)))


def test_rows_forget_what_all_items_share_and_leave_gaps() -> None:
    rng = np.random.default_rng(0)
    train, _, features = shelves()
    vectors = rng.normal(size=(features.n_items, 5)).astype(np.float32)
    vectors[3] = 0
    shifted = np.where(np.any(vectors != 0, axis=1, keepdims=True), vectors + 10, 0).astype(np.float32)
    plain, moved = (text_rows(train, replace(features, item_vectors={"title": v}))["title"] for v in (vectors, shifted))
    np.testing.assert_allclose(plain, moved, atol=1e-4)
    assert not plain[3].any() and np.allclose(np.linalg.norm(np.delete(plain, 3, axis=0), axis=1), 1, atol=1e-5)


def test_texts_and_pictures_are_told_apart_and_reviews_are_means() -> None:
    train, _, features = shelves()
    reviews = np.random.default_rng(0).normal(size=(len(train), 4)).astype(np.float32)
    reviews[train.items == 5] = 0
    full = replace(
        features, item_vectors=features.item_vectors | {"image": features.item_vectors["title"]}, reviews=reviews
    )
    assert set(text_rows(train, full)) == {"title", "reviews"}
    assert set(content_rows(train, full)) == {"title", "reviews", "image"}
    means = np.stack([reviews[train.items == item].mean(axis=0) if np.any(train.items == item) else np.zeros(4)
                      for item in range(features.n_items)])  # fmt: skip
    there = np.any(means != 0, axis=1)
    centred = np.where(there[:, None], means - means[there].mean(axis=0), 0)
    expected = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    np.testing.assert_allclose(text_rows(train, full)["reviews"], expected, atol=1e-5)


def test_principal_components_keep_cosines_where_there_are_enough() -> None:
    rng = np.random.default_rng(0)
    low = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 20))
    low = (low / np.linalg.norm(low, axis=1, keepdims=True)).astype(np.float32)
    low[7] = 0
    found = principal(low, 3)
    assert found.shape == (50, 3) and not found[7].any()
    np.testing.assert_allclose(found @ found.T, low @ low.T, atol=1e-4)
