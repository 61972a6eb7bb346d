"""How politely and how stubbornly the crawler asks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from assets.web.agent import user_agent

OMDB_API_BASE = "https://www.omdbapi.com"
TMDB_API_BASE = "https://api.themoviedb.org/3"
TMDB_IMAGE_BASE = "https://image.tmdb.org/t/p"
"""Where the services themselves are asked."""


class HostLimit(BaseModel):
    """What one host is asked to bear."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concurrency: int = Field(default=4, ge=1, le=100, description="requests at the same time")
    rate: float = Field(default=10.0, gt=0, le=1000, description="requests begun per second")


TMDB_LIMIT = HostLimit(concurrency=8, rate=35)
"""TMDB asks for no more than about 40 requests per second (https://developer.themoviedb.org/docs/rate-limiting)."""


class CrawlSettings(BaseModel):
    """Everything that decides how a crawl behaves; not what it asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit_per_host: HostLimit = Field(default=HostLimit(), description="for every host that is not named in `hosts`")
    hosts: dict[str, HostLimit] = Field(
        default={"api.themoviedb.org": TMDB_LIMIT, "image.tmdb.org": TMDB_LIMIT},
        description="limits of single hosts, by host or host:port",
    )
    workers: int = Field(default=32, ge=1, le=1000, description="items in hand, and so answers in memory, at one time")
    tries: int = Field(default=5, ge=1, le=20, description="requests for one address before it counts as not reached")
    backoff_seconds: float = Field(
        default=1.0, gt=0, le=60, description="upper bound of the first random wait after a failure; doubles each time"
    )
    connect_seconds: float = Field(default=10.0, gt=0, le=120, description="to make a connection")
    read_seconds: float = Field(default=30.0, gt=0, le=600, description="longest silence while an answer comes in")
    request_seconds: float = Field(default=120.0, gt=0, le=3600, description="for one whole request")
    longest_pause_seconds: float = Field(
        default=300.0, ge=0, le=86400, description="a host whose Retry-After asks for more is left for the next run"
    )
    failures_in_a_row: int = Field(
        default=10, ge=1, le=1000, description="failures of one host in a row before it is left for the next run"
    )
    max_bytes: int = Field(default=64 * 2**20, ge=1, description="largest answer that is read, in bytes")
    refresh_after_days: float | None = Field(
        default=None, ge=0, description="found pictures are asked again, conditionally, after so many days; None: never"
    )
    retry_unreached: bool = Field(default=True, description="ask again what an earlier run could not reach")
    limit: int | None = Field(default=None, ge=0, description="items asked about in one run; None: all")
    allow_hosts: frozenset[str] = Field(
        default=frozenset(), description="private hosts that may be asked all the same, as TRIFUSE_ALLOW_HOSTS"
    )
    user_agent: str = Field(
        default_factory=user_agent, min_length=1, description="who asks; names a contact for the host's owner"
    )

    def limit_of(self, host: str) -> HostLimit:
        """The limit of a "host" or "host:port"."""
        return self.hosts.get(host, self.hosts.get(host.partition(":")[0], self.limit_per_host))
