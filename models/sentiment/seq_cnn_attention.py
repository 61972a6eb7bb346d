"""The attention Seq-CNN of deep_learning_sentiment_recommender, model 2: LSTM, then convolution, attention, dense.

The article says that the sequence goes through an LSTM first and through convolutions after that, and that attention
lets the model "work on key aspects"; it gives no equation. The attention is that of Yang et al. 2016: a learned query
over tanh-projected features, softmax over the words.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from models.sentiment._network import Network
from models.sentiment._recurrent import RecurrentConfig, States


class SeqCNNConfig(RecurrentConfig):
    """As the recurrent networks, with filters and a dense layer."""

    filters: int = Field(128, ge=1)
    """Filters over the states."""
    span: int = Field(3, ge=1)
    """States that a filter sees."""
    dense: int = Field(64, ge=1)
    """Units of the dense layer."""


class Attention(nn.Module):
    """a_t = softmax_t(q . tanh(W f_t + b)); the answer is the sum of a_t f_t."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.project, self.query = nn.Linear(features, features), nn.Linear(features, 1, bias=False)

    def forward(self, features: Tensor, there: Tensor) -> Tensor:
        """[b, d] from features [b, t, d] of the words that are there [b, t]."""
        return (self.weights(features, there)[:, :, None] * features).sum(1)

    def weights(self, features: Tensor, there: Tensor) -> Tensor:
        """[b, t], sums to 1 over the words of each text, 0 at padding."""
        scores = self.query(self.project(features).tanh()).squeeze(2)
        return scores.masked_fill(~there, -torch.inf).softmax(1)


class SeqConvolution(nn.Module):
    """States, filters over them, attention over the filters' answers, a dense layer."""

    def __init__(self, width: int, config: SeqCNNConfig) -> None:
        super().__init__()
        self.states = States(nn.LSTM, width, config.states, both_ways=False)
        self.filters = nn.Conv1d(config.states, config.filters, config.span, padding="same")
        self.attention, self.dense = Attention(config.filters), nn.Linear(config.filters, config.dense)

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """[b, dense]."""
        states = self.states(vectors, there) * there[:, :, None]
        answers = self.filters(states.transpose(1, 2)).relu().transpose(1, 2)
        return self.dense(self.attention(answers, there)).relu()


class SeqCNNAttention(Network):
    """LSTM, convolution, attention, dense."""

    name = "seq-cnn-attention"
    Config = SeqCNNConfig
    share = 1.5

    def _body(self, width: int) -> tuple[nn.Module, int]:
        return SeqConvolution(width, self.config), self.config.dense
