"""Which vectors an encoder makes, remembered: a run with nothing to encode loads no weights, nor torch."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

from assets.files import digest, read_json, write_json
from models.encoders.choice import EncoderChoice
from models.encoders.encoder import Encoder, EncoderIdentity

VERSION = "1"
"""Raised whenever a change in models/encoders changes an identity."""
LIBRARIES = ("torch", "transformers", "timm", "pillow", "numpy")


class Lazy:
    """An encoder that is loaded when it is first needed."""

    def __init__(self, choice: EncoderChoice, root: Path, corpus: Callable[[], list[str]]) -> None:
        """root: where identities are remembered. corpus: the texts to show to an encoder that learns from them."""
        self._choice, self._corpus = choice, corpus
        self._loaded: Encoder | None = None
        asked = choice.asked()
        self.learns = choice.kind == "text" and asked["revision"] is None
        """Whether it learns from a corpus, so that it is known only here and now."""
        self._place = root / "identities" / f"{digest(asked, _machine(choice))[:24]}.json"

    @property
    def identity(self) -> EncoderIdentity:
        """As the encoder's own."""
        if self._loaded is None and not self.learns and self._place.exists():
            return EncoderIdentity(**read_json(self._place))
        return self.get().identity

    def get(self) -> Encoder:
        """The encoder, ready for use."""
        if self._loaded is None:
            self._loaded = self._choice.load()
            if self._loaded.needs_fit:
                self._loaded.fit(self._corpus())
            if not self.learns:
                write_json(self._place, vars(self._loaded.identity))
        return self._loaded


def _machine(choice: EncoderChoice) -> list[object]:
    """What else an identity depends on: libraries, and what decides the precision."""
    libraries = (*LIBRARIES, "av") if choice.kind in ("audio", "video") else LIBRARIES
    versions = [importlib.metadata.version(name) for name in libraries]
    flags = Path("/proc/cpuinfo")
    known = flags.read_text() if flags.is_file() else ""
    return [VERSION, versions, choice.device, [flag in known for flag in ("amx_bf16", "avx512_bf16")]]
