"""From a decoded picture to the numbers a model takes: resized and cut to bytes by Pillow, normalised in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image


@dataclass(frozen=True)
class Preprocessing:
    """pixels: one RGB picture as uint8 [channels, height, width], or as finished float32 where `scale` is None.

    scale, shift: per channel; a byte b becomes b * scale + shift.
    """

    pixels: Callable[[Image.Image], np.ndarray]
    scale: tuple[float, ...] | None = None
    shift: tuple[float, ...] = ()

    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of what the model takes."""
        return self.pixels(Image.new("RGB", (64, 64))).shape

    def finish(self, pixels: torch.Tensor) -> torch.Tensor:
        """float32 [n, channels, height, width] as the model was trained on, where `pixels` lie: CPU or GPU.

        Until then a picture is bytes, which cross to a GPU in a quarter of the time.
        """
        if self.scale is None:
            return pixels
        scale, shift = (
            torch.tensor(values, device=pixels.device).view(-1, 1, 1) for values in (self.scale, self.shift)
        )
        return pixels.to(torch.float32).mul_(scale).add_(shift)


def normalising(mean: Sequence[float], std: Sequence[float], factor: float = 1 / 255) -> dict[str, tuple[float, ...]]:
    """The scale and shift that do (byte * factor - mean) / std, per channel."""
    return {
        "scale": tuple(factor / deviation for deviation in std),
        "shift": tuple(-centre / deviation for centre, deviation in zip(mean, std, strict=True)),
    }
