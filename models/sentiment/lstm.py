"""A long short-term memory, in reading order (deep_learning_sentiment_recommender, model 4)."""

from __future__ import annotations

from torch import nn

from models.sentiment._recurrent import Recurrent


class LSTM(Recurrent):
    """One layer."""

    name = "lstm"
    cell = nn.LSTM
