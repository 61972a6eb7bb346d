"""Trained models that are kept when they are trained anew, so that a champion can be rolled back to one of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from assets.cells import Cell
from assets.champions.history import histories
from assets.files import atomic_folder
from assets.home import Home
from assets.manifests import Manifest, Manifests

VERSIONS_KEPT = 3
"""Of every model under a protocol and seed, the latest; besides them the champion and the one before it."""
LISTS = "recommendations.parquet"


def place(home: Home, cell: str, version: str) -> Path:
    """The folder of a kept version."""
    folder = Cell.parse(cell).folder(home)
    return home.artifacts / "versions" / folder.relative_to(home.artifacts) / version[:16]


def keep(home: Home, trained: Manifest) -> None:
    """Keep the files of a current cell. They are hard links: they take room only once the cell is trained anew."""
    folder, kept = Cell.parse(trained.partition).folder(home), place(home, trained.partition, trained.data_version)
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if kept.exists() and all((kept / f.name).exists() and (kept / f.name).samefile(f) for f in files):
        return
    with atomic_folder(kept) as part:
        for file in files:
            _link(file, part / file.name)


def _link(source: Path, target: Path) -> None:
    # Files of a cell are replaced as a whole and never written to, so a second name for one keeps what it holds.
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def collect(home: Home, name: str) -> list[Path]:
    """Delete the versions of a dataset's models that are neither among the latest nor needed for a rollback."""
    spared = {place(home, e.cell, e.version) for of in histories(home, name) for e in (of.present(), of.before()) if e}
    gone = []
    for versions in (home.artifacts / "versions" / name).glob("*/*/seed-*/*"):
        kept = [path for path in versions.iterdir() if not path.name.startswith(".")]
        latest = sorted(kept, key=lambda p: (p / "record.json").stat().st_mtime_ns, reverse=True)
        gone += [path for path in latest[VERSIONS_KEPT:] if path not in spared]
    for path in gone:
        shutil.rmtree(path)
    return gone


def find(home: Home, name: str, protocol: str, asked: str) -> tuple[str, str]:
    """(cell, version) of MODEL, as it is now, or of MODEL@VERSION, whose version may be cut short.

    Raises LookupError saying what there is where that is not kept, or where several begin so.
    """
    model, _, start = asked.partition("@")
    there = kept_versions(home, name, protocol)
    found = [m for m in there if Cell.parse(m.partition).model == model and m.data_version.startswith(start)]
    if not start:
        current = {m.partition: m.data_version for m in Manifests(home.path).partitions("recommender", f"{name}|")}
        found = [m for m in found if current.get(m.partition) == m.data_version]
    if len(found) != 1:
        listed = ", ".join(f"{Cell.parse(m.partition).model}@{m.data_version[:12]}" for m in there) or "none yet"
        what = "several versions" if found else "no version"
        raise LookupError(f"{what} {asked!r} of {name} under {protocol}; kept are: {listed}.")
    return found[0].partition, found[0].data_version


def kept_versions(home: Home, name: str, protocol: str) -> list[Manifest]:
    """Manifests of all kept versions under a protocol, by model, oldest first."""
    made = Manifests(home.path).versions("recommender", f"{name}|")
    cells = [m for m in made if Cell.names(m.partition) and Cell.parse(m.partition).protocol == protocol]
    kept = [m for m in cells if (place(home, m.partition, m.data_version) / "model.safetensors").exists()]
    return sorted(kept, key=lambda m: (m.partition, m.created_at))
