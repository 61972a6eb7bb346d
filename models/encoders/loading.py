"""From a name to an encoder: a classical one, a local folder, or a model of the Hugging Face hub.

Importing this is cheap; torch, transformers, timm and scikit-learn are imported when an encoder needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models.encoders import folders, hub
from models.encoders.encoder import ImageEncoder, TextEncoder

if TYPE_CHECKING:
    from models.encoders.clip import ClipEncoder

TEXT_VARIABLE, IMAGE_VARIABLE = "TRIFUSE_TEXT_ENCODER", "TRIFUSE_IMAGE_ENCODER"
AUDIO_VARIABLE = "TRIFUSE_AUDIO_ENCODER"
TFIDF_SVD, HISTOGRAM = hub.CLASSICAL[TEXT_VARIABLE], hub.CLASSICAL[IMAGE_VARIABLE]


def text_encoder(
    name: str | None,
    weights: Path | None,
    device: str = "auto",
    threads: int | None = None,
    pooling: str | None = None,
    precision: str | None = None,
    prefix: str = "",
    long_texts: str = "cut",
) -> TextEncoder:
    """The text encoder called `name`; without a name the best one in `weights`, else `tfidf-svd`.

    name: "tfidf-svd", a folder, the name of a folder inside `weights`, or a hub name (`owner/name[@revision]`).
    pooling: "cls", "mean" or "last", each with or without "+l2"; None: what the folder declares, else [CLS] as Xia et
    al. 2024; a pair of towers (CLIP and its kin) is always "projected".
    device: "auto", "cpu" or "cuda". threads: CPU threads, None as they are.
    precision: "float32" or "bfloat16"; None: bfloat16 on a device that has it in hardware, else float32.
    prefix: an instruction that stands before every text, as the model's card asks ("query: ").
    long_texts: "cut" at the model's longest input, or "windows": overlapping windows, averaged by their length.
    Raises EncoderUnavailable (a ValueError) or ValueError, each with one readable paragraph.
    """
    folder, shown = locate("text", name, weights)
    if folder is None:
        from models.encoders.tfidf_svd import TfidfSvd

        return TfidfSvd()
    if not folders.is_text(folder):
        raise hub.EncoderUnavailable(
            f"{TEXT_VARIABLE}: {shown!r} is not a text encoder: its folder needs config.json with a model_type, a "
            "tokenizer, and no image processor."
        )
    from models.encoders.huggingface_text import HuggingFaceText

    return HuggingFaceText(folder, shown, device, threads, pooling, precision, prefix, long_texts)


def image_encoder(
    name: str | None,
    weights: Path | None,
    device: str = "auto",
    threads: int | None = None,
    precision: str | None = None,
) -> ImageEncoder:
    """The image encoder called `name`; without a name the best one in `weights`, else `color-gradient-histogram`.

    Everything else is as for `text_encoder`; precision None is bfloat16 only where, beside the device, the model bears
    it (a cosine of 0.999 or more with float32, tried at loading). A bare timm name (`vit_base_patch16_224`) is a hub
    name too; a pair of towers gives vectors in the space that it shares with its texts.
    """
    folder, shown = locate("image", name, weights)
    if folder is None:
        from models.encoders.histogram import ColorGradientHistogram

        return ColorGradientHistogram()
    if folders.is_timm(folder):
        from models.encoders.timm_image import TimmImage

        return TimmImage(folder, shown, device, threads, precision)
    if not folders.is_image(folder):
        raise hub.EncoderUnavailable(
            f"{IMAGE_VARIABLE}: {shown!r} is not an image encoder: its folder needs config.json with an architecture "
            "(timm), or with a model_type beside an image processor's preprocessor_config.json (Hugging Face)."
        )
    from models.encoders.huggingface_image import HuggingFaceImage

    return HuggingFaceImage(folder, shown, device, threads, precision)


def audio_encoder(
    name: str | None, weights: Path | None, device: str = "auto", threads: int | None = None
) -> ClipEncoder:
    """The audio encoder called `name`; without a name the first in `weights`, else `log-mel-statistics`.

    Everything else is as for `text_encoder`.
    """
    folder, shown = locate("audio", name, weights)
    if folder is None:
        from models.encoders.log_mel import LogMelStatistics

        return LogMelStatistics()
    if not folders.is_audio(folder):
        raise hub.EncoderUnavailable(
            f"{AUDIO_VARIABLE}: {shown!r} is not an audio encoder: its folder needs config.json with a model_type, and "
            "a feature extractor's preprocessor_config.json that names a sampling_rate."
        )
    from models.encoders.huggingface_audio import HuggingFaceAudio

    return HuggingFaceAudio(folder, shown, device, threads)


def video_encoder(images: ImageEncoder, sampling: str = "time", frames: int = 8) -> ClipEncoder:
    """An image encoder over at most `frames` frames of each film. sampling: by "time" or by "scene"."""
    from models.encoders.video import VideoEncoder

    return VideoEncoder(images, sampling, frames)


def locate(kind: str, name: str | None, weights: Path | None) -> tuple[Path | None, str]:
    """Which encoder `text_encoder` (kind "text"), `image_encoder` ("image") or `audio_encoder` ("audio") would load,
    without loading it; of "video", which image encoder its frames go through.

    The model folder (None: the classical encoder) and the name that its identity will carry; a hub model is fetched.
    """
    best, variable = {
        "text": (folders.find_text, TEXT_VARIABLE),
        "image": (folders.find_image, IMAGE_VARIABLE),
        "video": (folders.find_image, IMAGE_VARIABLE),
        "audio": (folders.find_audio, AUDIO_VARIABLE),
    }[kind]
    return _find(name, weights, best, variable)


def _find(
    name: str | None, weights: Path | None, best: Callable[[Path], Path | None], variable: str
) -> tuple[Path | None, str]:
    """The model folder and the name to show for it; no folder means the classical encoder."""
    if name == hub.CLASSICAL[variable]:
        return None, name
    if not name:
        found = best(weights) if weights and weights.is_dir() else None
        return (found, found.name) if found else (None, hub.CLASSICAL[variable])
    for folder in [Path(name).expanduser(), *([weights / name] if weights else [])]:
        if (folder / "config.json").is_file():
            return folder.resolve(), folder.resolve().name
    wanted = hub.timm_repository(name) if variable == IMAGE_VARIABLE else name
    return hub.download(wanted, variable), wanted
