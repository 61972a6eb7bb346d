"""Dropout by random bytes: as many entries, and the same expectation, as torch's."""

from __future__ import annotations

import pytest
import torch

from models.fusion.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_the_share_is_dropped_and_the_expectation_stays(share: float) -> None:
    torch.manual_seed(0)
    out = Dropout(share)(torch.ones(1000, 301))
    assert float((out == 0).float().mean()) == pytest.approx(share, abs=0.005)
    assert float(out.mean()) == pytest.approx(1, abs=0.01)
    assert float((out == 0).float().mean(0).std()) == pytest.approx((share * (1 - share) / 1000) ** 0.5, rel=0.3)
    assert len(out.unique()) == 2


def test_gradients_go_where_values_went() -> None:
    x = torch.ones(7, 5, requires_grad=True)
    out = Dropout(0.4)(x)
    out.sum().backward()
    torch.testing.assert_close(x.grad, out.detach())


def test_nothing_happens_outside_training_or_without_a_share() -> None:
    x = torch.randn(3, 4)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
    assert Dropout(0.999)(x[:0]).shape == (0, 4)


def test_the_seed_decides() -> None:
    drop, x = Dropout(0.5), torch.ones(9, 9)
    first, second = [], []
    for found in (first, second):
        torch.manual_seed(3)
        found += [drop(x), drop(x)]
    torch.testing.assert_close(first, second)
    assert not torch.equal(first[0], first[1])
