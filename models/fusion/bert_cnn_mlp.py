"""Multimodal deep learning for recommendation (Alexander, Tatyana, Nikolai 2024): BERT, CNN and MLP modules, fused."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from models.data import Features
from models.fusion.evidence import BEHAVIOUR, modalities_of
from models.fusion.fusion_network import FusionConfig
from models.fusion.modality_encoders import Projector
from models.fusion.multimodal import Multimodal
from models.modalities import SENTIMENT

MODALITIES = ("text", "image", SENTIMENT, BEHAVIOUR)
"""The paper's three (3.1), and the results of its sentiment analysis (3.3.1)."""


class BertCnnMlpConfig(FusionConfig):
    """FusionConfig's fields with the paper's training, and the convolutions of the image module."""

    epochs: int = Field(100, ge=1, le=1000)
    """Passes over the train fold at most; early stopping ends most fits before the tenth."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Highest step size of AdamW."""
    channels: int = Field(4, ge=0, le=1024)
    """Channels of the first convolution over an image's vector, twice as many of the second. 0: a dense layer instead,
    for vectors that a CNN has already made."""
    kernel: int = Field(5, ge=1, le=63)
    """Entries of the vector, or of the first convolution's output, that a convolution looks at."""

    behaviour: bool = True
    """Whether the behaviour module is there (section 4.5 takes each of the three away)."""


class Convolutions(nn.Module):
    """Two one-dimensional convolutions with pooling over an image's vector, and a dense layer."""

    def __init__(self, size: int, width: int, channels: int, kernel: int) -> None:
        super().__init__()
        self.convolve = nn.Sequential(
            nn.Conv1d(1, channels, kernel, stride=2, padding=kernel // 2), nn.ReLU(), nn.MaxPool1d(2, ceil_mode=True),
            nn.Conv1d(channels, 2 * channels, kernel, padding=kernel // 2), nn.ReLU(),
            nn.MaxPool1d(2, ceil_mode=True), nn.Flatten(),
        )  # fmt: skip
        self.dense = nn.Linear(self.convolve(torch.zeros(1, 1, size)).shape[1], width)

    def forward(self, vectors: Tensor) -> Tensor:
        """[batch, size] to [batch, width]."""
        return self.dense(self.convolve(vectors[:, None]))


class BertCnnMlp(Multimodal):
    """A text, an image and a behaviour module, each to one code, and fully connected layers that fuse them (3.1, 4.2).

    Variants `text-only`, `image-only` and `behaviour-only` are the unimodal rows of the paper's tables. It predicts
    the distribution of the rating; what counts as a like is decided where likes are counted, by a cutoff chosen on
    validation. For the parameter studies of 4.5 and 4.6 there are `hidden_layers`, `learning_rate` with
    `schedule="inverse"`, and `batch_size` with `batch_schedule="alexander2024"`.

    What the paper leaves open is decided here. (1) Its BERT reads the reviews that are to be classified; a recommender
    is asked before they are written, so that the text module reads titles, introductions, profiles and the reviews of
    other train rows. (2) Its CNN reads pictures; here an encoder, CNN or transformer, has read them, and two
    convolutions with pooling go over its vector. The vector's order means nothing, so that this is no better than a
    dense layer (`channels=0`); it is kept because it is the paper's. (3) "Click patterns, purchase history and rating
    trends" are the ten numbers of `evidence.Behaviour` and a vector for each id. (4) Who likes what: every content
    module also has what the user liked of it (`Likings`) and what his other ratings say of the item's content
    (`evidence.Content`), and the layers that fuse get joint preferences for all content; the target is always left out.
    Without these a network does not find taste for content in fifty ratings of a user. (5) Early stopping instead of a
    hundred epochs, 512 ratings a step instead of 64: on the sample shop 64 give 0.742 instead of 0.744, in two and a
    half times the time. (6) The loss: cross-entropy of the rating values and squared error of their expectation. (7)
    What its sentiment analysis says of the train reviews (3.3.1) is a fourth module, where there are reviews.

    Figures are validation RMSE, means of seeds 10 and 11. On ML-100K it gives 0.864. On the sample shop all modules
    give 0.744, the image module alone 0.817, text and behaviour alone 1.069 and 1.055.
    """

    name: ClassVar[str] = "bert-cnn-mlp"
    variants: ClassVar[tuple[str, ...]] = ("", "text-only", "image-only", "behaviour-only")
    Config = BertCnnMlpConfig

    def _chosen(self, features: Features) -> tuple[str, ...]:
        if self.variant:
            return (self.variant.removesuffix("-only"),)
        wanted = MODALITIES if self.config.behaviour else MODALITIES[:3]
        return tuple(name for name in wanted if name in modalities_of(features))

    def _images(self) -> Projector | None:
        channels, kernel = self.config.channels, self.config.kernel
        return (lambda size, width: Convolutions(size, width, channels, kernel)) if channels else None
