"""The two towers: what each variant looks at, and that they meet in a product."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import Features
from models.fusion.mu import Mu, MuConfig, MuNetwork


def with_vector(features: Features, name: str, scale: float) -> Features:
    other = np.random.default_rng(9).normal(size=(30, 8)).astype(np.float32) * scale
    return replace(features, item_vectors=features.item_vectors | {name: other})


def predictions(board, features: Features, variant: str) -> np.ndarray:
    model = Mu(MuConfig(epochs=2), variant=variant)
    model.fit(board.train, board.valid, features)
    return model.predict(board.test.users, board.test.items)


@pytest.mark.parametrize(
    ("variant", "name", "looked_at"),
    [("cro", "image", True), ("sin", "image", False), ("sin", "title", True), ("cro", "introduction", False)],
)
def test_variants_look_at_what_the_paper_says(variant: str, name: str, looked_at: bool, board) -> None:
    changed = with_vector(board.features, name, 1.0)
    same = np.array_equal(predictions(board, board.features, variant), predictions(board, changed, variant))
    assert same is not looked_at


@pytest.mark.parametrize("field", ["age", "zip", "genre"])
def test_fields_are_looked_at(field: str, board) -> None:
    users = {name: value for name, value in board.features.user_fields.items() if name != field}
    items = {name: value for name, value in board.features.item_fields.items() if name != field}
    fewer = replace(board.features, user_fields=users, item_fields=items)
    assert not np.array_equal(predictions(board, board.features, "sin"), predictions(board, fewer, "sin"))


def test_without_any_content_ids_are_left(board) -> None:
    model = Mu(MuConfig(epochs=2))
    model.fit(board.train, board.valid, Features(40, 30, board.features.rating_values))
    scores = model.score(np.array([0, 1], np.int32))
    assert np.all(np.isfinite(scores)) and np.ptp(scores[0] - scores[1]) > 0, "tastes differ, not only biases"


def test_the_rating_is_the_product_of_the_towers(board) -> None:
    features = Mu(variant="cro")._narrowed(board.features)
    network = MuNetwork(board.train, features, MuConfig(hidden=6, width=3)).eval()
    users, items = torch.tensor([5, 1]), torch.tensor([3, 20])
    p, q, h = network.user_vectors(users), network.item_vectors(items), network.head.rating
    with torch.no_grad():
        network.user_bias.copy_(torch.arange(40.0))
    torch.testing.assert_close(network(users, items), (p * q) @ h.weight[0] + h.bias + users)
    assert p.shape == q.shape == (2, 3)
