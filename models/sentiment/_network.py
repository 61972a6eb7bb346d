"""What the networks share: words to vectors, one training loop, and looking at texts in batches of like length."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from models.encoders._compute import device_precision
from models.recommender import FitReport
from models.sentiment.budget import STEPS, planned, seconds_of
from models.sentiment.classifier import Labelled, Means, SentimentModel
from models.sentiment.lengths import Rows, by_length, in_order
from models.sentiment.word_vectors import read_vectors, trained_vectors
from models.sentiment.words import PADDING, Ragged, Vocabulary, head_and_tail, words
from models.training import Training, TrainingConfig, train

LOOKED_AT = 256
"""Texts at a time where nothing is learned."""


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
    """Share of a word's vector and of the text's features that training hides."""
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

    def __init__(self, table: Tensor, body: nn.Module, features: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(table, freeze=False, padding_idx=PADDING)
        self.body, self.dropout, self.head = body, nn.Dropout(dropout), nn.Linear(features, classes)

    def forward(self, numbers: Tensor, there: Tensor) -> Tensor:
        """Logits float32 [b, classes]."""
        features = self.body(self.dropout(self.embedding(numbers)), there)
        return self.head(self.dropout(features))


class Network(SentimentModel):
    """A network over word vectors; `_body` says what it does with them."""

    Config = NetworkConfig
    share = 1.0

    @abstractmethod
    def _body(self, width: int) -> tuple[nn.Module, int]:
        """The module between vectors of this width and the classes, and the number of features it gives."""

    def _learn(self, train_texts: Labelled, valid: Labelled, means: Means) -> FitReport:
        documents = [words(text) for text in train_texts.texts]
        self._vocabulary = Vocabulary.of(documents, self.config.vocabulary, self.config.at_least)
        numbers = [self._vocabulary.numbers(document) for document in documents]
        table, origin = self._table(numbers, means)
        torch.manual_seed(self.seed)
        self._net = self._assembled(torch.from_numpy(table)).to(self.device)
        training, plan = self._train(numbers, train_texts.labels, valid, means)
        chosen = {"epoch": training.best_epoch, "epochs": plan.epochs, "share": plan.share, "word_vectors": origin}
        return FitReport(training.curve, chosen, sum(p.numel() for p in self._net.parameters()))

    def _table(self, numbers: list[np.ndarray], means: Means) -> tuple[np.ndarray, str]:
        if means.word_vectors is None:
            means.progress(f"{len(self._vocabulary):,} words; their vectors from the train texts")
            return trained_vectors(numbers, len(self._vocabulary), self.config.width, self.seed), "trained here"
        table, known = read_vectors(means.word_vectors, self._vocabulary)
        means.progress(f"{known:,} of {len(self._vocabulary):,} words are in {means.word_vectors.name}")
        return table, f"{means.word_vectors.name}: {known} words"

    def _assembled(self, table: Tensor) -> Reader:
        body, features = self._body(table.shape[1])
        return Reader(table, body, features, self.learned, self.config.dropout)

    def _cut(self, numbers: list[np.ndarray]) -> Ragged:
        return Ragged.of([head_and_tail(row, self.config.longest) for row in numbers])

    def _train(self, numbers: list[np.ndarray], labels: np.ndarray, valid: Labelled, means: Means) -> tuple:
        rows, truth = Rows(self._cut(numbers), self.device), torch.from_numpy(labels).to(self.device)
        checks = Rows(self._ragged(valid.texts), self.device)
        lengths = rows.lengths.cpu()

        def loss(batch: Tensor) -> tuple[Tensor, Tensor]:
            with half(self.device):
                logits = self._net(*rows.padded(batch)).float()
            return nn.functional.cross_entropy(logits, truth[batch]), squared(logits.detach(), truth[batch])

        def valid_rmse() -> float:
            logits, of = torch.from_numpy(self._look(checks)), torch.from_numpy(valid.labels)
            return float((squared(logits, of) / len(valid)).sqrt())

        batches, size = by_length(lengths), self.config.batch_size or LOOKED_AT
        measure = lambda: pass_seconds(self._net, loss, batches(len(rows), size))  # noqa: E731
        folder = means.checkpoint
        plan = planned(folder and folder / f"{self.name}.plan.json", means.left(), self.config.epochs, measure)
        seen = max(1, round(plan.share * len(rows)))
        config = self.config.model_copy(update={"epochs": plan.epochs})
        checkpoint = folder and folder / f"{self.name}.safetensors"
        done: Training = train(
            self._net, seen, loss, valid_rmse, config, seed=self.seed, progress=means.progress, checkpoint=checkpoint,
            key=f"{self.name} {self.version} {config.model_dump_json()} {seen}", batches=batches,
            until=means.until,
        )  # fmt: skip
        return done, plan

    def _ragged(self, texts: Sequence[str]) -> Ragged:
        return self._cut([self._vocabulary.numbers(words(text)) for text in texts])

    @torch.no_grad()
    def _look(self, rows: Rows) -> np.ndarray:
        self._net.eval()
        found = np.empty((len(rows), self.learned), np.float32)
        for batch in in_order(rows.lengths.cpu(), LOOKED_AT):
            with half(self.device):
                logits = self._net(*rows.padded(batch.to(rows.numbers.device)))
            found[batch.numpy()] = logits.float().cpu().numpy()
        return found

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """What the head says."""
        return self._look(Rows(self._ragged(texts), self.device))

    def state(self) -> dict[str, np.ndarray]:
        """All weights."""
        return {name: value.cpu().numpy() for name, value in self._net.state_dict().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave them."""
        tensors = {name: torch.from_numpy(value) for name, value in state.items()}
        self._net = self._assembled(torch.zeros_like(tensors["embedding.weight"]))
        self._net.load_state_dict(tensors)
        self._net.to(self.device).eval()

    def write_files(self, folder: Path) -> None:
        """The vocabulary, in the order of its numbers."""
        (folder / "vocabulary.json").write_text(json.dumps(self._vocabulary.words))

    def read_files(self, folder: Path) -> None:
        """As written."""
        self._vocabulary = Vocabulary(json.loads((folder / "vocabulary.json").read_text()))


def squared(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the squared errors of the probabilities: of the positive class, or of all classes where there are more."""
    errors = (logits.softmax(1) - nn.functional.one_hot(labels, logits.shape[1])).square()
    return errors[:, -1].sum() if logits.shape[1] == 2 else errors.sum()


def pass_seconds(
    module: nn.Module, loss: Callable[[Tensor], tuple[Tensor, Tensor]], batches: Sequence[Tensor]
) -> float:
    """Seconds that an epoch would take, by a few of its batches; nothing is learned."""
    module.train()
    device = next(module.parameters()).device
    still = torch.optim.AdamW(module.parameters(), lr=0.0, weight_decay=0.0, fused=True)

    def step(batch: Tensor) -> None:
        still.zero_grad()
        loss(batch.to(device))[0].backward()
        still.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    each = seconds_of([lambda batch=batch: step(batch) for batch in batches[:STEPS]])
    module.zero_grad()
    return each * len(batches)


def half(device: str) -> AbstractContextManager:
    """bfloat16 where the device multiplies it natively; on a processor with AMX all networks here train 1.7 times as
    fast."""
    where = torch.device(device)
    return torch.autocast(where.type, torch.bfloat16, enabled=device_precision(where) == "bfloat16")


def masked_max(values: Tensor, there: Tensor) -> Tensor:
    """[b, d]: the largest of each feature over the words [b, t, d] that are there [b, t]."""
    return values.masked_fill(~there[:, :, None], -torch.inf).amax(1)


def masked_mean(values: Tensor, there: Tensor) -> Tensor:
    """[b, d]: the mean of each feature over the words that are there."""
    return (values * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
