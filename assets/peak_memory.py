"""How much memory something took at its peak."""

import os
import resource
from pathlib import Path

CLEAR_REFS = Path("/proc/self/clear_refs")


def forget_peak_memory(device: str) -> None:
    """From now on `peak_memory_mb` tells of what comes after, where the system can do that (Linux, CUDA)."""
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
    elif os.access(CLEAR_REFS, os.W_OK):
        CLEAR_REFS.write_text("5")  # proc(5): resets the peak resident set size


def peak_memory_mb(device: str) -> float:
    """Highest memory since `forget_peak_memory`: of the device on CUDA, else of this process, in MiB."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
