"""Evidence of modalities: what it is made of, what it is worth, and that it holds nothing of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.fusion.evidence import (
    BEHAVIOUR,
    Known,
    codes_of,
    evidence_of,
    items_with,
    modalities_of,
    only,
    regressions,
)
from models.fusion.history import links

N_USERS, N_ITEMS, N = 50, 60, 900


def features(rng: np.random.Generator) -> Features:
    vectors = {name: rng.normal(size=(N_ITEMS, 5)).astype(np.float32) for name in ("title", "image")}
    vectors["image"][[2, 5]] = 0
    genre = Field(rng.integers(0, 2, (N_ITEMS, 4)).astype(np.float32), 4)
    return Features(N_USERS, N_ITEMS, (1, 2, 3, 4, 5), item_fields={"genre": genre}, item_vectors=vectors)


def fold(ratings: np.ndarray | None = None) -> Interactions:
    """Random pairs; the last item has no rating."""
    rng = np.random.default_rng(0)
    cells = rng.choice(N_USERS * (N_ITEMS - 1), N, replace=False)
    users, items = (cells // (N_ITEMS - 1)).astype(np.int32), (cells % (N_ITEMS - 1)).astype(np.int32)
    ratings = rng.integers(1, 6, N) if ratings is None else ratings
    return Interactions(users, items, ratings.astype(np.float32), np.full(N, -1, np.int64))


def known_of(train: Interactions, some: Features, *sets: tuple[str, ...]) -> Known:
    names = modalities_of(some)
    both = links(train, some.n_users, some.n_items)
    return evidence_of(train, some, sets or [(name,) for name in names], codes_of(train, some, names), both, "cpu")


def numbers(known: Known, train: Interactions, rows: torch.Tensor | None = None) -> np.ndarray:
    users, items = (torch.from_numpy(side.astype(np.int64)) for side in (train.users, train.items))
    return torch.cat([of(users, items, rows) for of in known.values()], 1).numpy()


def test_modalities_are_those_of_the_dataset_and_behaviour() -> None:
    some = features(np.random.default_rng(1))
    assert modalities_of(some) == ("text", "image", "structure", BEHAVIOUR)
    assert modalities_of(Features(3, 3, (1, 2))) == (BEHAVIOUR,)
    assert list(only(some, "image").item_vectors) == ["image"] and not only(some, "image").item_fields
    assert not only(some, BEHAVIOUR).item_vectors and not only(some, BEHAVIOUR).item_fields


def test_sizes_are_as_said() -> None:
    train, some = fold(), features(np.random.default_rng(1))
    known = known_of(train, some, *[(name,) for name in modalities_of(some)], ("text", "image", BEHAVIOUR))
    assert [of.size for of in known.values()] == [2, 2, 2, 10, 1]
    assert numbers(known, train).shape == numbers(known, train, torch.arange(N)).shape == (N, 17)


def test_ratings_that_follow_nothing_are_not_seen_in_their_own_evidence() -> None:
    """What a regression makes of the evidence of train rows; of evidence that holds them, it would make much."""
    train, some = fold(), features(np.random.default_rng(1))
    names = modalities_of(some)
    known = known_of(train, some, *[(name,) for name in names], names)
    *worth, constant = regressions(known, names, train, "cpu")[-1]
    left_out = numbers(known, train, torch.arange(N)) @ worth
    assert np.corrcoef(left_out, train.ratings)[0, 1] < 0.2
    assert np.corrcoef(numbers(known, train).sum(1), train.ratings)[0, 1] > 0.4
    assert abs(constant) < 0.5


def test_the_means_of_a_train_row_are_those_of_the_others() -> None:
    train, some = fold(), features(np.random.default_rng(1))
    found = numbers({(BEHAVIOUR,): known_of(train, some, (BEHAVIOUR,))[BEHAVIOUR,]}, train, torch.arange(N))
    row = 10
    others = (train.users == train.users[row]) & (np.arange(N) != row)
    standard = (train.ratings - train.ratings.mean()) / train.ratings.std()
    totals, counts = np.bincount(train.items, standard, N_ITEMS), np.bincount(train.items, minlength=N_ITEMS)
    residual = standard - (totals / (counts + 5))[train.items]
    assert found[row, 0] == pytest.approx(residual[others].sum() / (others.sum() + 5), abs=1e-4)
    assert found[row, -2] == pytest.approx(np.log1p(others.sum()) / 3.5 - 1, abs=1e-4)


def test_taste_for_a_picture_is_evidence_of_the_image_and_of_no_other_modality() -> None:
    some = features(np.random.default_rng(1))
    taste = np.random.default_rng(2).normal(size=(N_USERS, 5))
    train = fold()
    score = (taste[train.users] * some.item_vectors["image"][train.items]).sum(1)
    train = replace(train, ratings=np.clip(np.round(3 + score), 1, 5).astype(np.float32))
    known = known_of(train, some)
    explained = {
        name: np.corrcoef(numbers({some: of}, train, torch.arange(N))[:, 0], train.ratings)[0, 1]
        for some, of in known.items()
        for name in some
    }
    assert explained["image"] > 0.6
    assert max(explained["text"], explained["structure"]) < 0.2


def test_regressions_are_least_squares_of_what_is_known() -> None:
    train, some = fold(), features(np.random.default_rng(1))
    known = known_of(train, some, ("text",), ("image",), ("text", "image"))
    worth = regressions(known, ("text", "image"), train, "cpu")
    assert worth.shape == (4, 6)
    assert not worth[0, :-1].any() and not worth[1, 2:5].any() and not worth[2, [0, 1, 4]].any()
    table = np.column_stack([numbers(known, train, torch.arange(N)).astype(np.float64)[:, :2], np.ones(N)])
    target = (train.ratings - train.ratings.mean()) / train.ratings.std()
    expected = np.linalg.solve(table.T @ table + np.diag([5, 5, 0]), table.T @ target)
    np.testing.assert_allclose(worth[1, [0, 1, 5]], expected, atol=1e-4)


def test_items_have_what_is_not_zero_and_behaviour_where_they_are_rated() -> None:
    train, some = fold(), features(np.random.default_rng(1))
    assert np.flatnonzero(~items_with("image", train, some)).tolist() == [2, 5]
    assert items_with("text", train, some).all()
    assert np.flatnonzero(~items_with(BEHAVIOUR, train, some)).tolist() == [N_ITEMS - 1]
    assert items_with("text", train, Features(N_USERS, N_ITEMS, (1, 2))).all()
