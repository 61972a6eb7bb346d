"""The last layers of networks: what they start from, and that half precision does not round what they give."""

from __future__ import annotations

import pytest
import torch

from models.heads import LinearHead


def test_a_linear_head_starts_around_the_mean_rating_and_keeps_full_precision(board) -> None:
    head = LinearHead(8, board.train, board.features)
    assert head.rating.bias.item() == pytest.approx(float(board.train.ratings.mean()))
    hidden = torch.linspace(0, 0.1, 400).reshape(50, 8)
    exact = head(hidden)
    torch.testing.assert_close(exact, head.rating(hidden)[:, 0])
    with torch.autocast("cpu", torch.bfloat16):
        half = head(hidden)
        assert half.dtype == torch.float32 and len(half.unique()) == 50
        assert len(head.rating(hidden)[:, 0].unique()) < 10, "the layer alone would round"
    torch.testing.assert_close(half, exact)
