"""Fetching a model folder from the Hugging Face hub, or from the hub's cache on this machine."""

from __future__ import annotations

from pathlib import Path

FILES = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*-of-*.safetensors"]
"""What is downloaded: configuration, tokenizer and safetensors weights; no code and no pickles."""


class EncoderUnavailable(ValueError):
    """The encoder that was asked for cannot be had; the message is one paragraph that says what to do."""


def download(name: str, variable: str) -> Path:
    """The local folder of hub model `name`, which may be pinned: `owner/name@revision`. Raises EncoderUnavailable.

    variable: the environment variable that chose the name, for the message.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository, _, pinned = name.partition("@")
    try:
        found = snapshot_download(repository, revision=pinned or None, allow_patterns=FILES)
    except HFValidationError as error:
        raise EncoderUnavailable(_explain(name, variable, "that is neither a folder here nor a hub name")) from error
    except LocalEntryNotFoundError as error:
        raise EncoderUnavailable(
            _explain(name, variable, "the hub cannot be reached and its cache lacks it")
        ) from error
    except (HfHubHTTPError, OSError) as error:
        reason = f"the hub answered: {str(error).strip().splitlines()[0]}"
        raise EncoderUnavailable(_explain(name, variable, reason)) from error
    return Path(found)


def timm_repository(name: str) -> str:
    """The hub repository of a bare timm name (`vit_base_patch16_224`); any other name as it is."""
    bare, at, pinned = name.partition("@")
    if "/" in bare:
        return name
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import timm

    known = timm.models.get_pretrained_cfg(bare) if timm.is_model(bare.split(".")[0]) else None
    return f"{known.hf_hub_id}{at}{pinned}" if known and known.hf_hub_id else name


def _explain(name: str, variable: str, reason: str) -> str:
    return (
        f"The encoder {name!r} could not be loaded: {reason}. Put its folder (config.json, model.safetensors and the "
        f"tokenizer or image processor files) into TRIFUSE_WEIGHTS, or set {variable} to a folder, to a hub name that "
        f"can be reached from here (owner/name, or owner/name@revision), or to {CLASSICAL[variable]!r}, which needs no "
        "download."
    )


CLASSICAL = {"TRIFUSE_TEXT_ENCODER": "tfidf-svd", "TRIFUSE_IMAGE_ENCODER": "color-gradient-histogram"}
"""The encoder behind each variable that always works."""
