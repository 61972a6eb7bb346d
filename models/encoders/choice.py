"""Which encoder is wanted, and how: small enough to be written into a manifest or sent to another machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from models.encoders import folders, loading
from models.encoders.encoder import Encoder


@dataclass(frozen=True)
class EncoderChoice:
    """The arguments of `loading.text_encoder` and of its siblings; see there.

    weights: the folder of model folders, as text; only text encoders take pooling, prefix and long_texts. Of video,
    name and precision are the image encoder's; sampling and frames say which of a film's frames it is shown.
    """

    kind: Literal["text", "image", "audio", "video"]
    name: str | None = None
    weights: str | None = None
    device: str = "auto"
    threads: int | None = None
    precision: str | None = None
    pooling: str | None = None
    prefix: str = ""
    long_texts: str = "cut"
    sampling: str = "time"
    frames: int = 8

    def load(self) -> Encoder:
        """The encoder, weights and all. Raises ValueError with one readable paragraph."""
        weights = Path(self.weights) if self.weights else None
        if self.kind == "audio":
            return loading.audio_encoder(self.name, weights, self.device, self.threads)
        if self.kind != "text":
            images = loading.image_encoder(self.name, weights, self.device, self.threads, self.precision)
            return images if self.kind == "image" else loading.video_encoder(images, self.sampling, self.frames)
        return loading.text_encoder(
            self.name, weights, self.device, self.threads, self.pooling, self.precision, self.prefix, self.long_texts
        )

    def asked(self) -> dict[str, str | None]:
        """What decides the vectors, as far as it is known without loading: options, and the digest of the folder."""
        folder, shown = loading.locate(self.kind, self.name, Path(self.weights) if self.weights else None)
        decisive = ("kind", "precision", "pooling", "prefix", "long_texts")
        decisive += ("sampling", "frames") if self.kind == "video" else ()
        options = {name: asdict(self)[name] for name in decisive}
        return options | {"name": shown, "revision": folders.revision(folder) if folder else None}
