"""How busy the GPU was: sampled once a second while it encodes."""

from __future__ import annotations

import threading
from statistics import fmean
from types import TracebackType
from typing import Any


class Utilization:
    """Mean utilisation of the current CUDA device over a block; nothing where there is none."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._samples: list[int] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Utilization:
        import torch

        if torch.cuda.is_available():
            self._thread = threading.Thread(target=self._sample, args=[torch.cuda.utilization], daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _sample(self, utilization: Any) -> None:
        while not self._ended.wait(self._seconds):
            self._samples.append(utilization())

    def facts(self) -> dict[str, Any]:
        """gpu_utilization: mean percent of the time in which a kernel ran, None without a GPU."""
        return {"gpu_utilization": round(fmean(self._samples), 1) if self._samples else None}
