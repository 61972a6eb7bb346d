"""Where things are kept, and with what they are computed: the one resource that assets are given."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from assets.datasets import Dataset


class Home(dg.ConfigurableResource):
    """Folders under TRIFUSE_HOME, the user's raw files and weights, and the device. Holds no secret."""

    root: str = Field(description="TRIFUSE_HOME: everything that Trifuse writes lives below it.")
    raw: str | None = Field(default=None, description="TRIFUSE_RAW: the user's raw files, in the sources' layouts.")
    weights: str | None = Field(default=None, description="TRIFUSE_WEIGHTS: folder of local encoder weights.")
    text_encoder: str | None = Field(default=None, description="A Hugging Face name, a folder, or tfidf-svd.")
    image_encoder: str | None = Field(
        default=None, description="A timm or Hugging Face name, a folder, or color-gradient-histogram."
    )
    audio_encoder: str | None = Field(default=None, description="A Hugging Face name, a folder, or log-mel-statistics.")
    video_sampling: str = Field(default="time", description="time or scene: which frames of a film are looked at.")
    video_frames: int = Field(default=8, ge=1, le=64, description="Frames of a film that are looked at, at most.")
    text_pooling: str | None = Field(default=None, description="cls, mean or last, with +l2 or without.")
    text_prefix: str = Field(default="", description="An instruction before every text, e.g. 'query: '.")
    long_texts: str = Field(default="cut", description="cut, or windows: overlapping ones, averaged.")
    text_precision: str | None = Field(default=None, description="float32 or bfloat16.")
    image_precision: str | None = Field(default=None, description="float32 or bfloat16.")
    ray_address: str | None = Field(
        default=None, description="A Ray cluster that encodes, trains and ranks; `local` starts one here."
    )
    publish: str = Field(default="", description="s3://bucket/prefix: where what people read is copied to.")
    retrain_share: float = Field(default=0.02, ge=0, le=1, description="Changes below which no model is trained anew.")
    retrain_days: float = Field(default=7, ge=0, description="Days after which any change trains models anew.")
    device: str = Field(default="cpu", description="cpu or cuda.")
    threads: int = Field(default=2, ge=1, description="Threads that computing may use.")

    def __reduce__(self) -> tuple[Any, ...]:
        """To another machine it goes as its fields: what Dagster keeps beside them cannot be sent."""
        return partial(type(self), **self.model_dump()), ()

    @property
    def path(self) -> Path:
        """TRIFUSE_HOME."""
        return Path(self.root)

    @property
    def landing(self) -> Path:
        """Raw files that Trifuse itself fetched or generated."""
        return self.path / "landing"

    @property
    def lake(self) -> Path:
        """Parquet and JSON between the assets."""
        return self.path / "lake"

    @property
    def artifacts(self) -> Path:
        """Trained models and what they predicted."""
        return self.path / "artifacts"

    @property
    def reports(self) -> Path:
        """Pages that people read."""
        return self.path / "reports"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that assets write."""
        return self.path / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """The DuckDB file that people query."""
        return self.path / "serving.duckdb"

    def raw_root(self, dataset: Dataset) -> Path:
        """The folder below which the dataset's raw files are laid out as its source lays them out."""
        if dataset.embedded:
            return self.landing / "samples" / dataset.name
        from assets.ingest.landing import holds

        # What the user keeps goes before what Trifuse fetched; where neither is whole, the user is to be told.
        places = [Path(self.raw)] if self.raw else []
        return next((place for place in (*places, self.landing) if holds(dataset, place)), [*places, self.landing][0])

    @property
    def hashes(self) -> Path:
        """What SHA-256 files were found to have."""
        return self.lake / "hashes.sqlite"

    def fetched(self, dataset: str) -> Path:
        """What became of every picture that was looked for on the web."""
        return self.table(dataset, "fetched_pictures")

    def table(self, dataset: str, name: str) -> Path:
        """The Parquet export of a catalog table."""
        return self.lake / dataset / "catalog" / f"{name}.parquet"

    def fold(self, dataset: str, protocol: str, seed: int) -> Path:
        """The fold of every interaction under a protocol and seed."""
        return self.lake / dataset / "folds" / protocol / f"seed-{seed}.parquet"

    def further_texts(self, dataset: str) -> Path:
        """Rated texts that are no reviews of the dataset's own."""
        return self.table(dataset, "further_texts")

    def review_sentiment(self, dataset: str) -> Path:
        """What the best sentiment model says of every review."""
        return self.lake / dataset / "sentiment" / "review_sentiment.parquet"

    def contradictions(self, dataset: str) -> Path:
        """Reviews whose stars and words say opposite things."""
        return self.lake / dataset / "sentiment" / "contradictions.parquet"

    def sentiment_metrics(self, dataset: str) -> Path:
        """How good every sentiment model of a dataset is."""
        return self.lake / dataset / "sentiment" / "sentiment_metrics.parquet"

    def opinions(self, dataset: str, key: str) -> Path:
        """What the train reviews of a fold say; key: of the texts and ratings that it was told from."""
        return self.lake / dataset / "sentiment" / "opinions" / f"{key}.npy"

    def profiles_over_time(self, dataset: str) -> Path:
        """What users rated, liked and wrote, period by period."""
        return self.lake / dataset / "user_profiles_over_time.parquet"

    def training_rows(self, dataset: str, version: str) -> Path:
        """What models were last to be trained on, a number a row."""
        return self.lake / dataset / "training_rows" / f"{version[:16]}.parquet"

    @property
    def vectors(self) -> Path:
        """The vectors of all encoders, shared by all datasets."""
        return self.lake / "vectors"

    def embedding(self, dataset: str, field: str) -> Path:
        """Which vectors a content field has: ids, encoder and key.

        Fields: title, introduction, image, audio, video, review, profile.
        """
        return self.lake / dataset / "embeddings" / f"{field}.parquet"

    def matrix(self, dataset: str, field: str) -> Path:
        """The vectors of an item field, row by row as the items table."""
        return self.lake / dataset / "embeddings" / f"{field}.npy"
