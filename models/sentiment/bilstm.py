"""The Bi-LSTM of alexander2024, section 3.2: one LSTM reads forwards, one backwards.

The paper gives the equations of the gates, which are those of `torch.nn.LSTM` (there with two biases that add up to
b), and nothing of widths, vectors or pooling; those are `RecurrentConfig`'s and `Pooled`'s.
"""

from __future__ import annotations

from torch import nn

from models.sentiment._recurrent import Recurrent


class BiLSTM(Recurrent):
    """One layer in each direction."""

    name = "bilstm"
    cell = nn.LSTM
    both_ways = True
    share = 2.0
