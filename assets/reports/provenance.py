"""Which code wrote a report, and what the trainings behind it took."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assets.reports.material import Material

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Effort:
    """All trainings under one protocol. devices, seeds: those that were used."""

    protocol: str
    trainings: int
    seeds: list[int]
    seconds: float
    devices: list[str]


def code() -> str:
    """The package's version, and the commit where the code is a checkout; a plus: files have changed since."""
    try:
        said = f"trifuse {version('trifuse')}"
    except PackageNotFoundError:
        said = "trifuse"
    if not (ROOT / ".git").exists():
        return f"{said}, not a checkout"
    try:
        found = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return f"{said}, of a commit that git does not tell"
    return f"{said}, commit {found.stdout.strip()}"


def efforts(material: Material) -> list[Effort]:
    """One line a protocol, in their order; studies included."""
    cells = material.metrics.drop_duplicates(["protocol", "model", "variant", "seed"])
    return [
        Effort(name, len(rows), sorted(set(map(int, rows.seed))), float(rows.fit_seconds.sum()),
               sorted(set(rows.device.astype(str))))
        for name in material.protocols
        for rows in [cells[cells.protocol == name]]
    ]  # fmt: skip
