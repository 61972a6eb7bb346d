"""What assets need to know of the web: addresses of services, hosts that may be asked though they are private, keys."""

import os

import dagster as dg
from pydantic import Field

from assets.posters.settings import OMDB_API_BASE, TMDB_API_BASE, TMDB_IMAGE_BASE
from assets.web.rules import allowed_hosts


class Web(dg.ConfigurableResource):
    """Services on the web. Holds no secret: keys are read from the environment when they are needed."""

    tmdb_api_base: str = Field(default=TMDB_API_BASE, description="TRIFUSE_TMDB_API_BASE")
    tmdb_image_base: str = Field(default=TMDB_IMAGE_BASE, description="TRIFUSE_TMDB_IMAGE_BASE")
    omdb_api_base: str = Field(default=OMDB_API_BASE, description="TRIFUSE_OMDB_API_BASE")
    allow_hosts: str = Field(default="", description="TRIFUSE_ALLOW_HOSTS: private hosts that may be asked.")

    @property
    def allowed(self) -> frozenset[str]:
        """The hosts that may be asked though their addresses are private."""
        return allowed_hosts(self.allow_hosts)

    @property
    def tmdb_token(self) -> str | None:
        """TRIFUSE_TMDB_TOKEN."""
        return os.environ.get("TRIFUSE_TMDB_TOKEN") or None

    @property
    def omdb_key(self) -> str | None:
        """TRIFUSE_OMDB_KEY."""
        return os.environ.get("TRIFUSE_OMDB_KEY") or None
