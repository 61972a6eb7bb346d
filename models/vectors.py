"""What is done with vectors in more places than one."""

from __future__ import annotations

import numpy as np


def standard(values: np.ndarray) -> np.ndarray:
    """float32 [n]: the values with mean 0 and deviation 1; zeros where all are equal."""
    return ((values - values.mean()) / max(values.std(), 1e-9)).astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """[n, d]: the vectors at length one; zeros stay."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
