"""What was made, from what, by which code: one small JSON file per asset, partition and data version.

A manifest is written last, so what it names is whole. It is what lets an unchanged input be skipped, a killed run
be finished, and a number be traced back to the bytes it came from.
"""

from __future__ import annotations

import glob
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.files import digest, read_json, write_json

CURRENT = "current.json"
"""The file of the latest manifest; the others of an asset and partition are its history."""
RAW = "file"
"""What a manifest's upstream calls a raw file, where other things have the name of their asset."""
Made = tuple[str, str, str]
"""(asset, partition, data version)."""


@dataclass(frozen=True)
class Manifest:
    """The record of one materialization.

    fingerprint: digest of code version, configuration and upstream data versions; equal means nothing to compute.
    upstream: "asset@partition" -> data version, "file:path" -> SHA-256. files: path below TRIFUSE_HOME -> bytes.
    hashes: SHA-256 of those files as they were made; folders and databases, which others write to as well, have none.
    """

    asset: str
    partition: str
    run_id: str
    code_version: str
    fingerprint: str
    data_version: str
    upstream: dict[str, str]
    files: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="microseconds"))

    def made_of(self, asset: str) -> dict[str, str]:
        """The partitions of an asset that it was made from -> the data version of each."""
        places = {parted(name): version for name, version in self.upstream.items()}
        return {partition: version for (name, partition), version in places.items() if name == asset}


class Manifests:
    """All manifests below one TRIFUSE_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "lake" / "manifests"

    def _place(self, asset: str, partition: str) -> Path:
        return self.folder / asset / (partition or "all")

    def current(self, asset: str, partition: str) -> Manifest | None:
        """The latest manifest, or None where there is none that can be read."""
        return _read(self._place(asset, partition) / CURRENT)

    def require(self, asset: str, partition: str) -> Manifest:
        """The latest manifest. Raises LookupError that says what to materialize first."""
        manifest = self.current(asset, partition)
        if manifest is None:
            where = f" for {partition}" if partition else ""
            raise LookupError(
                f"{asset} has not been materialized{where} yet. Materialize it first, or use `trifuse run`."
            )
        return manifest

    def unchanged(self, asset: str, partition: str, fingerprint: str) -> Manifest | None:
        """The latest manifest if it has this fingerprint and every file it names is there with its size."""
        manifest = self.current(asset, partition)
        return manifest if manifest and manifest.fingerprint == fingerprint and self._whole(manifest) else None

    def all_whole(self, names: Iterable[str]) -> bool:
        """Whether all of "asset@partition" are there with their files. Raw files are not ours to keep."""
        made = (self.current(*place) for place in map(parted, names) if place[0] != RAW)
        return all(manifest and self._whole(manifest) for manifest in made)

    def _whole(self, manifest: Manifest) -> bool:
        for name, size in manifest.files.items():
            path = self.home / name
            if not path.exists() or (path.is_file() and size >= 0 and path.stat().st_size != size):
                return False
        return True

    def partitions(self, asset: str, prefix: str) -> list[Manifest]:
        """The latest manifest of every partition of an asset that starts with `prefix`, in order of partition."""
        return [
            found
            for path in sorted((self.folder / asset).glob(f"{glob.escape(prefix)}*/{CURRENT}"))
            if (found := _read(path))
        ]

    def all_current(self) -> list[Manifest]:
        """The latest manifest of everything."""
        return [found for path in sorted(self.folder.glob(f"*/*/{CURRENT}")) if (found := _read(path))]

    def forget(self, manifest: Manifest) -> None:
        """Let it be made anew by the next run that is asked for it; what was is still in the history."""
        (self._place(manifest.asset, manifest.partition) / CURRENT).unlink(missing_ok=True)

    def versions(self, asset: str, prefix: str) -> list[Manifest]:
        """Every manifest that is kept of the partitions of an asset that start with `prefix`, oldest first."""
        return self._saved(f"{asset}/{glob.escape(prefix)}*")

    def fresh(self, manifest: Manifest) -> bool:
        """Whether everything that the manifest was made from is still current."""
        for name, version in manifest.upstream.items():
            current = self.current(*parted(name))
            if current is None or current.data_version != version:
                return False
        return True

    def save(self, manifest: Manifest) -> None:
        """Keep a manifest, as long as `retention` does, and make it the current one."""
        place = self._place(manifest.asset, manifest.partition)
        write_json(place / f"{digest(manifest.data_version, manifest.fingerprint)[:24]}.json", asdict(manifest))
        write_json(place / CURRENT, asdict(manifest))

    def made(self, asset: str, partition: str, data_version: str) -> Manifest | None:
        """The latest manifest of a data version; None where none is kept."""
        current = self.current(asset, partition)
        if current is not None and current.data_version == data_version:
            return current
        saved = self._saved(f"{asset}/{glob.escape(partition or 'all')}")
        return next((m for m in reversed(saved) if m.data_version == data_version), None)

    def superseded(self) -> list[tuple[Path, Manifest]]:
        """Saved manifests that nothing current was made from, not even through others, and the file of each."""
        saved: dict[Made, list[tuple[Path, Manifest]]] = {}
        for path in self._files("*/*"):
            if manifest := _read(path):
                made = (manifest.asset, manifest.partition, manifest.data_version)
                saved.setdefault(made, []).append((path, manifest))
        waiting = [(m.asset, m.partition, m.data_version) for m in self.all_current()]
        while waiting:
            for _, manifest in saved.pop(waiting.pop(), []):
                waiting += [(*parted(name), version) for name, version in manifest.upstream.items()]
        return [one for left in saved.values() for one in left]

    def history(self) -> list[Manifest]:
        """Every manifest that is kept, oldest first."""
        return self._saved("*/*")

    def _saved(self, places: str) -> list[Manifest]:
        found = (manifest for path in self._files(places) if (manifest := _read(path)))
        return sorted(found, key=lambda m: (m.created_at, m.asset, m.partition))

    def _files(self, places: str) -> Iterator[Path]:
        named = self.folder.glob(f"{places}/*.json")
        return (path for path in named if path.name != CURRENT and not path.name.startswith("."))


def parted(upstream: str) -> tuple[str, str]:
    """(asset, partition) of a key of a manifest's upstream, (RAW, path) of a raw file."""
    asset, _, partition = upstream.partition(":" if upstream.startswith(f"{RAW}:") else "@")
    return asset, partition


def _read(path: Path) -> Manifest | None:
    """None where there is none, or where it is damaged: then what it describes counts as not made."""
    try:
        return Manifest(**read_json(path)) if path.exists() else None
    except (ValueError, TypeError) as error:
        warnings.warn(f"{path} is damaged ({error}); what it describes will be made anew.", stacklevel=3)
        return None
