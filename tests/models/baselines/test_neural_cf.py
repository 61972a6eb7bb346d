"""gmf, mlp, neumf and aljunid: their equations by brute force, and that they look at ratings only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.baselines._perceptron import Perceptron
from models.baselines.mlp import MLPConfig, MLPNetwork
from models.baselines.neumf import NeuMFNetwork
from models.data import Features

NAMES = ("gmf", "mlp", "neumf", "aljunid")
CONFIG = MLPConfig(width=5, layers=(7, 4, 3))
USERS, ITEMS = torch.tensor([3, 0, 3]), torch.tensor([1, 2, 29])


def dense(perceptron: Perceptron, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """The last hidden layer, from one product with [p_u, q_i] and then layer by layer."""
    first = torch.cat([perceptron.from_user.weight, perceptron.from_item.weight], 1)
    x = torch.cat([perceptron.users(users), perceptron.items(items)], 1) @ first.T + perceptron.from_user.bias
    for layer in (layer for layer in perceptron.deeper if isinstance(layer, torch.nn.Linear)):
        x = x.clamp(min=0) @ layer.weight.T + layer.bias
    return x.clamp(min=0)


def test_mlp_is_dense_layers_over_both_vectors(board) -> None:
    network = MLPNetwork(board.train, board.features, CONFIG)
    head = network.head.rating
    expected = (dense(network.perceptron, USERS, ITEMS) @ head.weight.T + head.bias)[:, 0]
    torch.testing.assert_close(network(USERS, ITEMS), expected)
    assert [part.out_features for part in network.perceptron.deeper if isinstance(part, torch.nn.Linear)] == [4, 3]


def test_neumf_adds_the_product_of_other_vectors(board) -> None:
    network = NeuMFNetwork(board.train, board.features, CONFIG)
    p, q, h = network.product.users(USERS), network.product.items(ITEMS), network.head.rating
    with torch.no_grad():
        network.product.user_bias.copy_(torch.arange(40.0))
        network.product.item_bias.copy_(-torch.arange(30.0) / 10)
    expected = (p * q) @ h.weight[0] + h.bias + USERS - ITEMS / 10
    expected = expected + dense(network.perceptron, USERS, ITEMS) @ network.deep.weight[0]
    torch.testing.assert_close(network(USERS, ITEMS), expected)


@pytest.mark.parametrize("name", NAMES)
def test_content_is_neither_looked_at_nor_stored(name, board) -> None:
    bare = replace(board, features=Features(40, 30, board.features.rating_values))
    full, none = board.fit(name), bare.fit(name)
    users, items = board.test.users, board.test.items
    np.testing.assert_array_equal(full.predict(users, items), none.predict(users, items))
    assert not [key for key in full.state() if "vector" in key or "field" in key]


@pytest.mark.parametrize("name", NAMES)
def test_a_finished_fit_is_resumed_from_its_checkpoint(name, board, tmp_path: Path) -> None:
    first, again, lines = board.model(name), board.model(name), []
    first.fit(board.train, board.valid, board.features, checkpoint=tmp_path)
    again.fit(board.train, board.valid, board.features, checkpoint=tmp_path, progress=lines.append)
    users, items = board.test.users, board.test.items
    np.testing.assert_array_equal(first.predict(users, items), again.predict(users, items))
    assert not [line for line in lines if "epoch" in line]


def test_published_sizes() -> None:
    """jiang2024 section V: layers of 128 and 64 neurons, 10 epochs."""
    assert MLPConfig().layers == (128, 64) and MLPConfig().epochs == 10
    with pytest.raises(ValueError, match="layers"):
        MLPConfig(layers=())
