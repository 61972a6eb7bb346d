"""Trust: similarity, propagation, filters and cold users on examples computed by hand, and the network that uses it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from models.data import Features, Field, Interactions
from models.fusion.choudhury import FOLDS, TrustEvidence
from models.fusion.trust import Trust, TrustRule, preferences, propagated

RULE = TrustRule(shrinkage=0.0, propagation=0.0, trusted=10, cold=1)


def interactions(rows: list[tuple[int, int, float]]) -> Interactions:
    users, items, ratings = (np.array(column) for column in zip(*rows, strict=True))
    when = np.full(len(users), -1, np.int64)
    return Interactions(users.astype(np.int32), items.astype(np.int32), ratings.astype(np.float32), when)


def plain(n_users: int, n_items: int, **fields: dict[str, Field]) -> Features:
    return Features(n_users, n_items, (1, 2, 3, 4, 5), **fields)


def two_camps() -> Interactions:
    """Users 0-2 love items 0-4 and hate items 5-9, users 3-5 the other way round; user 0 has not rated item 4."""
    rows = [(u, i, 5.0 if (u < 3) == (i < 5) else 1.0) for u in range(6) for i in range(10) if (u, i) != (0, 4)]
    return interactions(rows)


def test_trust_passes_through_the_trusted_and_is_weighted_by_trust_in_them() -> None:
    direct = csr_matrix(np.array([[0, 0.6, 0.2, 0], [0, 0, 0, 1.0], [0, 0, 0, 0.2], [0, 0, 0, 0]], np.float32))
    trust = propagated(direct, 0.5, 4).toarray()
    through = (0.6 * 1.0 + 0.2 * 0.2) / (0.6 + 0.2)
    np.testing.assert_allclose(trust[0], [0, 0.6, 0.2, 0.5 * through], rtol=1e-6)
    np.testing.assert_allclose(trust[1], [0, 0, 0, 1])
    assert propagated(direct, 0.0, 4).toarray()[0, 3] == 0


def test_nobody_trusts_himself_even_through_others() -> None:
    trust = propagated(csr_matrix(np.array([[0, 1.0], [1.0, 0]], np.float32)), 1.0, 2).toarray()
    np.testing.assert_allclose(trust, [[0, 1], [1, 0]])


def test_the_filter_keeps_the_most_trusted() -> None:
    direct = csr_matrix(np.array([[0, 0.1, 0.5, 0.3]] + [[0, 0, 0, 0]] * 3, np.float32))
    np.testing.assert_allclose(propagated(direct, 0.0, 2).toarray()[0], [0, 0, 0.5, 0.3])


def test_only_the_own_camp_is_trusted_and_says_how_an_item_will_be_liked() -> None:
    trust = Trust(two_camps(), plain(6, 10), RULE)
    assert set(trust.trust[0].indices) == {1, 2}
    expected, deviation, support = trust.numbers(np.array([0, 0]), np.array([4, 5])).T
    assert deviation[0] > 1 and support[0] > 0.5
    assert deviation[1] < -1
    assert np.all(np.abs(expected - 3) < 0.6)


def test_numbers_are_the_weighted_mean_deviation_of_the_trusted() -> None:
    trust = Trust(two_camps(), plain(6, 10), RULE)
    weights = trust.trust[0].toarray().ravel() / trust.typical
    residuals, rated = trust.residuals.toarray()[:, 4], trust.rated.toarray()[:, 4]
    found = trust.numbers(np.array([3, 0]), np.array([1, 4]))[1]
    np.testing.assert_allclose(found[1], weights @ residuals / (weights @ rated + 1), rtol=1e-5)
    np.testing.assert_allclose(found[2], np.log1p(weights @ rated), rtol=1e-5)


def test_a_cold_user_trusts_those_with_like_preferences() -> None:
    """User 6 has rated nothing; his age is that of the second camp."""
    ages = Field(np.array([1, 1, 1, 2, 2, 2, 2], np.int32), 3)
    trust = Trust(two_camps(), plain(7, 10, user_fields={"age": ages}), RULE)
    assert set(trust.trust[6].indices) == {3, 4, 5}
    deviation = trust.numbers(np.array([6, 6]), np.array([0, 9]))[:, 1]
    assert deviation[0] < -1 and deviation[1] > 1


def test_preferences_are_fields_and_liked_categories() -> None:
    genre = Field(np.repeat(np.eye(2, dtype=np.float32), 5, axis=0), 2)
    trust = Trust(two_camps(), plain(6, 10, item_fields={"genre": genre}), RULE)
    table = preferences(trust.residuals, trust.rated, plain(6, 10, item_fields={"genre": genre}))
    assert table.shape == (6, 4)  # met and liked, of each category
    assert np.all(table[:3, 2] > 0.5) and np.all(table[3:, 2] < -0.5)


def test_without_anything_known_of_users_the_cold_trust_nobody() -> None:
    trust = Trust(two_camps(), plain(7, 10), RULE)
    np.testing.assert_array_equal(trust.numbers(np.array([6]), np.array([0]))[0, 1:], [0, 0])


def test_trust_for_a_train_row_is_learned_without_it() -> None:
    """Ratings that follow nothing: trust that knew a rating would foretell it."""
    rng = np.random.default_rng(0)
    cells = rng.choice(40 * 30, 700, replace=False)
    train = interactions([(c // 30, c % 30, float(rng.integers(1, 6))) for c in cells])
    rule = TrustRule(shrinkage=5.0, propagation=0.5, trusted=10, cold=2)
    evidence = TrustEvidence(train, plain(40, 30), rule, "cpu")
    left_out = evidence.rows.numpy()
    known = evidence.trust.numbers(train.users, train.items)
    assert abs(np.corrcoef(left_out[:, 1], train.ratings)[0, 1]) < 0.15
    assert np.corrcoef(known[:, 1], train.ratings)[0, 1] > 0.15
    assert len(np.unique(np.random.default_rng(0).permutation(len(train)) % FOLDS)) == FOLDS
    assert left_out[:, 0].mean() == pytest.approx(0, abs=0.2)  # less the mean rating


def test_the_network_is_dense_layers_over_both_sides_and_trust(board) -> None:
    model = board.model("choudhury")
    model._build(board.train, model._narrowed(board.features))
    network, (users, items) = model._networks[0], (torch.tensor([0, 5, 39]), torch.tensor([1, 4, 29]))
    trust = network.trust(users, items, None)
    hidden = network.users(users, None) + network.items(items, None) + trust @ network.of_trust.weight.T
    second = network.deep[2]
    hidden = (hidden.clamp(min=0) @ second.weight.T + second.bias).clamp(min=0)
    torch.testing.assert_close(network(users, items), network.head(torch.cat([hidden, trust], 1)))
    mine = network.trust(users, items, torch.tensor([7, 8, 9]))
    torch.testing.assert_close(mine, network.trust.rows[7:10])
