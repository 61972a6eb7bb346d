"""Fetching a model folder from the Hugging Face hub, or from the hub's cache on this machine."""

from __future__ import annotations

from pathlib import Path

FILES = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*-of-*.safetensors"]
"""What is downloaded: configuration, tokenizer and safetensors weights; no code and no pickles."""


class EncoderUnavailable(ValueError):
    """The encoder that was asked for cannot be had; the message is one paragraph that says what to do."""


def download(name: str, variable: str) -> Path:
    """The local folder of hub model `name`, which may be pinned: `owner/name@revision`. Raises EncoderUnavailable.

    The folder is called after the commit that the revision (without one: the main branch) resolved to; see
    `folders.hub_commit`. A connection that breaks is taken up where it broke, five times; after that, what came whole
    is kept for the next call.
    variable: the environment variable that chose the name, for the message.
    """
    from huggingface_hub import errors, snapshot_download

    repository, _, pinned = name.partition("@")
    try:
        found = snapshot_download(repository, revision=pinned or None, allow_patterns=FILES)
    except (errors.HTTPError, errors.HFValidationError, OSError) as error:  # HTTPError: of the HTTP library below
        raise EncoderUnavailable(_explain(name, variable, _reason(error))) from error
    return Path(found)


def _reason(error: Exception) -> str:
    from huggingface_hub import errors

    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if isinstance(error, errors.HFValidationError):
        return "that is neither a folder here nor a hub name"
    if isinstance(error, errors.GatedRepoError):
        return "the hub lends it only to accounts that accepted its terms: accept them there, and set HF_TOKEN"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the hub has this model, but no such revision"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "the hub has no public model of that name (a private one needs HF_TOKEN)"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "the hub cannot be reached and its cache lacks it"
    if isinstance(error, errors.HfHubHTTPError):
        return f"the hub answered: {said}"
    return f"its download broke off ({said}); the next attempt fetches only the files that are still missing"


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
        f"tokenizer, image processor or feature extractor files) into TRIFUSE_WEIGHTS, or set {variable} to a folder, "
        "to a hub name that can be reached from here (owner/name, or owner/name@revision), or to "
        f"{CLASSICAL[variable]!r}, which needs no download."
    )


CLASSICAL = {
    "TRIFUSE_TEXT_ENCODER": "tfidf-svd",
    "TRIFUSE_IMAGE_ENCODER": "color-gradient-histogram",
    "TRIFUSE_AUDIO_ENCODER": "log-mel-statistics",
}
"""The encoder behind each variable that always works."""
