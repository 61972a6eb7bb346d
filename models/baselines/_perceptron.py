"""A multi-layer perceptron over the learned vectors of a user and an item: the deep half of neural CF."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from models.fusion.dropout import Dropout

INITIAL = 0.05
"""Standard deviation of learned vectors before training."""


def embedding(n: int, width: int) -> nn.Embedding:
    """A table of n learned vectors, small at the start."""
    table = nn.Embedding(n, width)
    nn.init.normal_(table.weight, std=INITIAL)
    return table


class Perceptron(nn.Module):
    """Hidden layers with ReLU over [p_u, q_i].

    The first layer is kept as its two halves: a product with [p_u, q_i] is a product with p_u plus one with q_i, which
    are made once for each user and item when a catalogue is ranked.
    """

    def __init__(self, n_users: int, n_items: int, width: int, layers: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.users, self.items = embedding(n_users, width), embedding(n_items, width)
        self.drop = Dropout(dropout)
        self.from_user = nn.Linear(width, layers[0])
        self.from_item = nn.Linear(width, layers[0], bias=False)
        deeper: list[nn.Module] = [nn.ReLU(inplace=True), Dropout(dropout)]
        for before, after in pairwise(layers):
            deeper += [nn.Linear(before, after), nn.ReLU(inplace=True), Dropout(dropout)]
        self.deeper = nn.Sequential(*deeper)

    def user_side(self, users: Tensor) -> Tensor:
        """[batch, layers[0]]: the user's half of the first layer."""
        return self.from_user(self.drop(self.users(users)))

    def item_side(self, items: Tensor) -> Tensor:
        """[batch, layers[0]]: the item's half of the first layer."""
        return self.from_item(self.drop(self.items(items)))

    def joined(self, of_user: Tensor, of_item: Tensor) -> Tensor:
        """[batch, layers[-1]]: the last hidden layer."""
        return self.deeper(of_user + of_item)
