"""Networks with two sides: predictions from sides made once are those of the whole network, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.fusion import two_sided
from models.fusion.two_sided import distinct


def test_distinct_is_unique_with_its_inverse() -> None:
    ids = np.random.default_rng(0).integers(0, 50, 40).astype(np.int32)
    for found, expected in zip(distinct(ids, 50), np.unique(ids, return_inverse=True), strict=True):
        np.testing.assert_array_equal(found, expected)
    found, place = distinct(ids[:0], 50)
    assert len(found) == len(place) == 0


@pytest.mark.parametrize("name", ["mlp", "neumf", "choudhury", "jiang", "early-fusion"])
def test_predictions_are_those_of_the_network_over_pairs(name, board, monkeypatch) -> None:
    monkeypatch.setattr(two_sided, "PAIRS", {"cpu": 7})  # several blocks, the last one short
    model = board.model(name)
    model._build(board.train, model._narrowed(board.features))
    network, users, items = model._networks[0], board.test.users, board.test.items
    with torch.no_grad():
        pairs = (torch.from_numpy(ids.astype(np.int64)) for ids in (users, items))
        whole = network.head.expectation(network(*pairs)).numpy()
    np.testing.assert_allclose(model._expected(network, users, items), whole, atol=1e-5)
