"""Batches through a model on one device: how many pictures at once, and what happens when its memory runs out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from models.encoders import compiling
from models.encoders._compute import inference

ON_CPU = 8
"""Pictures per batch on a CPU: their activations stay in its cache. ViT-Ti and MobileNetV2 are slower at 32."""
SMALLEST, LARGEST = 16, 1024
"""Pictures per batch on a GPU: where the search begins and where it ends."""
WORTH = 1.05
"""How many times as fast a batch of twice the size must be to be taken."""
COMPILE_AFTER = 50_000
"""Pictures in one job after which compiling the model, a minute or so, may pay."""


class Batches:
    """Runs a model [n, channels, height, width] -> [n, d], in pieces of `size` pictures, which is found by itself.

    A piece for which the device has no memory is halved, and so are all that follow. Never more than one thread on a
    GPU; on a CPU, where nothing here changes after the start, as many as there are.
    """

    def __init__(self, model: nn.Module, device: torch.device, precision: str, shape: tuple[int, int, int]) -> None:
        """shape: (channels, height, width) of the float32 pictures that the model takes."""
        self._model, self._device, self._precision, self._shape = model, device, precision, shape
        self._compiled: Callable[[torch.Tensor], torch.Tensor] | None = None
        self._compiling_tried = False
        self._compiling = "no: not tried, the job was not large" if device.type == "cuda" else "no: only on a GPU"
        self._size_is_found = device.type == "cpu"
        self.size = ON_CPU if device.type == "cpu" else SMALLEST
        self.oom_halvings = 0

    def find_size(self) -> None:
        """On a GPU, once: measure which batch is fast enough, a second or two on blank pictures."""
        if self._size_is_found:
            return
        self._size_is_found = True
        torch.cuda.reset_peak_memory_stats(self._device)
        before = torch.cuda.memory_allocated(self._device)
        self.size = fastest_size(self._rate, lambda: self._largest(before))

    def run(self, pictures: torch.Tensor) -> torch.Tensor:
        """float32 [n, d] on the device, for float32 pictures [n, channels, height, width] there.

        Raises torch.cuda.OutOfMemoryError where not even one picture fits.
        """
        vectors, done = [], 0
        with inference(self._device, self._precision, None):
            while done < len(pictures):
                piece = pictures[done : done + self.size]
                made = self._try(piece)
                if made is None:
                    self._halve(len(piece))
                else:
                    vectors.append(made)
                    done += len(piece)
        return torch.cat(vectors)

    def _try(self, piece: torch.Tensor) -> torch.Tensor | None:
        """None where memory ran out: the error, and all that it holds on to, is gone by then."""
        try:
            return self._forward(piece)
        except torch.cuda.OutOfMemoryError:
            if len(piece) == 1:
                raise
            return None

    def _forward(self, piece: torch.Tensor) -> torch.Tensor:
        if self._device.type == "cuda":
            piece = piece.contiguous(memory_format=torch.channels_last)
        if self._compiled is None:
            return self._model(piece).float()
        filled = self._blank(self.size)  # the one shape that it was compiled for
        filled[: len(piece)] = piece
        return self._compiled(filled)[: len(piece)].float().clone()  # its next call writes over what it returned

    def _blank(self, size: int) -> torch.Tensor:
        """Black pictures, laid out channels last: so that convolutions find them as the GPU's own units want them."""
        layout = torch.channels_last
        return torch.empty((size, *self._shape), device=self._device, memory_format=layout).zero_()

    def _halve(self, tried: int) -> None:
        self.size, self.oom_halvings = max(1, min(self.size, tried) // 2), self.oom_halvings + 1
        if self._compiled is not None:  # it knows only the size that was too large
            self._compiled, self._compiling = None, "no: not any more, memory ran out"
        torch.cuda.empty_cache()

    def _rate(self, size: int) -> float:
        """Pictures per second in batches of `size`, on blanks after one to warm up; 0 where memory ran out."""
        with inference(self._device, self._precision, None):
            blank = self._blank(size)
            if self._try(blank) is None:
                torch.cuda.empty_cache()
                return 0.0
            self._wait()
            started = time.perf_counter()
            self._forward(blank)
            self._forward(blank)
            self._wait()
        return 2 * size / (time.perf_counter() - started)

    def _largest(self, before: int) -> int:
        """As many pictures as four fifths of the free memory hold, by what the smallest batch took at its peak.

        before: bytes that were allocated before that batch, the model's own above all.
        """
        each = (torch.cuda.max_memory_allocated(self._device) - before) / SMALLEST
        free, _ = torch.cuda.mem_get_info(self._device)
        return min(LARGEST, int(0.8 * free / max(each, 1)))

    def consider_compiling(self, done: int) -> None:
        """On a GPU, once, after COMPILE_AFTER pictures of a job: take the compiled model if it is faster."""
        if self._device.type != "cuda" or self._compiling_tried or done < COMPILE_AFTER:
            return
        self._compiling_tried = True
        made = torch.compile(self._model, mode="reduce-overhead", dynamic=False)
        with inference(self._device, self._precision, None):
            inputs = (self._blank(self.size),)
            taken, self._compiling = compiling.faster(self._model, made, inputs, self._wait)
        self._compiled = made if taken is made else None

    def _wait(self) -> None:
        torch.cuda.synchronize(self._device)

    def telemetry(self) -> dict[str, Any]:
        """What was found and what happened, in plain values."""
        peak = torch.cuda.max_memory_allocated(self._device) / 2**20 if self._device.type == "cuda" else None
        return {
            "batch_size": self.size,
            "oom_halvings": self.oom_halvings,
            "compiled": self._compiling,
            "gpu_peak_memory_mb": peak,
        }


def fastest_size(rate: Callable[[int], float], largest: Callable[[], int]) -> int:
    """The batch size, doubled from SMALLEST while pictures per second still grow by WORTH.

    rate: pictures per second at a size, 0 where memory runs out. largest: asked once, after the smallest was tried.
    """
    size, best = SMALLEST, rate(SMALLEST)
    if not best:
        return max(1, SMALLEST // 2)  # it will be halved further where that is too much as well
    end = largest()
    while size * 2 <= end:
        faster = rate(size * 2)
        if faster < WORTH * best:
            break
        size, best = size * 2, faster
    return size
