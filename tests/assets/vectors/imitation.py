"""An encoder whose vectors are made from the content's SHA-256, and a library of datasets to encode.

Run as a program it encodes one dataset: `python -m tests.assets.vectors.imitation HOME DATASET LOG SECONDS`.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assets.embeddings import ITEM_TEXTS
from assets.home import Home
from assets.vectors.engine import Encoded, encode
from assets.vectors.store import locked, using
from models.encoders.choice import EncoderChoice
from models.encoders.encoder import EncoderIdentity, TextEncoder

WIDTH = 4
POISON = "poison"
"""A text that breaks the encoder."""


def vector_of(text: str, name: str = "imitation") -> np.ndarray:
    """float32 [WIDTH], all else than zero."""
    return np.frombuffer(hashlib.sha256(f"{name} {text}".encode()).digest()[:WIDTH], np.uint8).astype(np.float32) + 1


class Imitation(TextEncoder):
    """Writes every text that it encodes into a log."""

    def __init__(self, name: str, log: str, seconds: float) -> None:
        self._name, self._log, self._seconds = name, log, seconds

    @property
    def identity(self) -> EncoderIdentity:
        about = {"pooling": "none", "preprocessing": "none", "precision": "float32", "dimension": WIDTH}
        return EncoderIdentity(self._name, "1", **about, description="Imitation.", classical=False)

    @property
    def telemetry(self) -> dict[str, Any]:
        return {"device": "imitation"}

    def _encode(self, texts: list[str], progress: Any) -> np.ndarray:
        if POISON in texts:
            raise ValueError("this text cannot be encoded")
        time.sleep(self._seconds * len(texts))
        with open(self._log, "a") as log:
            log.writelines(f"{text}\n" for text in texts)
        return np.stack([vector_of(text, self._name) for text in texts])


@dataclass(frozen=True)
class ImitationChoice(EncoderChoice):
    """Chooses the imitation."""

    kind: str = "text"
    name: str = "imitation"
    log: str = ""
    seconds: float = 0.0

    def load(self) -> Imitation:
        with open(f"{self.log}.loads", "a") as loads:
            loads.write("loaded\n")
        return Imitation(self.name, self.log, self.seconds)

    def asked(self) -> dict[str, str | None]:
        return {"name": self.name, "revision": "1"}


class Library:
    """A TRIFUSE_HOME whose datasets have nothing but items."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root=str(root), threads=1)
        self.log = root / "encoded.log"
        root.mkdir(parents=True, exist_ok=True)
        self.said: list[str] = []

    def write(self, dataset: str, titles: Sequence[str | None], descriptions: Sequence[str | None] = ()) -> None:
        """Replace a dataset's items; they are called i0, i1, ..."""
        described = [*descriptions, *[None] * (len(titles) - len(descriptions))]
        items = pd.DataFrame({"item_id": [f"i{row}" for row in range(len(titles))], "title": titles})
        items["description"] = described
        self.home.table(dataset, "items").parent.mkdir(parents=True, exist_ok=True)
        items.astype("string").to_parquet(self.home.table(dataset, "items"))

    def encode(self, dataset: str, name: str = "imitation", seconds: float = 0.0) -> Encoded:
        """Encode titles and descriptions as the asset does."""
        choice = ImitationChoice(name=name, log=str(self.log), seconds=seconds, threads=1)
        with locked(using(self.home.vectors), shared=True):
            return encode(self.home, dataset, choice, ITEM_TEXTS, self.said.append)

    @property
    def encoded(self) -> list[str]:
        """Every text that an encoder was given, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def loads(self) -> int:
        """How often an encoder was loaded."""
        loads = Path(f"{self.log}.loads")
        return len(loads.read_text().splitlines()) if loads.exists() else 0

    def vectors(self) -> pd.DataFrame:
        """Key and vector of all shards of all encoders."""
        shards = sorted(self.home.vectors.glob("*/*.parquet"))
        return pd.concat([pd.read_parquet(path) for path in shards]) if shards else pd.DataFrame({"key": []})

    def references(self, dataset: str, field: str = "title") -> pd.DataFrame:
        """Which item has which key."""
        return pd.read_parquet(self.home.embedding(dataset, field))

    def vector(self, dataset: str, item: str, field: str = "title") -> np.ndarray:
        """An item's vector, through its key."""
        key = self.references(dataset, field).set_index("item_id").key[item]
        return np.asarray(self.vectors().set_index("key").vector[key])


if __name__ == "__main__":
    one = Library(Path(sys.argv[1]))
    one.log = Path(sys.argv[3])
    one.encode(sys.argv[2], seconds=float(sys.argv[4]))
