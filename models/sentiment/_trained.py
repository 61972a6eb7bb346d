"""What networks and fine-tuned encoders share: texts as rows of numbers, one training loop, and looking at texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from models.encoders._compute import device_precision
from models.recommender import FitReport
from models.sentiment.budget import STEPS, planned, seconds_of
from models.sentiment.classifier import Labelled, Means, SentimentModel
from models.sentiment.lengths import Rows, by_length, in_order
from models.sentiment.words import Ragged
from models.training import train


class Trained(SentimentModel):
    """`_net` takes word numbers [b, t] and which of them are there [b, t], and answers with logits [b, learned]."""

    looked_at: ClassVar[int] = 256
    """Texts at a time where nothing is learned."""
    _net: nn.Module

    @abstractmethod
    def _begin(self, texts: Sequence[str], means: Means) -> tuple[nn.Module, Ragged, dict[str, Any]]:
        """The untrained network, the train texts as `_read` gives them, and what is to be told of where it began."""

    @abstractmethod
    def _read(self, texts: Sequence[str]) -> Ragged:
        """Word numbers of the texts, cut to what the network reads."""

    def _learn(self, train_texts: Labelled, valid: Labelled, means: Means) -> FitReport:
        net, ragged, origin = self._begin(train_texts.texts, means)
        self._net = net.to(self.device)
        rows, truth = Rows(ragged, self.device), torch.from_numpy(train_texts.labels).to(self.device)
        checks, of = Rows(self._read(valid.texts), self.device), torch.from_numpy(valid.labels)

        def loss(batch: Tensor) -> tuple[Tensor, Tensor]:
            with half(self.device):
                logits = self._net(*rows.padded(batch))
            logits = logits.float()
            return nn.functional.cross_entropy(logits, truth[batch]), squared(logits.detach(), truth[batch])

        def valid_rmse() -> float:
            return float((squared(torch.from_numpy(self._look(checks)), of) / len(valid)).sqrt())

        batches, folder = by_length(rows.lengths.cpu()), means.checkpoint
        size = self.config.batch_size or self.looked_at
        plan = planned(
            folder and folder / f"{self.name}.plan.json", means.left(), self.config.epochs,
            lambda: pass_seconds(self._net, loss, batches(len(rows), size)),
        )  # fmt: skip
        seen = max(1, round(plan.share * len(rows)))
        config = self.config.model_copy(update={"epochs": plan.epochs, "batch_size": size})
        done = train(
            self._net, seen, loss, valid_rmse, config, seed=self.seed, progress=means.progress,
            checkpoint=folder and folder / f"{self.name}.safetensors",
            key=f"{self.name} {self.version} {config.model_dump_json()} {seen}", batches=batches, until=means.until,
        )  # fmt: skip
        chosen = {"epoch": done.best_epoch, "epochs": plan.epochs, "share": plan.share, **origin}
        return FitReport(done.curve, chosen, sum(p.numel() for p in self._net.parameters()))

    @torch.no_grad()
    def _look(self, rows: Rows) -> np.ndarray:
        """float32 [n, learned]."""
        self._net.eval()
        found = np.empty((len(rows), self.learned), np.float32)
        for batch in in_order(rows.lengths.cpu(), self.looked_at):
            with half(self.device):
                logits = self._net(*rows.padded(batch.to(rows.numbers.device)))
            found[batch.numpy()] = logits.float().cpu().numpy()
        return found

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """What the network answers."""
        return self._look(Rows(self._read(texts), self.device))

    def state(self) -> dict[str, np.ndarray]:
        """All weights."""
        return {name: value.cpu().numpy() for name, value in self._net.state_dict().items()}

    def _restored(self, net: nn.Module, state: dict[str, np.ndarray]) -> None:
        net.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        self._net = net.to(self.device).eval()


def squared(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the squared errors of the probabilities: of the positive class, or of all classes where there are more."""
    errors = (logits.softmax(1) - nn.functional.one_hot(labels, logits.shape[1])).square()
    return errors[:, -1].sum() if logits.shape[1] == 2 else errors.sum()


def half(device: str) -> AbstractContextManager:
    """bfloat16 where the device multiplies it natively; on a processor with AMX all networks here train 1.7 times as
    fast."""
    where = torch.device(device)
    return torch.autocast(where.type, torch.bfloat16, enabled=device_precision(where) == "bfloat16")


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
