"""What timm and Hugging Face image encoders share: read and decode in threads, run in batches, collect by shard."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from models.encoders import low_precision
from models.encoders._compute import (
    check_precision,
    choose_device,
    device_precision,
    instructions,
    keep_freed_memory,
)
from models.encoders.ahead import ahead
from models.encoders.batches import ON_CPU, Batches
from models.encoders.encoder import Advance, EncoderIdentity, ImageEncoder, Progress, silent, still, throttled
from models.encoders.pictures import Source, open_named
from models.encoders.preprocessing import Preprocessing


class Job(NamedTuple):
    """The pictures that one thread decodes at a time, and whether a shard ends with them."""

    sources: Sequence[Source]
    ends_shard: bool


@dataclass
class Spent:
    """Seconds in which the model computed, and in which it stood waiting for pictures."""

    computing: float = 0.0
    waiting: float = 0.0


class BatchedImage(ImageEncoder):
    """An image encoder whose pictures all become tensors of one shape.

    On a CPU every thread decodes and encodes batches of its own, one core each: nobody waits for anybody. On a GPU
    the threads decode, and one batch after the other is put together, sent and run; threads and not processes, since
    Pillow lets go of Python's lock while it decodes and resizes.
    """

    def __init__(
        self, model: nn.Module, preprocessing: Preprocessing, device: str, threads: int | None, precision: str | None
    ) -> None:
        """model: float32, pictures [n, channels, height, width] in, vectors [n, d] out; it is changed.

        device: auto, cpu or cuda. threads: CPU threads, None as they are. precision: float32 or bfloat16; None is
        bfloat16 where the device has it and the model keeps low_precision.FLOOR with it, else float32.
        """
        self._device, self._threads = choose_device(device), threads
        self._model, self._preprocessing = model.eval().to(self._device), preprocessing
        self._cosine: float | None = None
        self._precision = check_precision(precision) if precision else self._choose_precision()
        self._attention = "sdpa" if low_precision.attends(self._model) else "none"
        if self._precision == "bfloat16":
            low_precision.freeze(self._model)
            if self._device.type == "cpu" and low_precision.plain_attention(self._model):
                self._attention = "bmm"
        if self._device.type == "cuda":
            self._model.to(memory_format=torch.channels_last)
        else:
            keep_freed_memory()
        self._shape = preprocessing.shape()
        self._batches = Batches(self._model, self._device, self._precision, self._shape)
        self._spent = Spent()
        self._identity: EncoderIdentity
        self._hub_commit: str | None = None

    def _choose_precision(self) -> str:
        if device_precision(self._device) == "float32":
            return "float32"
        self._cosine = low_precision.agreement(self._model, self._preprocessing, self._device, self._threads)
        return "bfloat16" if self._cosine >= low_precision.FLOOR else "float32"

    @property
    def identity(self) -> EncoderIdentity:
        """Fixed when the folder is loaded."""
        return self._identity

    @property
    def telemetry(self) -> dict[str, Any]:
        """Plain values. self_check_cosine: the worst of bfloat16 against float32 at loading, None where not asked.

        decode_wait_share: of the time in which pictures were encoded, the part in which the thread that feeds the
        model waited for them (a GPU may still have been at work) or, on a CPU, decoded them itself.
        """
        seconds = self._spent.computing + self._spent.waiting
        return {
            "device": str(self._device),
            "precision": self._precision,
            "instructions": instructions(self._device),
            "threads": self._workers(),
            "decode_threads": self._workers(),
            "attention": self._attention,
            "hub_commit": self._hub_commit,
            "self_check_cosine": self._cosine,
            "decode_wait_share": self._spent.waiting / seconds if seconds else None,
            **self._batches.telemetry(),
        }

    def encode(self, paths: Sequence[Source], progress: Progress = silent) -> np.ndarray:
        """float32 [len(paths), d]; see ImageEncoder."""
        done, tell = 0, throttled(progress)

        def advance(more: int) -> None:
            nonlocal done
            done += more
            tell(done, len(paths))

        (vectors,) = self.stream([paths], advance)
        return vectors

    def stream(self, shards: Iterable[Sequence[Source]], advance: Advance = still) -> Iterator[np.ndarray]:
        """float32 [len(shard), d] of one shard after the other, decoding ahead across their borders; see Encoder."""
        before = torch.get_num_threads()
        workers = self._workers()
        size = {"initializer": torch.set_num_threads, "initargs": (1,)} if self._device.type == "cpu" else {}
        run = self._on_cpu if self._device.type == "cpu" else self._on_gpu
        try:
            with ThreadPoolExecutor(workers, "pictures", **size) as pool:
                yield from run(pool, workers, _jobs(shards), advance)
        finally:
            torch.set_num_threads(before)  # torch takes a thread's own number for that of threads to come

    def _workers(self) -> int:
        """Threads that decode, and on a CPU compute too: the caller's wish, else as torch has them (GPU: all cores)."""
        cores = torch.get_num_threads() if self._device.type == "cpu" else os.cpu_count() or 1
        return self._threads or cores

    def _on_cpu(
        self, pool: ThreadPoolExecutor, workers: int, jobs: Iterator[Job], advance: Advance
    ) -> Iterator[np.ndarray]:
        vectors = []
        for job, (made, spent) in ahead(pool, self._decode_and_run, jobs, 3 * workers):
            self._spent.computing += spent.computing
            self._spent.waiting += spent.waiting
            vectors.append(made)
            advance(len(job.sources))
            if job.ends_shard:
                yield torch.cat(vectors).numpy()
                vectors = []

    def _decode_and_run(self, job: Job) -> tuple[torch.Tensor, Spent]:
        started = time.perf_counter()
        pixels = self._decode(job)
        decoded = time.perf_counter()
        vectors = self._run(pixels)
        return vectors, Spent(computing=time.perf_counter() - decoded, waiting=decoded - started)

    def _on_gpu(
        self, pool: ThreadPoolExecutor, workers: int, jobs: Iterator[Job], advance: Advance
    ) -> Iterator[np.ndarray]:
        self._batches.find_size()
        vectors, batch, done = [], [], 0
        limit = 2 * (workers + self._batches.size // ON_CPU)  # two batches, and what the threads have in hand
        asked = time.perf_counter()
        for job, pixels in ahead(pool, self._decode, jobs, limit):
            self._spent.waiting += (got := time.perf_counter()) - asked
            batch.append(pixels.to(self._device, non_blocking=True))
            if job.ends_shard or sum(map(len, batch)) >= self._batches.size:
                vectors.append(self._run(torch.cat(batch)))
                done += sum(map(len, batch))
                advance(sum(map(len, batch)))
                batch = []
                self._batches.consider_compiling(done)
            if job.ends_shard:
                made, vectors = (
                    torch.cat(vectors).cpu().numpy(),
                    [],
                )  # the one place where this thread waits for the GPU
                self._spent.computing += time.perf_counter() - got
                yield made
            else:
                self._spent.computing += time.perf_counter() - got
            asked = time.perf_counter()

    def _decode(self, job: Job) -> torch.Tensor:
        """[n, channels, height, width]: bytes, unless the model's own processor had to finish them."""
        opened = [open_named(source, at_least=2 * max(self._shape[1:])) for source in job.sources]
        pixels = np.empty((len(opened), *self._shape), np.uint8 if self._preprocessing.scale else np.float32)
        for row, picture in enumerate(opened):  # twice the input's side above: resizing leaves no trace of the draft
            pixels[row] = self._preprocessing.pixels(picture)
        made = torch.from_numpy(pixels)
        return made.pin_memory() if self._device.type == "cuda" else made

    def _run(self, pixels: torch.Tensor) -> torch.Tensor:
        if not len(pixels):
            return torch.empty((0, self.dimension))
        return self._batches.run(self._preprocessing.finish(pixels))


def _jobs(shards: Iterable[Sequence[Source]]) -> Iterator[Job]:
    """A shard is cut into jobs of ON_CPU pictures; an empty one is one empty job."""
    for shard in shards:
        starts = range(0, max(len(shard), 1), ON_CPU)
        for start in starts:
            yield Job(shard[start : start + ON_CPU], start == starts[-1])
