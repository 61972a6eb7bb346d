"""What was made, from what, by which code: one small JSON file per asset, partition and data version.

A manifest is written last, so what it names is whole. It is what lets an unchanged input be skipped, a killed run
be finished, and a number be traced back to the bytes it came from.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.files import digest, read_json, write_json


@dataclass(frozen=True)
class Manifest:
    """The record of one materialization.

    fingerprint: digest of code version, configuration and upstream data versions; equal means nothing to compute.
    upstream: "asset@partition" -> data version. files: path below TRIFUSE_HOME -> size in bytes.
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
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Manifests:
    """All manifests below one TRIFUSE_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "lake" / "manifests"

    def _place(self, asset: str, partition: str) -> Path:
        return self.folder / asset / (partition or "all")

    def current(self, asset: str, partition: str) -> Manifest | None:
        """The latest manifest, or None where there is none."""
        path = self._place(asset, partition) / "current.json"
        return Manifest(**read_json(path)) if path.exists() else None

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
        if manifest is None or manifest.fingerprint != fingerprint:
            return None
        for name, size in manifest.files.items():
            path = self.home / name
            if not path.exists() or (path.is_file() and size >= 0 and path.stat().st_size != size):
                return None
        return manifest

    def partitions(self, asset: str, prefix: str) -> list[Manifest]:
        """The latest manifest of every partition of an asset that starts with `prefix`, in order of partition."""
        paths = sorted((self.folder / asset).glob("*/current.json"))
        return [Manifest(**read_json(path)) for path in paths if path.parent.name.startswith(prefix)]

    def versions(self, asset: str, prefix: str) -> list[Manifest]:
        """Every manifest ever saved of the partitions of an asset that start with `prefix`, oldest first."""
        paths = (p for p in (self.folder / asset).glob("*/*.json") if p.parent.name.startswith(prefix))
        made = [Manifest(**read_json(p)) for p in paths if p.name != "current.json" and not p.name.startswith(".")]
        return sorted(made, key=lambda m: (m.created_at, m.partition))

    def fresh(self, manifest: Manifest) -> bool:
        """Whether everything that the manifest was made from is still current."""
        for name, version in manifest.upstream.items():
            asset, _, partition = name.partition("@")
            current = self.current(asset, partition)
            if current is None or current.data_version != version:
                return False
        return True

    def save(self, manifest: Manifest) -> None:
        """Keep a manifest for ever, and make it the current one."""
        place = self._place(manifest.asset, manifest.partition)
        write_json(place / f"{digest(manifest.data_version, manifest.fingerprint)[:24]}.json", asdict(manifest))
        write_json(place / "current.json", asdict(manifest))

    def history(self) -> list[Manifest]:
        """Every manifest ever saved, oldest first."""
        paths = (p for p in self.folder.rglob("*.json") if p.name != "current.json" and not p.name.startswith("."))
        return sorted((Manifest(**read_json(p)) for p in paths), key=lambda m: (m.created_at, m.asset, m.partition))
