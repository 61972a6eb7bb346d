"""Loading a Hugging Face model from a folder: safetensors only, no foreign code, nothing left at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import torch
from transformers import AutoModel
from transformers.utils import logging


def load_model(folder: Path) -> tuple[torch.nn.Module, bool]:
    """The bare model in float32 and eval(), and whether its pooler is trained (or has no weights to train).

    Raises ValueError where other weights are missing: transformers would fill them with random numbers.
    """
    with _quiet():  # its load report calls an unused classifier unexpected
        model, report = AutoModel.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
    missing = set(report["missing_keys"])
    poolers = {key for key in missing if "pooler" in key}
    if missing - poolers:
        example = min(missing - poolers)
        raise ValueError(
            f"{folder.name}: {len(missing - poolers)} weights are missing from its safetensors, {example} for example"
        )
    return model.eval(), not poolers


@contextmanager
def _quiet() -> Iterator[None]:
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
