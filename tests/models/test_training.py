"""The training loop on a problem whose answer is known: a line through points."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open
from torch import Tensor, nn

from models.training import Training, TrainingConfig, batch_size, train


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
