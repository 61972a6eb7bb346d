"""Attention over what was rated before: by brute force, never seeing its answer, and the clusters at the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.fusion.sequences import Sequences
from models.fusion.siet import Siet, SietConfig
from models.fusion.siet_network import SietNetwork
from models.modalities import without

TINY = SietConfig(width=8, heads=2, hidden=4, length=3, clusters=3, epochs=2, batch_size=64)


def network(train: Interactions, features: Features, latest: float = 0.0) -> SietNetwork:
    torch.manual_seed(0)
    config = TINY.model_copy(update={"latest": latest})
    return SietNetwork(train, without(features, "text", "image"), Sequences(train, features.n_users), config).eval()


def fitted(board, features: Features | None = None, **changes: object) -> Siet:
    model = Siet(TINY.model_copy(update=changes))
    model.fit(board.train, board.valid, features or board.features)
    return model


def test_the_layer_by_brute_force(board) -> None:
    net, train = network(board.train, board.features), board.train
    row = int(np.flatnonzero(train.users == 5)[10])
    before = [r for r in np.flatnonzero(train.users == 5) if train.timestamps[r] < train.timestamps[row]]
    before = sorted(before, key=lambda r: train.timestamps[r])[-3:]
    scale, film = train.ratings.std(), net.films(torch.arange(30))
    tokens = [(film[train.items[r]] + net.positions[t]) * float((train.ratings[r] - train.ratings.mean()) / scale)
              for t, r in zip(range(3 - len(before), 3), before, strict=True)]  # fmt: skip
    memory = [net.nothing + net.key_value.bias, *(net.key_value(token) for token in tokens)]
    target = film[train.items[row]]
    mixed = []
    for head in (slice(0, 4), slice(4, 8)):
        keys, values = (torch.stack([m[part][head] for m in memory]) for part in (slice(0, 8), slice(8, 16)))
        mixed.append((keys @ net.query(target)[head] / 2).softmax(0) @ values)
    x = net.norm_attention(target + net.out(torch.cat(mixed)))
    x = net.norm_feed(x + net.feed(x))
    expected = net.head(net.dense(net.from_row(x) + net.from_user(net.users(torch.tensor(5))))[None])
    rows = torch.tensor([row])
    torch.testing.assert_close(net(torch.tensor([5]), torch.tensor([train.items[row]]), rows), expected)


@pytest.mark.parametrize("latest", [0.0, 1.0])
def test_a_train_row_does_not_see_its_own_rating(latest: float, board) -> None:
    """Ratings of two rows of different users change places, which leaves mean and spread as they were."""
    train, mine = board.train, np.flatnonzero(board.train.users == 5)
    row = mine[np.argsort(train.timestamps[mine])[-2]]
    other = np.flatnonzero((train.users == 8) & (train.ratings != train.ratings[row]))[0]
    swapped = train.ratings.copy()
    swapped[[row, other]] = swapped[[other, row]]

    def asked(fold: Interactions) -> torch.Tensor:
        users, items, rows = (torch.from_numpy(a.astype(np.int64)) for a in (fold.users[mine], fold.items[mine], mine))
        return network(fold, board.features, latest)(users, items, rows)

    before, after = asked(train), asked(replace(train, ratings=swapped))
    own = list(mine).index(row)
    assert before[own] == after[own]
    assert not torch.equal(before, after), "other rows of the user do see it"


def test_only_what_was_rated_before_the_asking_is_seen(board) -> None:
    model, train = fitted(board, shrinkage=1e9), board.train
    users, items = np.array([5, 5], np.int32), np.array([9, 10], np.int32)
    mine = np.flatnonzero(train.users == 5)
    early = np.full(2, np.sort(train.timestamps[mine])[8])

    def asked() -> tuple[np.ndarray, np.ndarray]:
        return model.predict(users, items, early), model.predict(users, items)

    then, now = asked()
    later, changed = mine[train.timestamps[mine] >= early[0]], train.items.copy()
    changed[later] = np.roll(changed[later], 1)
    model._sequences = model._networks[0].sequences = Sequences(replace(train, items=changed), 40)
    then_again, now_again = asked()
    np.testing.assert_array_equal(then, then_again)
    assert not np.array_equal(now, now_again) and not np.array_equal(then, now)


def test_the_validation_fold_is_asked_at_its_own_times(board) -> None:
    model, valid = Siet(TINY.model_copy(update={"shrinkage": 1e9})), board.valid
    report = model.fit(board.train, valid, board.features)

    def rmse(timestamps: np.ndarray | None) -> float:
        return np.sqrt(np.mean((model.predict(valid.users, valid.items, timestamps) - valid.ratings) ** 2))

    assert min(row["valid_rmse"] for row in report.curve) == pytest.approx(rmse(valid.timestamps), abs=1e-5)
    assert report.chosen["valid_rmse"] == pytest.approx(rmse(valid.timestamps), abs=1e-5)
    assert rmse(None) != pytest.approx(rmse(valid.timestamps), abs=1e-5)


def test_scores_are_expected_ratings_spread_over_clusters(board) -> None:
    model, users = fitted(board, diversity=0.0), np.array([5, 39], np.int32)
    pairs = np.repeat(users, 30), np.tile(np.arange(30, dtype=np.int32), 2)
    np.testing.assert_allclose(np.clip(model.score(users), 1, 5).ravel(), model.predict(*pairs), atol=1e-5)
    spread = fitted(board, diversity=1.0)
    lower = spread.score(users) < model.score(users) - 0.5
    assert lower.any() and not lower.all()


def test_clusters_correct_ratings_and_survive_a_restart(board) -> None:
    model = fitted(board, shrinkage=1.0)
    assert model._labels.max() == 2 and np.any(model._leanings != 0)
    again = Siet(TINY.model_copy(update={"shrinkage": 1.0}))
    again.restore(model.state())
    users, items = board.test.users, board.test.items
    np.testing.assert_array_equal(again.predict(users, items), model.predict(users, items))
    raw = model._expected(model._networks[0], users, items)
    left = model.predict(users, items) - np.clip(raw + model._leanings[users, model._labels[items]], 1, 5)
    np.testing.assert_allclose(left, 0, atol=1e-5)


def test_without_times_and_without_fields(board) -> None:
    fold = replace(board.train, timestamps=np.full(len(board.train), -1, np.int64))
    model = Siet(TINY)
    model.fit(fold, board.valid, Features(40, 30, board.features.rating_values))
    scores = model.score(np.arange(40, dtype=np.int32))
    assert np.all(np.isfinite(scores)) and np.ptp(scores) > 0


def test_zip_year_and_content_are_left_out(board) -> None:
    year = {"year": Field(np.arange(30, dtype=np.int32) % 4, 4)}
    kept = Siet()._narrowed(replace(board.features, item_fields=board.features.item_fields | year))
    assert set(kept.user_fields) == {"age", "occupation", "gender"} and set(kept.item_fields) == {"genre"}
    assert not kept.item_vectors


def test_bad_widths_are_named() -> None:
    with pytest.raises(ValueError, match="width: 9 is odd"):
        SietConfig(width=9, heads=3)
