"""The GPU's logic, on the CPU: memory that runs out, speeds, and devices are made up."""

from __future__ import annotations

import pytest
import torch

from models.encoders import compiling
from models.encoders.batches import LARGEST, ON_CPU, Batches, fastest_size

CPU = torch.device("cpu")


class Doubled(torch.nn.Module):
    """[n, 1, 1, 2] -> [n, 2]; has memory for `room` pictures."""

    def __init__(self, room: int = 10**9) -> None:
        super().__init__()
        self.room, self.seen = room, []

    def forward(self, pictures):
        if len(pictures) > self.room:
            raise torch.cuda.OutOfMemoryError("made up")
        self.seen.append(len(pictures))
        return pictures.flatten(1) * 2


def made_up(model, size):
    batches = Batches(model, CPU, "float32", (1, 1, 2))
    batches.size = size
    return batches


def pictures(count):
    return torch.arange(count * 2, dtype=torch.float32).view(count, 1, 1, 2)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 40])
def test_pieces_come_back_whole_and_in_order(count):
    batches = made_up(Doubled(), 8)
    assert torch.equal(batches.run(pictures(count)), pictures(count).flatten(1) * 2)
    assert max(batches._model.seen) <= 8


def test_out_of_memory_halves_this_batch_and_all_that_follow():
    batches = made_up(Doubled(room=10), 64)
    assert torch.equal(batches.run(pictures(64)), pictures(64).flatten(1) * 2)
    assert (batches.size, batches.oom_halvings) == (8, 3)
    batches._model.seen.clear()
    batches.run(pictures(20))
    assert batches._model.seen == [8, 8, 4] and batches.oom_halvings == 3
    assert batches.telemetry()["oom_halvings"] == 3


def test_a_last_piece_that_does_not_fit_is_halved_by_its_own_size():
    batches = made_up(Doubled(room=2), 64)
    batches.run(pictures(6))
    assert batches.size == 1 and batches._model.seen == [1] * 6


def test_one_picture_that_does_not_fit_is_an_error():
    with pytest.raises(torch.cuda.OutOfMemoryError):
        made_up(Doubled(room=0), 4).run(pictures(4))


@pytest.mark.parametrize(
    ("fastest", "room", "largest", "expected"),
    [
        (256, 10**9, LARGEST, 256),  # beyond it, nothing is gained
        (10**9, 10**9, LARGEST, LARGEST),
        (10**9, 10**9, 100, 64),  # free memory
        (10**9, 40, LARGEST, 32),  # memory that ran out all the same
        (1, 10**9, LARGEST, 16),
        (10**9, 8, LARGEST, 8),
    ],
)
def test_the_batch_grows_while_that_is_faster(fastest, room, largest, expected):
    asked = []

    def rate(size):
        asked.append(size)
        return min(size, fastest) if size <= room else 0.0

    assert fastest_size(rate, lambda: largest) == expected
    assert asked == sorted(set(asked)), "no size is measured twice"


def test_on_a_cpu_the_size_is_known():
    batches = Batches(Doubled(), CPU, "float32", (1, 1, 2))
    batches.find_size()
    batches.consider_compiling(10**9)
    assert batches.telemetry() == {
        "batch_size": ON_CPU, "oom_halvings": 0, "compiled": "no: only on a GPU", "gpu_peak_memory_mb": None,
    }  # fmt: skip


def test_on_a_gpu_free_memory_bounds_the_size_that_is_searched_once(monkeypatch):
    gpu = {"reset_peak_memory_stats": None, "memory_allocated": 1000, "max_memory_allocated": 1000 + 16 * 50}
    gpu |= {"mem_get_info": (50 * 100, 10**9)}
    for name, value in gpu.items():
        monkeypatch.setattr(torch.cuda, name, lambda _, value=value: value)
    batches = Batches(Doubled(), torch.device("cuda"), "float32", (1, 1, 2))
    asked = []
    monkeypatch.setattr(batches, "_rate", lambda size: asked.append(size) or size)
    assert batches.size == 16, "before the search there is a size too"
    batches.find_size()
    batches.find_size()
    assert (batches.size, asked) == (64, [16, 32, 64]), "80 pictures of 50 bytes are four fifths of what is free"


@pytest.mark.parametrize("faster", [True, False])
def test_the_compiled_model_is_taken_in_large_jobs_and_where_it_is_faster(monkeypatch, faster):
    batches = made_up(Doubled(), 4)
    batches.consider_compiling(10**6)
    assert batches._compiled is None, "never on a CPU"
    made = Doubled()
    monkeypatch.setattr(torch, "compile", lambda *_, **__: made)
    monkeypatch.setattr(batches, "_blank", pictures)
    monkeypatch.setattr(compiling, "faster", lambda eager, new, *_: (new, "yes") if faster else (eager, "no: 1.0"))
    monkeypatch.setattr(batches, "_device", torch.device("cuda"))
    batches.consider_compiling(10)
    assert batches._compiled is None, "a small job does not wait for a compiler"
    batches.consider_compiling(10**6)
    assert batches._compiled is (made if faster else None)
    assert batches._compiling == ("yes" if faster else "no: 1.0")


def test_the_compiled_model_sees_one_shape_only_until_memory_runs_out():
    batches = made_up(Doubled(room=4), 4)
    batches._compiled = batches._model
    assert torch.equal(batches.run(pictures(6)), pictures(6).flatten(1) * 2)
    assert batches._model.seen == [4, 4]
    assert batches._blank(4).is_contiguous(memory_format=torch.channels_last)
    batches._model.room = 3
    assert torch.equal(batches.run(pictures(6)), pictures(6).flatten(1) * 2)
    assert (batches._compiled, batches.size) == (None, 2)
    assert "memory ran out" in batches.telemetry()["compiled"]
