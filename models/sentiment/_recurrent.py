"""What the recurrent networks share: states of a text in reading order, and their largest and mean values."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from models.sentiment._network import Network, NetworkConfig, masked_max, masked_mean


class RecurrentConfig(NetworkConfig):
    """As the networks, with states."""

    states: int = Field(128, ge=1)
    """Numbers in a state, in each direction."""


class States(nn.Module):
    """States [b, t, states or 2 states] of right-padded texts; a backward half reads each text from its last word.

    The two directions are two modules, and the backward one is given each text turned around: padding then never comes
    before a word, with no packing, which on CPUs is slower than the padding that batches of like length have.
    """

    def __init__(self, cell: type[nn.RNNBase], width: int, states: int, both_ways: bool) -> None:
        super().__init__()
        self.forwards = cell(width, states, batch_first=True)
        self.backwards = cell(width, states, batch_first=True) if both_ways else None

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """States in reading order; what stands at padding means nothing."""
        states = self.forwards(vectors)[0]
        if self.backwards is None:
            return states
        turn = _turned(there)[:, :, None]
        turned = vectors.gather(1, turn.expand_as(vectors))
        back = self.backwards(turned)[0]
        return torch.cat([states, back.gather(1, turn.expand_as(back))], dim=2)


def _turned(there: Tensor) -> Tensor:
    """int64 [b, t]: place of the word that stands in each place when a text is read backwards; padding stays."""
    place = torch.arange(there.shape[1], device=there.device)
    return torch.where(there, there.sum(1, keepdim=True) - 1 - place, place)


class Pooled(nn.Module):
    """Largest and mean states, side by side: the last state alone forgets what a long review began with."""

    def __init__(self, states: States) -> None:
        super().__init__()
        self.states = states

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """[b, twice the states]."""
        states = self.states(vectors, there)
        return torch.cat([masked_max(states, there), masked_mean(states, there)], dim=1)


class Recurrent(Network):
    """A network of one recurrent layer."""

    Config = RecurrentConfig
    cell: type[nn.RNNBase]
    both_ways = False

    def _body(self, width: int) -> tuple[nn.Module, int]:
        states = States(self.cell, width, self.config.states, self.both_ways)
        return Pooled(states), 2 * self.config.states * (2 if self.both_ways else 1)
