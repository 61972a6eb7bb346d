"""TRIFUSE_* environment variables -> one typed, validated Settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


class SettingsError(ValueError):
    """A TRIFUSE_* variable that cannot be used; the message names it and says what is allowed."""


class Settings(BaseModel):
    """Everything that the environment decides. All of it is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default=Path(".trifuse"), description="everything that Trifuse writes")
    raw: Path | None = Field(default=None, description="the user's raw files, in the sources' own layouts")
    weights: Path | None = Field(default=None, description="folder of local encoder weights")
    text_encoder: str | None = Field(default=None, description="a Hugging Face name, a folder, or tfidf-svd")
    image_encoder: str | None = Field(
        default=None, description="a timm or Hugging Face name, a folder, or color-gradient-histogram"
    )
    audio_encoder: str | None = Field(default=None, description="a Hugging Face name, a folder, or log-mel-statistics")
    video_sampling: Literal["time", "scene"] = Field(
        default="time", description="which frames of a film are looked at: evenly over its time, or the first of scenes"
    )
    video_frames: int = Field(default=8, ge=1, le=64, description="frames of a film that are looked at, at most")
    text_pooling: Literal["cls", "mean", "last", "cls+l2", "mean+l2", "last+l2"] | None = Field(
        default=None, description="how token vectors become one (default: what the encoder declares, else cls)"
    )
    text_prefix: str = Field(default="", description="an instruction before every text, as the encoder's card asks")
    long_texts: Literal["cut", "windows"] = Field(
        default="cut", description="texts over the encoder's longest input: cut, or overlapping windows averaged"
    )
    text_precision: Literal["float32", "bfloat16"] | None = Field(
        default=None, description="the text encoder's arithmetic (default: bfloat16 where the processor has it)"
    )
    image_precision: Literal["float32", "bfloat16"] | None = Field(
        default=None, description="the image encoder's arithmetic (default: bfloat16 where that keeps the vectors)"
    )
    ray_address: str | None = Field(
        default=None,
        description="a Ray cluster that encodes, trains and ranks, e.g. ray://host:10001, or local to start one here",
    )
    publish: str = Field(
        default="",
        pattern="^s3://[^/]",
        description="where every night is copied to in object storage, s3://bucket/prefix",
    )
    retrain_share: float = Field(
        default=0.02, ge=0, le=1, description="the share of ratings, users or items whose change trains models anew"
    )
    retrain_days: float = Field(default=7, ge=0, description="days after which any change trains models anew")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where to compute")
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=1024, description="threads to compute with"
    )

    ui_host: str = Field(default="127.0.0.1", description="the address at which the UI listens; it has no login")
    ui_port: int = Field(default=3000, ge=1, le=65535, description="the port at which the UI listens")

    git_url: str = Field(
        default="",
        pattern="^https?://.*(github|gitlab)",
        description="where this repository is browsed, on GitHub or GitLab: the UI links each asset to its code there",
    )
    git_branch: str = Field(default="main", description="the branch or commit that is linked to")

    tmdb_api_base: str | None = Field(default=None, pattern="^https?://", description="where TMDB's API is asked")
    tmdb_image_base: str | None = Field(default=None, pattern="^https?://", description="where TMDB's posters are")
    omdb_api_base: str | None = Field(default=None, pattern="^https?://", description="where OMDb's API is asked")
    allow_hosts: str = Field(default="", description="private hosts that may be asked: host or host:port, with commas")

    @field_validator("allow_hosts")
    @classmethod
    def _hosts(cls, text: str) -> str:
        from assets.web.rules import allowed_hosts

        allowed_hosts(text)
        return text

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment. Raises SettingsError naming the variable."""
        given = {name: os.environ.get(f"TRIFUSE_{name.upper()}", "") for name in cls.model_fields}
        try:
            settings = cls(**{name: value for name, value in given.items() if value})
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(
                f"TRIFUSE_{str(first['loc'][0]).upper()}={first.get('input')!r}: {first['msg']}. "
                f"It is {cls.model_fields[str(first['loc'][0])].description}."
            ) from error
        settings._check_folders()
        return settings.model_copy(update={"home": settings.home.resolve(), **settings._resolved()})

    def _check_folders(self) -> None:
        for name in ("raw", "weights"):
            folder = getattr(self, name)
            if folder is not None and not folder.is_dir():
                raise SettingsError(
                    f"TRIFUSE_{name.upper()}={str(folder)!r} is not a folder. It is to be {self._about(name)}."
                )

    def _about(self, name: str) -> str:
        return str(type(self).model_fields[name].description)

    def _resolved(self) -> dict[str, Path]:
        return {name: folder.resolve() for name in ("raw", "weights") if (folder := getattr(self, name)) is not None}

    @property
    def serving(self) -> Path:
        """The snapshot that people query."""
        return self.home / "serving.duckdb"

    @property
    def dagster_home(self) -> Path:
        """The Dagster instance's folder."""
        return self.home / "dagster"


def resolve_device(wanted: str) -> str:
    """`auto` -> cuda where an NVIDIA driver is loaded, else cpu. Looks at files only, without torch."""
    if wanted != "auto":
        return wanted
    return "cuda" if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists() else "cpu"
