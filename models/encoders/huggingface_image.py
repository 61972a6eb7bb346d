"""Any Hugging Face vision model from a folder, with its own image processor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor

from models.encoders._batched_image import BatchedImage
from models.encoders._transformers import load_model
from models.encoders.encoder import EncoderIdentity
from models.encoders.folders import file_digest, hub_commit, is_pair, require_weights, revision
from models.encoders.preprocessing import Preprocessing, normalising

_FACTS = ("size", "crop_size", "resample", "rescale_factor", "image_mean", "image_std")


class HuggingFaceImage(BatchedImage):
    """[CLS] of a transformer that has one, else the model's own trained pooling, else the mean of its last layer.

    Of a pair of towers (CLIP, SigLIP), what the image tower projects into the space that it shares with texts.
    """

    def __init__(
        self, folder: Path, name: str, device: str = "auto", threads: int | None = None, precision: str | None = None
    ) -> None:
        """Raises ValueError where the folder has no safetensors weights or some of them are missing."""
        require_weights(folder)
        processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False, backend="pil")
        model, trained_pooler = load_model(folder)
        pooling = "projected" if is_pair(folder) else _choose_pooling(model, trained_pooler)
        super().__init__(Pooled(model, pooling), preprocessing(processor), device, threads, precision)
        self._hub_commit = hub_commit(folder)
        kind = model.config.model_type + (f" (hub commit {self._hub_commit})" if self._hub_commit else "")
        self._identity = EncoderIdentity(
            name=name,
            revision=revision(folder),
            pooling=pooling,
            preprocessing=_facts(processor, folder),
            precision=self._precision,
            dimension=self._measure(),
            description=f"{name}: last layer of a vision model of type {kind}, {pooling} pooling.",
            classical=False,
        )

    def _measure(self) -> int:
        """The width of a vector: asked of the model, since configurations name it in many ways."""
        return self._batches.run(torch.zeros((1, *self._shape), device=self._device)).shape[1]


class Pooled(torch.nn.Module):
    """A vision model together with the way in which its last layer becomes one vector for each picture."""

    def __init__(self, model: Any, pooling: str) -> None:
        """pooling: "cls", "pooler", "mean" or "projected"."""
        super().__init__()
        self.model, self.pooling = model, pooling
        if pooling == "projected":  # the text half has no part in it, and need not be moved nor kept
            model.text_model = None

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """float [n, d] for float32 [n, channels, height, width]."""
        if self.pooling == "projected":
            features = self.model.get_image_features(pixels)
            return features if isinstance(features, torch.Tensor) else features.pooler_output
        output = self.model(pixels)
        if self.pooling == "pooler":
            return output.pooler_output.flatten(1)
        hidden = output.last_hidden_state
        if self.pooling == "cls":
            return hidden[:, 0]
        return hidden.mean(dim=(2, 3)) if hidden.ndim == 4 else hidden.mean(dim=1)


def _choose_pooling(model: Any, trained_pooler: bool) -> str:
    """Many ViT checkpoints lack the pooler, which their class then fills at random; [CLS] is always trained."""
    if any(key.endswith("cls_token") for key, _ in model.named_parameters()):
        return "cls"
    with_pooler = hasattr(model, "pooler") or hasattr(model, "head")
    return "pooler" if trained_pooler and with_pooler else "mean"


def preprocessing(processor: Any) -> Preprocessing:
    """The processor up to bytes, and its normalisation for a batch; where the two together are not what it does by
    itself (some shift, flip or pad in between), the processor as it is.
    """
    about = processor.to_dict()
    factor = about.get("rescale_factor", 1 / 255) if about.get("do_rescale", True) else 1.0
    mean, std = (about.get("image_mean"), about.get("image_std")) if about.get("do_normalize", True) else (None, None)
    parted = Preprocessing(
        lambda picture: _processed(processor, picture, do_rescale=False, do_normalize=False),
        **normalising(mean or (0.0,) * 3, std or (1.0,) * 3, factor),
    )
    whole = Preprocessing(lambda picture: _processed(processor, picture).astype(np.float32, copy=False))
    return parted if _same(parted, whole) else whole


def _processed(processor: Any, picture: Image.Image, **options: bool) -> np.ndarray:
    return processor(picture, return_tensors="np", **options)["pixel_values"][0]


def _same(parted: Preprocessing, whole: Preprocessing) -> bool:
    """Tried on one small picture of many colours."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))
    bytes_, expected = np.array(parted.pixels(picture)), whole.pixels(picture)
    if bytes_.dtype != np.uint8 or bytes_.shape != expected.shape or bytes_.shape[0] != 3:
        return False
    return np.allclose(parted.finish(torch.from_numpy(bytes_)[None])[0], expected, atol=1e-4)


def _facts(processor: Any, folder: Path) -> str:
    about = processor.to_dict()
    facts = {"class": type(processor).__name__} | {fact: about.get(fact) for fact in _FACTS}
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return f"{written}, JPEG drafts, config.json {file_digest(folder / 'config.json')[:12]}"
