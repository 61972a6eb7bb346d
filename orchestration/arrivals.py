"""Raw files as they lie there, without reading them: enough to see that something has changed or come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from assets.datasets import Dataset
from assets.files import digest
from assets.home import Home
from assets.ingest.landing import picture_folders, raw_files

SETTLED_SECONDS = 60
"""Files that changed less than this long ago may still be arriving."""


@dataclass(frozen=True)
class Arrivals:
    """By dataset that has all its files: a digest of their names, sizes and times, and the latest of these times."""

    stamps: dict[str, str]
    latest: dict[str, float]

    @classmethod
    def of(cls, home: Home, registered: Iterable[Dataset]) -> Arrivals:
        """How it is now."""
        stamps, latest = {}, {}
        for about in registered:
            root = home.raw_root(about)
            try:
                places = [root / file.path for file in raw_files(about, root)]
            except FileNotFoundError:
                continue
            # Of a folder of pictures its own time tells that some came or went.
            places += [root / folder for folder in picture_folders(about, root)]
            seen = [(str(path), path.stat().st_size, path.stat().st_mtime) for path in places]
            stamps[about.name], latest[about.name] = digest(seen), max(at for _, _, at in seen)
        return cls(stamps, latest)

    @classmethod
    def from_json(cls, text: str | None) -> Arrivals | None:
        """What `to_json` gave; None for None."""
        return cls(**json.loads(text)) if text else None

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    def changed_since(self, before: Arrivals | None, now: float) -> list[str]:
        """Datasets whose files are new or others than `before`, and have settled; none where nothing is known."""
        if before is None:
            return []
        changed = [name for name, stamp in self.stamps.items() if before.stamps.get(name) != stamp]
        return [name for name in changed if now - self.latest[name] > SETTLED_SECONDS]

    def keeping(self, before: Arrivals | None, now: float) -> Arrivals:
        """This, but with what has not settled as it was before, so that it is looked at again."""
        if before is None:
            return self
        settled = {name for name in self.stamps if now - self.latest[name] > SETTLED_SECONDS}
        stamps = {name: stamp for name, stamp in before.stamps.items() if name not in settled}
        return Arrivals(stamps | {name: self.stamps[name] for name in settled}, self.latest)
