"""The networks against their equations, computed by hand for two steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from models.sentiment._recurrent import States
from models.sentiment.cnn import Convolutions
from models.sentiment.seq_cnn_attention import Attention


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def steps(cell: nn.LSTM, inputs: np.ndarray) -> list[np.ndarray]:
    """h_1, h_2, ... by alexander2024 section 3.2; torch keeps W_i, W_f, W_c, W_o in this order, and two biases."""
    w_x, w_h = cell.weight_ih_l0.detach().numpy(), cell.weight_hh_l0.detach().numpy()
    bias = (cell.bias_ih_l0 + cell.bias_hh_l0).detach().numpy()
    h = c = np.zeros(cell.hidden_size)
    states = []
    for x in inputs:
        i, f, g, o = np.split(w_x @ x + w_h @ h + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return states


def test_two_steps_of_the_bi_lstm() -> None:
    """A text of two words beside one of three: padding changes nothing, either way."""
    torch.manual_seed(1)
    module = States(nn.LSTM, 3, 2, both_ways=True)
    vectors = torch.randn(2, 3, 3)
    there = torch.tensor([[True, True, False], [True, True, True]])
    found = module(vectors, there).detach().numpy()
    text = vectors[0, :2].numpy()
    forwards = steps(module.forwards, text)
    backwards = steps(module.backwards, text[::-1])[::-1]
    np.testing.assert_allclose(found[0, :2], np.concatenate([forwards, backwards], 1), atol=1e-6)


def test_two_words_of_attention() -> None:
    torch.manual_seed(2)
    module = Attention(2)
    features = torch.randn(1, 3, 2)
    there = torch.tensor([[True, True, False]])
    w, b = module.project.weight.detach().numpy(), module.project.bias.detach().numpy()
    q, f = module.query.weight.detach().numpy()[0], features[0, :2].numpy()
    scores = np.exp([q @ np.tanh(w @ one + b) for one in f])
    weights = scores / scores.sum()
    np.testing.assert_allclose(module.weights(features, there).detach().numpy()[0], [*weights, 0], atol=1e-6)
    np.testing.assert_allclose(module(features, there).detach().numpy()[0], weights @ f, atol=1e-6)


def test_one_filter_by_hand() -> None:
    """A filter over two words that answers their sum: the largest sum of neighbours, padding after the end as zero."""
    module = Convolutions(1, 1, (2,))
    with torch.no_grad():
        module.layers[0].weight.fill_(1.0)
        module.layers[0].bias.zero_()
    texts, there = torch.tensor([[[1.0], [4.0], [-2.0], [9.0]]]), torch.tensor([[True, True, True, False]])
    assert module(texts, there).tolist() == [[5.0]]
    module.mean = True
    assert module(texts, there).tolist() == [[5.0, pytest.approx(7 / 3)]], "of 5, 2 and 0, as -2 with what follows is"
