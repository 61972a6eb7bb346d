"""Settings -> configured resources."""

from __future__ import annotations

from assets.home import Home
from orchestration.settings import Settings, resolve_device


def home(settings: Settings) -> Home:
    """The one resource that assets are given."""
    return Home(
        root=str(settings.home),
        raw=str(settings.raw) if settings.raw else None,
        weights=str(settings.weights) if settings.weights else None,
        text_encoder=settings.text_encoder,
        image_encoder=settings.image_encoder,
        device=resolve_device(settings.device),
        threads=settings.threads,
    )
