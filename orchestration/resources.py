"""Settings -> configured resources."""

from __future__ import annotations

import dagster as dg

from assets.home import Home
from assets.web.resource import Web
from orchestration.settings import Settings, resolve_device


def home(settings: Settings) -> Home:
    """The one resource that assets are given."""
    return Home(
        root=str(settings.home),
        raw=str(settings.raw) if settings.raw else None,
        weights=str(settings.weights) if settings.weights else None,
        text_encoder=settings.text_encoder,
        image_encoder=settings.image_encoder,
        audio_encoder=settings.audio_encoder,
        video_sampling=settings.video_sampling,
        video_frames=settings.video_frames,
        text_pooling=settings.text_pooling,
        text_prefix=settings.text_prefix,
        long_texts=settings.long_texts,
        text_precision=settings.text_precision,
        image_precision=settings.image_precision,
        ray_address=settings.ray_address,
        publish=settings.publish,
        retrain_share=settings.retrain_share,
        retrain_days=settings.retrain_days,
        device=resolve_device(settings.device),
        threads=settings.threads,
    )


def resources(settings: Settings) -> dict[str, dg.ResourceDefinition]:
    """All resources, by the names that assets ask for. The environment decides them, so no launchpad offers them."""
    made = {"home": home(settings), "web": web(settings)}
    return {name: dg.ResourceDefinition.hardcoded_resource(one) for name, one in made.items()}


def web(settings: Settings) -> Web:
    """Services on the web, for the assets that ask them."""
    given = {name: getattr(settings, name) for name in ("tmdb_api_base", "tmdb_image_base", "omdb_api_base")}
    return Web(**{name: value for name, value in given.items() if value}, allow_hosts=settings.allow_hosts)
