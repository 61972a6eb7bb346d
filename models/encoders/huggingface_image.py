"""Any Hugging Face vision model from a folder, with its own image processor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import torch
from PIL import Image
from transformers import AutoImageProcessor

from models.encoders._batched_image import BatchedImage
from models.encoders._transformers import load_model
from models.encoders.encoder import EncoderIdentity
from models.encoders.folders import file_digest, require_weights, revision

_FACTS = ("size", "crop_size", "resample", "rescale_factor", "image_mean", "image_std")


class HuggingFaceImage(BatchedImage):
    """[CLS] of a transformer that has one, else the model's own trained pooling, else the mean of its last layer."""

    def __init__(
        self, folder: Path, name: str, device: str = "auto", threads: int | None = None, precision: str | None = None
    ) -> None:
        """Raises ValueError where the folder has no safetensors weights or some of them are missing."""
        super().__init__(device, threads, precision)
        require_weights(folder)
        self._processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False, backend="pil")
        model, trained_pooler = load_model(folder)
        model = getattr(model, "vision_model", model)  # CLIP and its kin carry a text half too
        self._model = model.to(self._device)
        self._pooling = _choose_pooling(model, trained_pooler)
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=self._pooling,
            preprocessing=self._preprocessing(folder),
            precision=self._precision,
            dimension=self._measure(),
            description=f"{name}: last layer of a {model.config.model_type} vision model, {self._pooling} pooling.",
            classical=False,
        )

    @property
    def _side(self) -> int:
        return max(self._prepare(Image.new("RGB", (64, 64))).shape[1:])

    def _preprocessing(self, folder: Path) -> str:
        about = self._processor.to_dict()
        facts = {"class": type(self._processor).__name__} | {fact: about.get(fact) for fact in _FACTS}
        written = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
        return f"{written}, JPEG drafts, config.json {file_digest(folder / 'config.json')[:12]}"

    def _measure(self) -> int:
        """The width of a vector: asked of the model, since configurations name it in many ways."""
        blank = self._prepare(Image.new("RGB", (64, 64))).unsqueeze(0).to(self._device)
        with torch.inference_mode():
            return self._forward(blank).shape[1]

    def _prepare(self, picture: Image.Image) -> torch.Tensor:
        return self._processor(picture, return_tensors="pt")["pixel_values"][0]

    def _forward(self, pixels: torch.Tensor) -> torch.Tensor:
        output = self._model(pixels)
        if self._pooling == "pooler":
            return output.pooler_output.flatten(1)
        hidden = output.last_hidden_state
        if self._pooling == "cls":
            return hidden[:, 0]
        return hidden.mean(dim=(2, 3)) if hidden.ndim == 4 else hidden.mean(dim=1)


def _choose_pooling(model: Any, trained_pooler: bool) -> str:
    """Many ViT checkpoints lack the pooler, which their class then fills at random; [CLS] is always trained."""
    if any(key.endswith("cls_token") for key, _ in model.named_parameters()):
        return "cls"
    with_pooler = hasattr(model, "pooler") or hasattr(model, "head")
    return "pooler" if trained_pooler and with_pooler else "mean"
