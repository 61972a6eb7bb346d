"""What the networks share: words to vectors, and a body over them."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.sentiment._trained import Trained
from models.sentiment.classifier import Means
from models.sentiment.word_vectors import read_vectors, trained_vectors
from models.sentiment.words import PADDING, Ragged, Vocabulary, head_and_tail, words
from models.training import TrainingConfig


class NetworkConfig(TrainingConfig):
    """Words, vectors, and the training of any network."""

    vocabulary: int = Field(30_000, ge=10)
    """Words that have a vector, the most frequent."""
    at_least: int = Field(2, ge=1)
    """Times that a word must stand in the train texts."""
    longest: int = Field(400, ge=8)
    """Words that are read of a text; of a longer one its head and tail."""
    width: int = Field(128, ge=4)
    """Numbers in a word's vector; a file of vectors has its own."""
    dropout: float = Field(0.4, ge=0, lt=1)
    """Share of the text's features that training hides."""
    word_dropout: float = Field(0.4, ge=0, lt=1)
    """Share of a word's vector that training hides."""
    epochs: int = Field(6, ge=1, le=1000)
    """Passes over the train texts at most."""
    batch_size: int | None = Field(64, ge=1)
    """Texts a step."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Highest step size of AdamW."""
    weight_decay: float = Field(0.01, ge=0, le=10)
    """AdamW's decay of matrices and embeddings."""
    patience: int = Field(2, ge=1)
    """Epochs without a better validation RMSE of the probabilities after which training stops."""


class Reader(nn.Module):
    """Word vectors, a body over them, and the classes. A body takes vectors [b, t, d] and a mask [b, t]."""

    def __init__(self, table: Tensor, body: nn.Module, features: int, classes: int, config: NetworkConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(table, freeze=False, padding_idx=PADDING)
        self.body, self.head = body, nn.Linear(features, classes)
        self.dropout, self.word_dropout = nn.Dropout(config.dropout), nn.Dropout(config.word_dropout)

    def forward(self, numbers: Tensor, there: Tensor) -> Tensor:
        """Logits float32 [b, classes]."""
        features = self.body(self.word_dropout(self.embedding(numbers)), there)
        return self.head(self.dropout(features))


class Network(Trained):
    """A network over word vectors; `_body` says what it does with them."""

    Config = NetworkConfig
    share = 1.0

    @abstractmethod
    def _body(self, width: int) -> tuple[nn.Module, int]:
        """The module between vectors of this width and the classes, and the number of features it gives."""

    def _begin(self, texts: Sequence[str], means: Means) -> tuple[nn.Module, Ragged, dict[str, Any]]:
        documents = [words(text) for text in texts]
        self._vocabulary = Vocabulary.of(documents, self.config.vocabulary, self.config.at_least)
        numbers = [self._vocabulary.numbers(document) for document in documents]
        table, origin = self._table(numbers, means)
        torch.manual_seed(self.seed)
        return self._assembled(torch.from_numpy(table)), self._cut(numbers), {"word_vectors": origin}

    def _table(self, numbers: list[np.ndarray], means: Means) -> tuple[np.ndarray, str]:
        if means.word_vectors is None:
            means.progress(f"{len(self._vocabulary):,} words; their vectors from the train texts")
            return trained_vectors(numbers, len(self._vocabulary), self.config.width, self.seed), "trained here"
        table, known = read_vectors(means.word_vectors, self._vocabulary)
        means.progress(f"{known:,} of {len(self._vocabulary):,} words are in {means.word_vectors.name}")
        return table, f"{means.word_vectors.name}: {known} words"

    def _assembled(self, table: Tensor) -> Reader:
        body, features = self._body(table.shape[1])
        return Reader(table, body, features, self.learned, self.config)

    def _cut(self, numbers: list[np.ndarray]) -> Ragged:
        return Ragged.of([head_and_tail(row, self.config.longest) for row in numbers])

    def _read(self, texts: Sequence[str]) -> Ragged:
        return self._cut([self._vocabulary.numbers(words(text)) for text in texts])

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        self._restored(self._assembled(torch.zeros(state["embedding.weight"].shape)), state)

    def write_files(self, folder: Path) -> None:
        """The vocabulary, in the order of its numbers."""
        (folder / "vocabulary.json").write_text(json.dumps(self._vocabulary.words))

    def read_files(self, folder: Path) -> None:
        """As written."""
        self._vocabulary = Vocabulary(json.loads((folder / "vocabulary.json").read_text()))


def masked_max(values: Tensor, there: Tensor) -> Tensor:
    """[b, d]: the largest of each feature over the words [b, t, d] that are there [b, t]."""
    return values.masked_fill(~there[:, :, None], -torch.inf).amax(1)


def masked_mean(values: Tensor, there: Tensor) -> Tensor:
    """[b, d]: the mean of each feature over the words that are there."""
    return (values * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
