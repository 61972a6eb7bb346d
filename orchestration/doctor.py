"""`trifuse doctor`: what is there, what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from orchestration.settings import Settings, resolve_device

PACKAGES = (
    "dagster",
    "dagster-webserver",
    "duckdb",
    "great-expectations",
    "torch",
    "transformers",
    "timm",
    "av",
    "scikit-learn",
)
DISK_GB = 2


@dataclass(frozen=True)
class Finding:
    """One thing looked at. needed: the demo cannot run without it."""

    ok: bool
    what: str
    needed: bool = False


def examine(settings: Settings, repair: bool = False) -> bool:
    """Print every finding; True if the demo could run. repair: put right what is damaged, as far as possible."""
    sections: dict[str, Callable[[Settings], list[Finding]]] = {
        "program": _program, "device": _device, "home": _home, "data": _data, "encoders": _encoders,
    }  # fmt: skip
    able = True
    for title, look in sections.items():
        click.echo(f"{title}:")
        for finding in look(settings):
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "absent "
            click.echo(f"  {mark} {finding.what}")
            able = able and (finding.ok or not finding.needed)
    sound = not settings.home.exists() or _show_condition(settings, repair)
    click.echo("the demo can run: make demo" if able else "the demo cannot run until what is MISSING is there")
    return able and sound


def _show_condition(settings: Settings, repair: bool) -> bool:
    """Print in what condition the home is; False where something is broken and stays so."""
    from orchestration.condition import examine_home

    click.echo("condition:")
    broken = False
    for found in examine_home(settings, repair):
        click.echo(f"  {'ok     ' if found.ok else 'MENDED ' if found.mended else 'BROKEN '} {found.what}")
        broken = broken or not (found.ok or found.mended)
    if broken and not repair:
        click.echo("what is BROKEN is put right, as far as possible, by: trifuse doctor --repair")
    return not broken


def _program(_settings: Settings) -> list[Finding]:
    found = [Finding(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer)", needed=True)]
    for package in PACKAGES:
        try:
            found.append(Finding(True, f"{package} {version(package)}"))
        except PackageNotFoundError:
            found.append(Finding(False, f"{package}: run `make install`", needed=True))
    return found


def _device(settings: Settings) -> list[Finding]:
    import torch

    device = resolve_device(settings.device)
    if device == "cuda" and not torch.cuda.is_available():
        return [
            Finding(False, "cuda: asked for or found, but torch cannot use it; set TRIFUSE_DEVICE=cpu", needed=True)
        ]
    name = torch.cuda.get_device_name() if device == "cuda" else f"{settings.threads} threads of {os.cpu_count()}"
    return [Finding(True, f"{device}: {name}")]


def _home(settings: Settings) -> list[Finding]:
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free / 2**30
    return [
        Finding(os.access(existing, os.W_OK), f"TRIFUSE_HOME {settings.home} can be written", needed=True),
        Finding(free > DISK_GB, f"{free:.0f} GB free there ({DISK_GB} GB are needed)", needed=True),
        Finding(
            settings.serving.exists(), f"serving snapshot {settings.serving} (made by `make demo` or `trifuse run`)"
        ),
    ]


def _data(settings: Settings) -> list[Finding]:
    from assets.datasets import datasets
    from assets.ingest.landing import raw_files
    from orchestration.resources import home

    found = (
        []
        if settings.raw
        else [Finding(False, "TRIFUSE_RAW is not set: real files are looked for in TRIFUSE_HOME/landing")]
    )
    for name, about in datasets().items():
        if about.embedded:
            found.append(Finding(True, f"{name}: generated when it is first materialized"))
            continue
        try:
            files = raw_files(about, home(settings).raw_root(about))
            found.append(Finding(True, f"{name}: {len(files)} raw files"))
        except FileNotFoundError as error:
            found.append(Finding(False, f"{name}: {error}"))
    return found


def _encoders(settings: Settings) -> list[Finding]:
    from models.encoders import folders

    weights = Path(settings.weights) if settings.weights else None
    found = []
    for kind, asked, find, classical in (
        ("text", settings.text_encoder, folders.find_text, "tfidf-svd"),
        ("image", settings.image_encoder, folders.find_image, "color-gradient-histogram"),
        ("audio", settings.audio_encoder, folders.find_audio, "log-mel-statistics"),
    ):
        local = find(weights) if weights else None
        if asked or local:
            found.append(Finding(True, f"{kind}: {asked or local.name}"))
        else:
            how = f"set TRIFUSE_WEIGHTS to a folder of weights, or TRIFUSE_{kind.upper()}_ENCODER to a hub name"
            found.append(Finding(False, f"{kind}: no learned weights, so {classical} is used; {how}"))
    return found
