"""Networks that end in a product: the equation by hand, and the ranking by matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.baselines.gmf import GMF, GMFNetwork, NeuralCFConfig
from models.heads import LinearHead


def test_the_rating_is_the_weighted_product_and_the_biases(board) -> None:
    network = GMFNetwork(board.train, board.features, width=2)
    with torch.no_grad():
        network.users.weight[3] = torch.tensor([1.0, 2.0])
        network.items.weight[4] = torch.tensor([10.0, -1.0])
        network.head.rating.weight.copy_(torch.tensor([[0.5, 3.0]]))
        network.head.rating.bias.fill_(2.5)
        network.user_bias[3], network.item_bias[4] = 0.25, -1.0
    rating = network(torch.tensor([3]), torch.tensor([4]))
    assert rating.item() == pytest.approx(0.5 * 1 * 10 + 3 * 2 * -1 + 0.25 - 1 + 2.5)


def test_it_starts_at_the_mean_rating_and_biases_are_not_decayed(board) -> None:
    network = GMFNetwork(board.train, board.features, width=4)
    assert isinstance(network.head, LinearHead)
    assert network.head.rating.bias.item() == pytest.approx(float(board.train.ratings.mean()))
    # The optimizer decays what has more than one dimension.
    assert network.user_bias.ndim == network.item_bias.ndim == 1 and torch.all(network.head.rating.weight == 1)


def test_factors_of_several_restarts_average_their_predictions(board) -> None:
    model = GMF(NeuralCFConfig(restarts=3, epochs=2, width=4))
    model.fit(board.train, board.valid, board.features)
    factors, users = model.factors(), np.array([7, 0, 39], np.int32)
    items = np.arange(board.features.n_items, dtype=np.int32)
    each = [model._expected(network, np.repeat(users, 30), np.tile(items, 3)) for network in model._networks]
    np.testing.assert_allclose((factors.users[users] @ factors.items.T).ravel(), np.mean(each, axis=0), atol=1e-5)
    np.testing.assert_array_equal(model.score(users), factors.users[users] @ factors.items.T)
    assert np.ptp(np.stack(each), axis=0).max() > 0.01, "the restarts differ"
