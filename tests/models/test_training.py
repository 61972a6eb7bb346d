"""The training loop on a problem whose answer is known: a line through points."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open
from torch import Tensor, nn

from models.training import Training, TrainingConfig, batch_size, learning_rate, train


class Line:
    """y = 2x - 1 in 256 points, a linear layer to find it, and the losses that `train` asks for."""

    def __init__(self, dropout: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(5)
        self.x = torch.randn(256, 4, generator=generator)
        self.y = 2 * self.x[:, 0] - 1
        torch.manual_seed(1)
        self.module = nn.Sequential(nn.Dropout(dropout), nn.Linear(4, 1))
        self.evaluations = 0

    def loss(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        error = self.module(self.x[rows])[:, 0] - self.y[rows]
        return error.square().mean(), error.square().sum()

    def rmse(self) -> float:
        self.evaluations += 1
        with torch.no_grad():
            return float((self.module(self.x)[:, 0] - self.y).square().mean().sqrt())

    def train(self, config: TrainingConfig, checkpoint: Path | None = None, key: str = "k", seed: int = 0) -> Training:
        return train(self.module, 256, self.loss, self.rmse, config, seed=seed, checkpoint=checkpoint, key=key)


class SmallMemory(Line):
    """Whose device holds the loss of so many rows at a time and no more."""

    def __init__(self, holds: int) -> None:
        super().__init__()
        self.holds, self.sizes, self.told, self.handled = holds, [], [], []

    def loss(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        if len(rows) > self.holds:
            raise torch.OutOfMemoryError("CUDA out of memory (made up)")
        self.sizes.append(len(rows))
        return super().loss(rows)

    def train(self, config: TrainingConfig) -> Training:
        return train(self.module, 256, self.loss, self.rmse, config, seed=0, progress=self.tell)

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.handled.append(sys.exc_info()[0])


QUICK = TrainingConfig(epochs=8, batch_size=16, learning_rate=0.05, weight_decay=0.0, patience=8)


def test_finds_the_line_and_tells_the_curve() -> None:
    line = Line()
    done = line.train(QUICK.model_copy(update={"epochs": 30}))
    assert line.rmse() < 0.01
    assert [row["epoch"] for row in done.curve][:3] == [1, 2, 3]
    assert done.curve[-1]["train_rmse"] < done.curve[0]["train_rmse"]


def test_killed_after_three_epochs_it_ends_as_if_it_never_was(tmp_path: Path) -> None:
    whole, file = Line(dropout=0.3), tmp_path / "run.safetensors"
    expected = whole.train(QUICK)
    killed = Line(dropout=0.3)

    def rmse_until_killed() -> float:
        if killed.evaluations == 3:
            raise KeyboardInterrupt
        return killed.rmse()

    with pytest.raises(KeyboardInterrupt):
        train(killed.module, 256, killed.loss, rmse_until_killed, QUICK, seed=0, checkpoint=file, key="k")
    resumed = Line(dropout=0.3)
    done = resumed.train(QUICK, file)
    assert resumed.evaluations == QUICK.epochs - 3
    assert [row["valid_rmse"] for row in done.curve] == pytest.approx(
        [row["valid_rmse"] for row in expected.curve], abs=1e-6
    )
    for one, other in zip(whole.module.parameters(), resumed.module.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_a_finished_checkpoint_costs_no_epoch(tmp_path: Path) -> None:
    first, again = Line(), Line()
    first.train(QUICK, tmp_path / "run.safetensors")
    again.train(QUICK, tmp_path / "run.safetensors")
    assert again.evaluations == 0
    assert again.rmse() == first.rmse()


def test_a_checkpoint_of_other_data_is_not_used(tmp_path: Path) -> None:
    Line().train(QUICK, tmp_path / "run.safetensors", key="one fold")
    other = Line()
    other.train(QUICK, tmp_path / "run.safetensors", key="another fold")
    assert other.evaluations == QUICK.epochs


def test_the_checkpoint_is_one_safetensors_file(tmp_path: Path) -> None:
    Line().train(QUICK, tmp_path / "folder" / "run.safetensors")
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["run.safetensors"]
    with safe_open(tmp_path / "folder" / "run.safetensors", "pt") as file:
        assert {name.split("/")[0] for name in file.keys()} == {"now", "best", "optimizer"}  # noqa: SIM118


def test_stops_when_patience_runs_out_and_keeps_the_best_weights() -> None:
    line, told = Line(), iter([0.5, 0.4, 0.45, 0.41, 0.43])
    seen = []

    def rmse() -> float:
        seen.append(line.module[1].weight.detach().clone())
        return next(told)

    config = QUICK.model_copy(update={"patience": 3})
    done = train(line.module, 256, line.loss, rmse, config, seed=0)
    assert (done.epoch, done.best_epoch, done.best_rmse) == (5, 2, 0.4)
    assert torch.equal(line.module[1].weight, seen[1])


def test_same_seed_same_weights_and_the_callers_generator_is_left_alone() -> None:
    one, same, other = Line(0.3), Line(0.3), Line(0.3)
    torch.manual_seed(77)
    expected = torch.rand(1)
    torch.manual_seed(77)
    one.train(QUICK)
    assert torch.equal(torch.rand(1), expected)
    same.train(QUICK)
    other.train(QUICK, seed=1)
    assert torch.equal(one.module[1].weight, same.module[1].weight)
    assert not torch.equal(one.module[1].weight, other.module[1].weight)


def test_divergence_is_an_error_not_a_model() -> None:
    line = Line()
    with pytest.raises(FloatingPointError, match="epoch 1 ended with a validation RMSE of nan"):
        train(line.module, 256, line.loss, lambda: float("nan"), QUICK, seed=0)


@pytest.mark.parametrize(("rows", "size"), [(0, 128), (18_000, 256), (90_000, 1024), (900_000, 8192), (10**8, 8192)])
def test_batches_grow_with_the_fold(rows: int, size: int) -> None:
    assert batch_size(rows, TrainingConfig()) == size


def test_a_configured_batch_size_is_kept() -> None:
    assert batch_size(90_000, TrainingConfig(batch_size=7)) == 7


def test_bad_values_name_the_field() -> None:
    with pytest.raises(ValidationError, match="learning_rate"):
        TrainingConfig(learning_rate=-1)


def test_out_of_memory_halves_what_is_computed_at_a_time_and_not_the_step() -> None:
    config = QUICK.model_copy(update={"batch_size": 50, "epochs": 3})
    enough, small = Line(), SmallMemory(holds=20)
    expected, done = enough.train(config), small.train(config)
    for row, other in zip(done.curve, expected.curve, strict=True):
        assert row["train_rmse"] == pytest.approx(other["train_rmse"], abs=1e-6)
        assert row["valid_rmse"] == pytest.approx(other["valid_rmse"], abs=1e-6)
    torch.testing.assert_close(small.module[1].weight, enough.module[1].weight, atol=1e-6, rtol=0)
    # 50 rows in parts of 13, after 50 and 25 did not fit; the last batch of an epoch has 6.
    assert small.sizes == [13, 13, 13, 11, 13, 13, 13, 11, 13, 13, 13, 11, 13, 13, 13, 11, 13, 13, 13, 11, 6] * 3
    said = [line for line in small.told if "memory" in line]
    assert said == [f"out of memory: {n} ratings at a time from now on, the same step" for n in (25, 13)]


def test_a_failed_attempt_leaves_no_gradient_behind() -> None:
    """Memory may run out in the second half of a batch, when the first has its gradient already."""
    config = QUICK.model_copy(update={"batch_size": 64, "epochs": 1})
    enough, late = Line(), SmallMemory(holds=32)
    plain, calls = late.loss, []

    def loss(rows: Tensor) -> tuple[Tensor, Tensor]:
        calls.append(len(rows))
        if calls == [64, 32, 32]:
            raise torch.OutOfMemoryError("CUDA out of memory (made up)")
        return plain(rows)

    late.loss = loss
    enough.train(config)
    late.train(config)
    assert calls[:7] == [64, 32, 32, 16, 16, 16, 16]
    torch.testing.assert_close(late.module[1].weight, enough.module[1].weight, atol=1e-6, rtol=0)


def test_memory_is_given_back_before_the_next_attempt() -> None:
    """As long as the exception is handled it keeps the failed attempt's tensors alive."""
    line = SmallMemory(holds=32)
    line.train(QUICK.model_copy(update={"batch_size": 64, "epochs": 1}))
    assert "out of memory" in line.told[0] and line.handled[0] is None


def test_memory_for_not_even_one_row_is_an_error() -> None:
    line = SmallMemory(holds=0)
    with pytest.raises(torch.OutOfMemoryError):
        line.train(QUICK)
    assert line.told[-1].startswith("out of memory: 1 ratings at a time")


def test_the_cosine_falls_from_the_highest_rate_to_a_hundredth_of_it() -> None:
    config = TrainingConfig(epochs=10, learning_rate=0.2, warmup=0)
    assert learning_rate(config, 0) == pytest.approx(0.2)
    assert learning_rate(config, 5) == pytest.approx(0.2 * 0.505)
    assert learning_rate(config, 10 - 1e-9) == pytest.approx(0.002)
    rates = [learning_rate(config, step / 7) for step in range(70)]
    assert rates == sorted(rates, reverse=True)


def test_warmup_rises_in_a_line_over_its_share_of_the_steps() -> None:
    config = TrainingConfig(epochs=10, learning_rate=0.2, warmup=0.1, schedule="constant")
    assert [learning_rate(config, p) for p in (0, 0.25, 0.5, 1, 9)] == pytest.approx([0.002, 0.05, 0.1, 0.2, 0.2])


def test_the_inverse_schedule_is_alexanders_formula_at_every_epoch() -> None:
    config = TrainingConfig(epochs=20, learning_rate=0.1, schedule="inverse", decay_rate=0.5, warmup=0)
    starts = [learning_rate(config, epoch) for epoch in range(20)]
    assert starts == pytest.approx([0.1 / (1 + 0.5 * epoch) for epoch in range(20)], rel=1e-12)
    assert [learning_rate(config, epoch + 0.99) for epoch in range(20)] == starts, "it falls between epochs only"


def test_a_constant_rate_stays() -> None:
    config = TrainingConfig(epochs=4, learning_rate=0.3, schedule="constant", warmup=0)
    assert {learning_rate(config, step / 5) for step in range(20)} == {0.3}


@pytest.mark.parametrize("schedule", ["cosine", "inverse"])
def test_warm_restarts_repeat_a_shorter_training(schedule: str) -> None:
    once = TrainingConfig(epochs=4, learning_rate=0.1, schedule=schedule, warmup=0.1)
    thrice = once.model_copy(update={"epochs": 12, "cycles": 3})
    expected = [learning_rate(once, step / 8) for step in range(32)] * 3
    assert [learning_rate(thrice, step / 8) for step in range(96)] == pytest.approx(expected)


def test_training_follows_the_schedule() -> None:
    """What the optimizer is told, step by step: 2 epochs of 4 steps."""
    line, rates = Line(), []
    config = QUICK.model_copy(update={"epochs": 2, "batch_size": 64, "warmup": 0.0, "schedule": "inverse"})
    step = torch.optim.AdamW.step

    def noted(optimizer: torch.optim.Optimizer, *args: object) -> object:
        rates.append([group["lr"] for group in optimizer.param_groups])
        return step(optimizer, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", noted)
        line.train(config)
    assert rates == [[0.05, 0.05]] * 4 + [[pytest.approx(0.05 / 1.1)] * 2] * 4


def test_alexanders_batches_stay_below_the_initial_size() -> None:
    """Section 4.6 multiplies the initial size by e / (e + 1), which is to make it grow but never reaches it."""
    config = TrainingConfig(batch_size=120, batch_schedule="alexander2024")
    sizes = [batch_size(9000, config, gone) for gone in range(100)]
    assert sizes[:4] == [60, 80, 90, 96]
    assert sizes == sorted(sizes) and max(sizes) < 120
    assert batch_size(9000, TrainingConfig(batch_size=1, batch_schedule="alexander2024")) == 1


def test_growing_batches_grow_and_training_takes_them() -> None:
    config = QUICK.model_copy(update={"batch_size": 100, "batch_schedule": "growing", "epochs": 3})
    assert [batch_size(256, config, gone) for gone in range(3)] == [100, 200, 300]
    line = SmallMemory(holds=256)
    line.train(config)
    assert line.sizes == [100, 100, 56, 200, 56, 256]


def test_no_epoch_is_begun_when_the_time_is_over_but_for_the_first() -> None:
    line = Line()
    done = train(line.module, 256, line.loss, line.rmse, QUICK, seed=0, until=time.monotonic())
    assert done.epoch == 1 and done.best_epoch == 1
    in_time = Line()
    assert train(in_time.module, 256, in_time.loss, in_time.rmse, QUICK, seed=0, until=time.monotonic() + 99).epoch == 8


def test_whoever_draws_the_batches_decides_which_rows_stand_together() -> None:
    line, seen = Line(), []

    def pairs(n_rows: int, size: int) -> list[Tensor]:
        return list(torch.arange(n_rows).split(2 * size))

    def loss(rows: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(rows.tolist())
        return line.loss(rows)

    train(line.module, 256, loss, line.rmse, QUICK.model_copy(update={"epochs": 1}), seed=0, batches=pairs)
    assert seen == [list(range(start, start + 32)) for start in range(0, 256, 32)]


def test_a_long_epoch_tells_how_far_it_is(monkeypatch) -> None:
    monkeypatch.setattr("models.training.TELL_EVERY", 0.0)
    line, told = Line(), []
    train(line.module, 256, line.loss, line.rmse, QUICK.model_copy(update={"epochs": 1}), seed=0, progress=told.append)
    assert [said.partition(",")[0] for said in told[:2]] == ["in epoch 1: step 1 of 16", "in epoch 1: step 2 of 16"]
    assert len(told) == 17
