"""Puts pieces of text through a model: padded batches within a budget, halved where a GPU's memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from models.encoders import compiling
from models.encoders.batching import Budget, batches, bucket

Forward = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]
"""float32 [n, d] from token numbers [n, width] and their mask [n, width]; no mask: no padding."""
CPU_BUDGET = 2048
"""Padded tokens at once. From 1,024 to 4,096 the speed is the same within a few parts in a hundred (MiniLM, texts of
32 to 512 tokens, either arithmetic); small batches hold less padding, large ones outgrow the processor's caches."""
GPU_BUDGET, GPU_MOST = 16_384, 1_048_576


class TextRunner:
    """One model on one device, with what it learned about batch sizes; not for use by two threads at once."""

    def __init__(
        self,
        forward: Forward,
        device: torch.device,
        budget: Budget,
        pad: int,
        longest: int,
        always_full: bool = False,
        compiled: Callable[[], Forward] | None = None,
    ) -> None:
        """pad: number of the padding token. longest: tokens that the model takes.

        always_full: pad every text to the longest, and give no mask, as SigLIP was trained. compiled: makes the
        compiled form of `forward`, to be tried on a large job; None: never.
        """
        self.budget, self.tokens, self.padded = budget, 0, 0
        self.compiled = "no: not tried, the job was not large" if compiled else "no: only a single tower on a GPU"
        self._forward, self._device, self._compile = forward, device, compiled
        self._pad, self._longest, self._always_full = pad, longest, always_full

    def run(self, pieces: list[np.ndarray], advance: Callable[[list[int]], None]) -> np.ndarray:
        """float32 [len(pieces), d], row i for pieces[i]; one piece or more.

        advance: called after every batch with its rows. On a GPU all vectors come back in one copy at the end.
        Raises RuntimeError where memory runs out even for a single piece.
        """
        order: list[int] = []
        found: list[torch.Tensor] = []
        for rows in batches([self._width(len(piece)) for piece in pieces], lambda: self.budget.tokens):
            found += self._batch([pieces[row] for row in rows])
            order += rows
            advance(rows)
        vectors = torch.cat(found).cpu().numpy()
        ordered = np.empty_like(vectors)
        ordered[order] = vectors
        return ordered

    def _width(self, length: int) -> int:
        if self._always_full:
            return self._longest
        return length if self._device.type == "cpu" else min(bucket(length), self._longest)

    def _batch(self, pieces: list[np.ndarray]) -> list[torch.Tensor]:
        found, start, count = [], 0, len(pieces)
        while start < len(pieces):
            vectors = self._attempt(pieces[start : start + count])
            if vectors is not None:
                found.append(vectors)
                start += count
            elif count == 1:
                raise RuntimeError(
                    f"{self._device}: its memory does not hold one text of {len(pieces[start])} tokens beside the "
                    "model. Free it of other work, choose a smaller model, or compute on the CPU (device cpu)."
                )
            else:
                count = (count + 1) // 2
        return found

    def _attempt(self, pieces: list[np.ndarray]) -> torch.Tensor | None:
        """None where the GPU's memory ran out; the budget is halved then."""
        try:
            return self._measured(*self._inputs(pieces))
        except torch.cuda.OutOfMemoryError:
            self.budget.halve()
        torch.cuda.empty_cache()  # only here, where the error, which holds on to the batch's tensors, is gone
        return None

    def _measured(self, ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        learning = self._device.type == "cuda" and not self.budget.settled
        if learning:
            torch.cuda.reset_peak_memory_stats(self._device)
            before = torch.cuda.memory_allocated(self._device)
        elif self._compile and self.padded > compiling.AFTER_TOKENS:
            make, self._compile = self._compile, None
            self._forward, self.compiled = compiling.faster(self._forward, make(), (ids, mask), self._wait)
        with self.budget.measured(ids.numel()):
            vectors = self._forward(ids, mask)
        if learning:
            used = torch.cuda.max_memory_allocated(self._device) - before
            self.budget.fit(used / ids.numel(), free_memory(self._device))
        return vectors

    def _wait(self) -> None:
        torch.cuda.synchronize(self._device)

    def _inputs(self, pieces: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor | None]:
        lengths = np.array([len(piece) for piece in pieces])
        ids = np.full((len(pieces), self._width(int(lengths.max()))), self._pad, dtype=np.int64)
        for row, piece in enumerate(pieces):
            ids[row, : len(piece)] = piece
        self.tokens += int(lengths.sum())
        self.padded += ids.size
        sent = self._send(ids)
        if self._always_full or lengths.min() == ids.shape[1]:
            return sent, None  # a mask that hides nothing costs time
        places = torch.arange(ids.shape[1], device=self._device)
        return sent, (places < self._send(lengths).unsqueeze(1)).long()

    def _send(self, numbers: np.ndarray) -> torch.Tensor:
        """To the device without waiting for it: from pinned memory the copy runs beside the computation."""
        tensor = torch.from_numpy(numbers)
        if self._device.type == "cpu":
            return tensor
        return tensor.pin_memory().to(self._device, non_blocking=True)

    @property
    def telemetry(self) -> dict[str, Any]:
        """What was chosen and measured so far; plain JSON values."""
        peak = torch.cuda.max_memory_reserved(self._device) / 2**20 if self._device.type == "cuda" else None
        return {
            "token_budget": self.budget.tokens,
            "tokens": self.tokens,
            "padding_share": 1 - self.tokens / self.padded if self.padded else 0.0,
            "oom_halvings": self.budget.halvings,
            "compiled": self.compiled,
            "gpu_peak_memory_mb": peak,
        }


def choose_budget(device: torch.device) -> Budget:
    """Fixed on a CPU; on a GPU it starts small and finds its size."""
    if device.type == "cpu":
        return Budget(CPU_BUDGET)
    return Budget(GPU_BUDGET, GPU_MOST, wait=lambda: torch.cuda.synchronize(device))


def free_memory(device: torch.device) -> int:
    """Bytes of the GPU that nobody holds, or that torch holds without using them."""
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + unused
