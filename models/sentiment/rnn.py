"""A plain recurrent network: h_t = tanh(W [h_{t-1}, x_t] + b) (deep_learning_sentiment_recommender, model 3)."""

from __future__ import annotations

from torch import nn

from models.sentiment._recurrent import Recurrent


class RNN(Recurrent):
    """One layer, in reading order."""

    name = "rnn"
    cell = nn.RNN
