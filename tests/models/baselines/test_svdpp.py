"""SVD++: one part of an epoch by hand, what is kept, and that who rated what helps where ratings are few."""

from __future__ import annotations

import numpy as np
import torch

from models.baselines.svd import BiasedMF
from models.baselines.svdpp import SVDPP, ImplicitDescent
from models.data import Features, Interactions


def two_camps(n_users: int = 120, n_items: int = 40) -> tuple[Interactions, Interactions, Features]:
    """Whom a user belongs to shows in what is rated: four of five ratings are of the own half of the items, and those
    are high. Ten ratings a user, two more validate."""
    rng = np.random.default_rng(0)
    users, items = [], []
    for user in range(n_users):
        own = rng.permutation(np.arange(user % 2, n_items, 2))
        other = rng.permutation(np.arange(1 - user % 2, n_items, 2))
        users += [user] * 12
        items += [*own[:8], *other[:2], own[9], other[3]]
    users, items = np.array(users, np.int32), np.array(items, np.int32)
    ratings = np.where(users % 2 == items % 2, 4, 2) + rng.normal(0, 0.8, len(users))
    data = Interactions(users, items, np.clip(ratings, 1, 5).astype(np.float32), np.full(len(users), -1))
    held_out = np.arange(len(users)) % 12 >= 10
    return data.take(~held_out), data.take(held_out), Features(n_users, n_items, (1, 2, 3, 4, 5))


def test_one_part_by_hand() -> None:
    """All ratings as one batch: every step from the old values, the implicit factors' summed over the part."""
    train = Interactions(*(np.array(a) for a in ([0, 0, 1], [0, 1, 1], [5.0, 2.0, 4.0], [0, 0, 0])))
    config = SVDPP.Config(parts=1, batch=(3, 3), implicit_rate=0.5, bias_regularisation=0.5)
    descent = ImplicitDescent(config, 0, train, train, Features(2, 2, (1, 2, 3, 4, 5)))
    generator = torch.Generator().manual_seed(0)
    tensors = descent._start(2, generator)
    tensors["implicit"] = torch.tensor([[0.1, -0.2], [0.3, 0.05]])
    p, q, y = (tensors[name].numpy().astype(np.float64).copy() for name in ("user_factors", "item_factors", "implicit"))
    weight, decay, rate = 0.1, 0.01, 0.2
    descent._epoch(tensors, rate, {"regularisation": weight, "implicit_regularisation": decay}, generator)

    sums = np.array([(y[0] + y[1]) / np.sqrt(2), y[1]])
    new_p, new_q, pull, user, item = p.copy(), q.copy(), np.zeros_like(y), np.zeros(2), np.zeros(2)
    for u, i, rating in ((0, 0, 5.0), (0, 1, 2.0), (1, 1, 4.0)):
        error = rating - 11 / 3 - (p[u] + sums[u]) @ q[i]
        user[u] += rate * error
        item[i] += rate * error
        new_p[u] += rate * (error * q[i] - weight * p[u])
        new_q[i] += rate * (error * (p[u] + sums[u]) - weight * q[i])
        for j in ((0, 1), (1,))[u]:
            pull[j] += error * q[i] / np.sqrt((2, 1)[u])
    # Item 0 is in N(u) of two ratings, item 1 of all three.
    new_y = (y + 0.5 * rate * pull) / (1 + 0.5 * rate * decay * np.array([[2], [3]]))
    for name, expected in (("user", user), ("item", item), ("user_factors", new_p), ("item_factors", new_q)):
        np.testing.assert_allclose(tensors[name].numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(tensors["implicit"].numpy(), new_y, atol=1e-6)
    kept = descent._arrays(tensors)["user_factors"]
    np.testing.assert_allclose(kept[0], new_p[0] + (new_y[0] + new_y[1]) / np.sqrt(2), atol=1e-6)


def test_what_was_rated_at_all_helps() -> None:
    train, valid, features = two_camps()
    shared = {"ranks": (2,), "regularisations": (0.1,), "learning_rate": 0.05, "initial": 0.1, "patience": 20}
    plain = BiasedMF(BiasedMF.Config(**shared)).fit(train, valid, features).chosen["valid_rmse"]
    implicit = SVDPP(SVDPP.Config(**shared, implicit_regularisations=(0.003,))).fit(train, valid, features)
    assert implicit.chosen["valid_rmse"] < plain - 0.03


def test_a_user_without_ratings_has_neither_sum_nor_bias() -> None:
    train, valid, features = two_camps()
    wider = Features(features.n_users + 1, features.n_items, features.rating_values)
    model = SVDPP(SVDPP.Config(ranks=(4,), regularisations=(0.05,), implicit_regularisations=(0.003,), epochs=5))
    model.fit(train, valid, wider)
    state = model.state()
    assert state["user"][-1] == 0 and np.abs(state["user_factors"][-1]).max() < 0.1
