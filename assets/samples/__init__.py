"""The embedded sample datasets: three small worlds, written in their sources' own layouts.

They take the same road as real files, dirt included, and their truth is known: `<name>.truth.json` beside them says
what the best possible error is with and without each modality, and how many bad lines stand in which file.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from assets.files import temporary_prefix
from assets.samples import movies, places, shop
from assets.samples.tastes import oracle_rmse, sample

VERSION = "2"
"""Raised whenever the bytes of a sample change."""

_MODULES = {"sample-movies": movies, "sample-shop": shop, "sample-places": places}
NAMES = tuple(_MODULES)
"""The names that `generate` knows."""


def generate(name: str, root: Path, progress: Callable[[str], None] | None = None, scale: float = 1.0) -> None:
    """Writes one sample under `root` in its source's layout, and `<name>.truth.json`, which ingest never reads.

    The bytes depend on VERSION and scale alone. A finished sample of the same version and scale is left alone. Files
    are written beside their place and moved there, the truth last. `scale` (0.01..4) changes the number of items,
    keeping ratings per item. Raises KeyError for an unknown name, ValueError for a bad scale, and FileExistsError
    where files that are not a sample's stand in the way.

    The truth holds: users, items, ratings (good ones); oracle_rmse by "+"-joined parts; files: path -> read, good,
    rejected (by planted reason), duplicate, good_but_odd; pictures; opposite_sentiment: reviews, share
    (of the reviews without 3 stars).
    """
    if name not in _MODULES:
        raise KeyError(f"unknown sample {name!r}; known: {', '.join(NAMES)}")
    if not 0.01 <= scale <= 4:
        raise ValueError(f"scale must lie in 0.01..4, got {scale}")
    tell = progress or (lambda message: None)
    root.mkdir(parents=True, exist_ok=True)
    if _finished(name, root, scale):
        tell(f"{name}: already there")
        return
    _refuse_strangers(name, root)
    staging = Path(tempfile.mkdtemp(prefix=temporary_prefix(name), dir=root))
    try:
        truth = _write(name, staging, scale, tell)
        _publish(name, staging, root, truth)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    tell(f"{name}: done")


def _write(name: str, staging: Path, scale: float, tell: Callable[[str], None]) -> dict:
    module = _MODULES[name]
    tell(f"{name}: drawing tastes")
    tastes = sample(module.RECIPE, scale)
    tell(f"{name}: writing {len(tastes.item_quality)} items with pictures and {len(tastes.ratings)} ratings")
    planted = module.write(staging, tastes)
    return {
        "name": name,
        "version": VERSION,
        "scale": scale,
        "users": len(tastes.user_mean),
        "items": len(tastes.item_quality),
        "ratings": len(tastes.ratings),
        "oracle_rmse": oracle_rmse(module.RECIPE, tastes),
        **planted,
    }


def _finished(name: str, root: Path, scale: float) -> bool:
    truth = root / f"{name}.truth.json"
    if not truth.is_file() or not all((root / path).exists() for path in _MODULES[name].ARTEFACTS):
        return False
    known = json.loads(truth.read_text(encoding="utf-8"))
    return (known.get("version"), known.get("scale")) == (VERSION, scale)


def _refuse_strangers(name: str, root: Path) -> None:
    """Raises FileExistsError where real files, such as a MovieLens folder, stand where this sample would go."""
    if (root / f".{name}.claim").exists() or (root / f"{name}.truth.json").exists():
        return
    for path in _MODULES[name].ARTEFACTS:
        if (root / path).exists():
            raise FileExistsError(
                f"{root / path} exists and is not part of {name}; give the samples a folder of their own"
            )


def _publish(name: str, staging: Path, root: Path, truth: dict) -> None:
    """Moves the files into place. The claim file tells a later call that leftovers of a killed one are its own."""
    claim, final = root / f".{name}.claim", root / f"{name}.truth.json"
    claim.touch()
    final.unlink(missing_ok=True)
    for path in _MODULES[name].ARTEFACTS:
        _replace(staging / path, root / path)
    (staging / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    os.replace(staging / "truth.json", final)
    claim.unlink()


def _replace(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(source, target)
