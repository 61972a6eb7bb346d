"""The last layer of a network over pairs: from a hidden vector to an expected rating, and the loss that trains it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.data import Features, Interactions


class SoftmaxHead(nn.Module):
    """A softmax over the rating values (xia2024 eq. 14); the expectation under it is the prediction.

    The loss is the cross-entropy of the classes and, `squared_weight` times, the squared error of the expectation,
    which is what RMSE asks for.
    """

    def __init__(self, width: int, train: Interactions, features: Features, squared_weight: float = 1.0) -> None:
        super().__init__()
        values = np.asarray(features.rating_values, dtype=np.float32)
        self.squared_weight = squared_weight
        self.register_buffer("values", torch.from_numpy(values), persistent=False)
        self.register_buffer("middles", torch.from_numpy((values[1:] + values[:-1]) / 2), persistent=False)
        self.logits = nn.Linear(width, len(values))
        with torch.no_grad():  # start from the ratings' own distribution
            counts = self.classes(torch.from_numpy(train.ratings)).bincount(minlength=len(values))
            self.logits.bias.copy_((counts + 1.0).log())

    def forward(self, hidden: Tensor) -> Tensor:
        """[batch, width] to float32 logits [batch, n rating values]."""
        return self.logits(hidden).float()

    def classes(self, ratings: Tensor) -> Tensor:
        """int64 [batch]: the index of the rating value nearest to each rating."""
        return torch.bucketize(ratings, self.middles)

    def expectation(self, logits: Tensor) -> Tensor:
        """[batch]: the expected rating under the softmax of the logits."""
        return (logits.softmax(-1) * self.values).sum(-1)  # a product of matrices would be rounded under autocast

    def loss(self, logits: Tensor, ratings: Tensor) -> tuple[Tensor, Tensor]:
        """Mean loss, and the squared errors of the expectations [batch]."""
        squared = (self.expectation(logits) - ratings).square()
        return F.cross_entropy(logits, self.classes(ratings)) + self.squared_weight * squared.mean(), squared


class LinearHead(nn.Module):
    """One number around the mean train rating, trained on its squared error."""

    def __init__(self, width: int, train: Interactions, features: Features) -> None:
        super().__init__()
        self.rating = nn.Linear(width, 1)
        with torch.no_grad():
            self.rating.bias.fill_(float(train.ratings.mean()))

    def forward(self, hidden: Tensor) -> Tensor:
        """[batch, width] to float32 [batch]."""
        # Not the layer's own product: under autocast it would round ratings to steps of 1/32 and make ties of them.
        return (hidden.float() * self.rating.weight).sum(1) + self.rating.bias

    def expectation(self, output: Tensor) -> Tensor:
        """[batch]: the output itself; it is not bounded by the scale."""
        return output

    def loss(self, output: Tensor, ratings: Tensor) -> tuple[Tensor, Tensor]:
        """Mean squared error, and the squared errors [batch]."""
        squared = (output - ratings).square()
        return squared.mean(), squared
