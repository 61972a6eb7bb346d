"""bfloat16: where the processor multiplies it natively and the model bears it. Twice as fast or more, half as wide."""

from __future__ import annotations

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import torch
from PIL import Image
from torch import nn
from transformers import PreTrainedModel

from models.encoders._attention import use_bmm
from models.encoders._compute import inference
from models.encoders.preprocessing import Preprocessing

FLOOR = 0.999
"""The least cosine between a picture's vector in bfloat16 and in float32 with which bfloat16 is chosen unasked."""
SAMPLES = 6
"""Pictures on which that is tried."""


def agreement(model: nn.Module, preprocessing: Preprocessing, device: torch.device, threads: int | None) -> float:
    """The worst cosine between the vectors of a few made-up pictures in bfloat16 and in float32.

    Measured, not looked up in a list of architectures: what bfloat16 costs depends on a model's weights too. ViT-Ti
    keeps 0.9999 on these; MobileNetV2, whose depthwise filters span a wide range, falls to 0.98.
    """
    pixels = preprocessing.finish(torch.from_numpy(_samples(preprocessing)).to(device))
    vectors = []
    for precision in ("float32", "bfloat16"):
        with inference(device, precision, threads):
            vectors.append(model(pixels).float())
    return float(nn.functional.cosine_similarity(*vectors).min())


def _samples(preprocessing: Preprocessing) -> np.ndarray:
    """[SAMPLES, channels, height, width]: blots of colour from coarse to fine, dark to bright, always the same."""
    random, made = np.random.default_rng(0), []
    for blots, brightest in zip((2, 3, 5, 9, 17, 64), (256, 64, 256, 128, 256, 256), strict=True):
        colours = random.integers(0, brightest, (blots, blots, 3), dtype=np.uint8)
        picture = Image.fromarray(colours).resize((256, 256), Image.Resampling.BICUBIC)
        made.append(preprocessing.pixels(picture))
    return np.stack(made)


def freeze(model: nn.Module) -> None:
    """Turn the weights of linear and convolution layers into bfloat16 for good.

    Autocast rounds them the same way, but in inference mode at every call again. They also take half the memory.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.to(torch.bfloat16)


def attends(model: nn.Module) -> bool:
    """Whether the model has attention anywhere, by the names of its layers."""
    return any("Attention" in type(module).__name__ for module in model.modules())


def plain_attention(model: nn.Module) -> bool:
    """Attention by two matrix products and a softmax: in bfloat16 on a CPU faster than the fused kernel.

    Of one thread's time that saved ViT-B/16 9% and ViT-Ti/16 10 to 17% (224 px, AVX512-BF16).

    Reaches the attention of timm and of transformers. False, and nothing changed, where there is neither.
    """
    changed = [module for module in model.modules() if getattr(module, "fused_attn", False)]
    for module in changed:
        module.fused_attn = False
    outermost = next((module for module in model.modules() if isinstance(module, PreTrainedModel)), None)
    return bool(changed) or (outermost is not None and use_bmm(outermost))
