"""One training loop for every torch model: mini-batches of rows, early stopping, checkpoints that resume exactly."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from models.recommender import ModelConfig, Progress, silent

BatchLoss = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From train row numbers [batch] to the mean loss (for the gradient) and the sum of squared errors (for the curve)."""
Batches = Callable[[int, int], Sequence[Tensor]]
"""From a number of rows and a batch size to an epoch's batches of row numbers, drawn from torch's random numbers."""


TELL_EVERY = 30.0
"""Seconds between two lines of progress within an epoch."""


class TrainingConfig(ModelConfig):
    """What any torch model may be told of its training."""

    epochs: int = Field(12, ge=1, le=1000)
    """Passes over the train fold at most."""
    batch_size: int | None = Field(None, ge=1)
    """Ratings a step. None: about a ninetieth of the train fold, a power of two from 128 to 8192."""
    batch_schedule: Literal["fixed", "alexander2024", "growing"] = "fixed"
    """How batch_size changes with the epoch e, from 1: not; times e / (e + 1), as alexander2024 section 4.6 writes; or
    times e. The second is always below batch_size and only comes near it, though the paper says that it is to grow."""
    learning_rate: float = Field(2e-3, gt=0, le=1)
    """Highest step size of AdamW."""
    schedule: Literal["cosine", "inverse", "constant"] = "cosine"
    """How the step size falls: in half a cosine to a hundredth; as 1 / (1 + decay_rate * epochs gone), which is
    alexander2024 section 4.6; or not at all."""
    decay_rate: float = Field(0.1, ge=0, le=100)
    """Of the schedule `inverse`."""
    cycles: int = Field(1, ge=1, le=100)
    """Times that the schedule is gone through: more than one are warm restarts (Loshchilov, Hutter 2017)."""
    weight_decay: float = Field(0.05, ge=0, le=10)
    """AdamW's decay of matrices and embeddings; vectors (biases, norms) are not decayed."""
    warmup: float = Field(0.05, ge=0, lt=1)
    """Share of all steps over which the learning rate rises to its highest."""
    clip: float = Field(1.0, gt=0)
    """Largest norm of a step's gradient."""
    patience: int = Field(3, ge=1)
    """Epochs without a better validation RMSE after which training stops."""


@dataclass
class Training:
    """Where a training stands after an epoch; all of it is in the checkpoint."""

    epoch: int = 0
    best_rmse: float = math.inf
    best_epoch: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def finished(self, config: TrainingConfig) -> bool:
        """True where no epoch is left or patience has run out."""
        return self.epoch >= config.epochs or self.epoch - self.best_epoch >= config.patience


def shuffled(n_rows: int, size: int) -> Sequence[Tensor]:
    """All rows in random order, cut into batches."""
    return torch.randperm(n_rows).split(size)


def train(
    module: nn.Module,
    n_rows: int,
    loss: BatchLoss,
    valid_rmse: Callable[[], float],
    config: TrainingConfig,
    *,
    seed: int,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    key: str = "",
    batches: Batches = shuffled,
    until: float | None = None,
) -> Training:
    """Fit `module` in place and leave it with the weights of its best epoch by `valid_rmse`.

    Every epoch's randomness comes from (seed, epoch) alone, so that a fit resumed from `checkpoint` (a file, written
    once an epoch) ends as if it had never been killed. A checkpoint whose `key` (what data, what configuration)
    differs is not used. until: no epoch is begun that would end after this time of `time.monotonic`, but for the first.
    """
    device = next(module.parameters()).device
    optimizer = _optimizer(module, config)
    now = Training()
    if checkpoint is not None and checkpoint.exists():
        now = _resume(checkpoint, key, module, optimizer) or now
    step = Step(module, optimizer, loss, config.clip, progress)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        while not now.finished(config) and not _late(now, until):
            started = time.perf_counter()
            torch.manual_seed(seed * 100_003 + now.epoch)
            drawn = [rows.to(device) for rows in batches(n_rows, batch_size(n_rows, config, now.epoch))]
            error = _epoch(step, drawn, config, now.epoch)
            now.epoch += 1
            module.eval()
            row = {"epoch": now.epoch, "train_rmse": math.sqrt(error / n_rows), "valid_rmse": valid_rmse()}
            _note(now, row | {"seconds": time.perf_counter() - started}, module)
            if checkpoint is not None:
                _write(checkpoint, key, module, optimizer, now)
            progress(_line(now, config))
    module.load_state_dict(now.best)
    module.eval()
    return now


def _late(now: Training, until: float | None) -> bool:
    return until is not None and now.epoch > 0 and time.monotonic() + now.curve[-1]["seconds"] > until


def batch_size(n_rows: int, config: TrainingConfig, epochs_gone: int = 0) -> int:
    """Ratings a step: the configured number, or one that gives small and large folds a like number of steps."""
    first = config.batch_size or min(8192, max(128, 2 ** round(math.log2(max(n_rows, 1) / 90))))
    epoch = epochs_gone + 1
    factor = {"fixed": 1.0, "alexander2024": epoch / (epoch + 1), "growing": float(epoch)}[config.batch_schedule]
    return max(1, round(first * factor))


def learning_rate(config: TrainingConfig, progress: float) -> float:
    """The step size after `progress` epochs, a fraction within one: a linear rise, then what the schedule says."""
    length = config.epochs / config.cycles
    gone = progress % length
    share = gone / length
    fall = {
        "cosine": 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)),
        "inverse": 1 / (1 + config.decay_rate * math.floor(gone)),
        "constant": 1.0,
    }[config.schedule]
    rise = share / config.warmup if config.warmup else 1.0
    return config.learning_rate * min(max(rise, 0.01), fall)


def autocast(device: torch.device) -> AbstractContextManager:
    """Half precision where it is faster: on CUDA. On CPUs, casting such small matrices costs what the products save."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def _optimizer(module: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    matrices = [p for p in module.parameters() if p.ndim > 1]
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    # Fused: one kernel instead of a dozen per tensor, 1.6 ms against 0.2 ms a step on a CPU for 160,000 parameters.
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)


class Step:
    """One optimisation step over a batch of rows; if the device's memory does not hold it, over halves of it in turn.

    Halving changes what is computed at a time, not the step: the gradients of the parts add up to that of the batch.
    """

    def __init__(
        self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: BatchLoss, clip: float, progress: Progress
    ) -> None:
        self.module, self.optimizer, self.loss, self.clip, self.progress = module, optimizer, loss, clip, progress
        self.at_once: int | None = None

    def __call__(self, rows: Tensor) -> Tensor:
        """Take the step; the batch's sum of squared errors. Raises torch.OutOfMemoryError if one row is too much."""
        while True:
            try:
                squared = self._gradients(rows)
                break
            except torch.OutOfMemoryError:
                if self._size(rows) == 1:
                    raise
            # Not in the handler: as long as the exception lives it holds on to all that the failed attempt had made.
            self._halve(rows)
        nn.utils.clip_grad_norm_(self.module.parameters(), self.clip)
        self.optimizer.step()
        return squared

    def _gradients(self, rows: Tensor) -> Tensor:
        self.optimizer.zero_grad()
        total = torch.zeros((), dtype=torch.float64, device=rows.device)
        for part in rows.split(self.at_once or len(rows)):
            with autocast(rows.device):
                value, squared = self.loss(part)
            (value * (len(part) / len(rows))).backward()
            total += squared.detach()
        return total

    def _size(self, rows: Tensor) -> int:
        return min(self.at_once or len(rows), len(rows))

    def _halve(self, rows: Tensor) -> None:
        self.at_once = (self._size(rows) + 1) // 2
        self.optimizer.zero_grad()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.progress(f"out of memory: {self.at_once:,} ratings at a time from now on, the same step")


def _epoch(step: Step, batches: Sequence[Tensor], config: TrainingConfig, epoch: int) -> float:
    """One pass; the sum of squared errors of the predictions it was trained on, with dropout and moving weights."""
    step.module.train()
    error = torch.zeros((), dtype=torch.float64, device=batches[0].device)
    started = told = time.monotonic()
    for number, rows in enumerate(batches):
        for group in step.optimizer.param_groups:
            group["lr"] = learning_rate(config, epoch + number / len(batches))
        error += step(rows)
        if (now := time.monotonic()) - told > TELL_EVERY:
            told, left = now, (now - started) / (number + 1) * (len(batches) - number - 1)
            step.progress(f"in epoch {epoch + 1}: step {number + 1:,} of {len(batches):,}, {left:.0f} s left of it")
    return float(error)


def _note(now: Training, row: dict[str, float], module: nn.Module) -> None:
    if not math.isfinite(row["valid_rmse"]):
        raise FloatingPointError(f"training: epoch {now.epoch} ended with a validation RMSE of {row['valid_rmse']}")
    now.curve.append(row)
    if row["valid_rmse"] < now.best_rmse:
        now.best_rmse, now.best_epoch = row["valid_rmse"], now.epoch
        now.best = {name: value.detach().clone() for name, value in module.state_dict().items()}


def _line(now: Training, config: TrainingConfig) -> str:
    row = now.curve[-1]
    left = (config.epochs - now.epoch) * sum(r["seconds"] for r in now.curve) / len(now.curve)
    return (
        f"epoch {now.epoch}/{config.epochs}: train RMSE {row['train_rmse']:.4f}, valid {row['valid_rmse']:.4f}, "
        f"{row['seconds']:.1f} s, at most {left:.0f} s left"
    )


def _write(path: Path, key: str, module: nn.Module, optimizer: torch.optim.Optimizer, now: Training) -> None:
    # One file, its JSON in the safetensors header: weights and bookkeeping can never be of two different epochs.
    tensors = {f"now/{k}": v for k, v in module.state_dict().items()} | {f"best/{k}": v for k, v in now.best.items()}
    for number, slots in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    about = {"epoch": now.epoch, "best_rmse": now.best_rmse, "best_epoch": now.best_epoch, "curve": now.curve}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file({k: v.contiguous() for k, v in tensors.items()}, part, {"key": key, "training": json.dumps(about)})
    os.replace(part, path)


def _resume(path: Path, key: str, module: nn.Module, optimizer: torch.optim.Optimizer) -> Training | None:
    with safe_open(path, "pt") as file:
        about = file.metadata() or {}
        if about.get("key") != key:
            return None
        tensors = {name: file.get_tensor(name) for name in list(file.keys())}

    def part(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

    module.load_state_dict(part("now/"))
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in part("optimizer/").items():
        number, _, slot = name.partition("/")
        slots.setdefault(int(number), {})[slot] = value
    optimizer.load_state_dict(optimizer.state_dict() | {"state": slots})
    device = next(module.parameters()).device
    return Training(**json.loads(about["training"]), best={k: v.to(device) for k, v in part("best/").items()})
