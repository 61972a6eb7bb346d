"""Any timm image model from a folder (config.json with an `architecture`), with its own preprocessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import timm
import torch

from models.encoders._batched_image import BatchedImage
from models.encoders.encoder import EncoderIdentity
from models.encoders.folders import config, file_digest, hub_commit, require_weights, revision
from models.encoders.preprocessing import Preprocessing, normalising


class TimmImage(BatchedImage):
    """The features before the classifier, pooled as the model itself does ([CLS] for most ViTs, mean for CNNs)."""

    def __init__(
        self, folder: Path, name: str, device: str = "auto", threads: int | None = None, precision: str | None = None
    ) -> None:
        """Raises ValueError where the folder has no safetensors weights or they do not fit the architecture."""
        model = _load(folder)
        data = timm.data.resolve_model_data_config(model)
        super().__init__(model, _preprocessing(data), device, threads, precision)
        self._hub_commit = hub_commit(folder)
        architecture = config(folder)["architecture"] + (f", hub commit {self._hub_commit}" if self._hub_commit else "")
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=str(getattr(model, "global_pool", "") or "model's own"),
            preprocessing=_facts(data, folder),
            precision=self._precision,
            dimension=model.num_features,
            description=f"{name}: timm {architecture}, pooled features before the classifier.",
            classical=False,
        )


def _load(folder: Path) -> torch.nn.Module:
    require_weights(folder)
    try:
        return timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0)
    except RuntimeError as error:
        raise ValueError(f"{folder.name}: its weights do not fit its architecture: {error}") from error


def _facts(data: dict[str, Any], folder: Path) -> str:
    facts = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return f"timm {facts}, JPEG drafts, config.json {file_digest(folder / 'config.json')[:12]}"


def _preprocessing(data: dict[str, Any]) -> Preprocessing:
    """The model's own transform up to bytes (timm has it for its prefetcher, which also normalises on the device)."""
    transform = timm.data.create_transform(**data, is_training=False, use_prefetcher=True)
    return Preprocessing(lambda picture: np.asarray(transform(picture)), **normalising(data["mean"], data["std"]))
