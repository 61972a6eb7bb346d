"""Any timm image model from a folder (config.json with an `architecture`), with its own preprocessing."""

from __future__ import annotations

import json
from pathlib import Path

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import timm
import torch
from PIL import Image

from models.encoders._batched_image import BatchedImage
from models.encoders.encoder import EncoderIdentity
from models.encoders.folders import config, file_digest, require_weights, revision


class TimmImage(BatchedImage):
    """The features before the classifier, pooled as the model itself does ([CLS] for most ViTs, mean for CNNs)."""

    def __init__(
        self, folder: Path, name: str, device: str = "auto", threads: int | None = None, precision: str | None = None
    ) -> None:
        """Raises ValueError where the folder has no safetensors weights or they do not fit the architecture."""
        super().__init__(device, threads, precision)
        require_weights(folder)
        try:
            model = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0)
        except RuntimeError as error:
            raise ValueError(f"{folder.name}: its weights do not fit its architecture: {error}") from error
        self._model = model.eval().to(self._device)
        self._data = timm.data.resolve_model_data_config(model)
        self._transform = timm.data.create_transform(**self._data, is_training=False)
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=str(getattr(model, "global_pool", "") or "model's own"),
            preprocessing=self._preprocessing(folder),
            precision=self._precision,
            dimension=self._model.num_features,
            description=f"{name}: timm {config(folder)['architecture']}, pooled features before the classifier.",
            classical=False,
        )

    @property
    def _side(self) -> int:
        return max(self._data["input_size"][1:])

    def _preprocessing(self, folder: Path) -> str:
        facts = json.dumps(self._data, sort_keys=True, separators=(",", ":"))
        return f"timm {facts}, JPEG drafts, config.json {file_digest(folder / 'config.json')[:12]}"

    def _prepare(self, picture: Image.Image) -> torch.Tensor:
        return self._transform(picture)

    def _forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._model(pixels)
