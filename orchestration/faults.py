"""What a failure of the machine says, and the way out of it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from orchestration.settings import Settings

LEAST_FREE = 64 * 2**20
"""Bytes that must be free: with less, not even the history of a failure can be written."""
DAMAGE = (
    "magic bytes|Parquet file|ZSTD|[Dd]ecompress|Could not read enough bytes|not a valid DuckDB|[Cc]orrupt|malformed|"
    "file is not a database|SafetensorError|checksum"
)
AGAIN = "then give the same command again; what was finished is kept."


class Unusable(RuntimeError):
    """TRIFUSE_HOME cannot be worked in; the message says why and what to do."""


def check_usable(settings: Settings) -> None:
    """Raises Unusable where TRIFUSE_HOME cannot be written or the disk is full."""
    if why := closed(settings) or full(settings):
        raise Unusable(why)


def full(settings: Settings) -> str:
    """Why and what to do where too little of the disk is free, else ''."""
    free = shutil.disk_usage(_existing(settings)).free
    if free >= LEAST_FREE:
        return ""
    return (
        f"The disk of TRIFUSE_HOME={settings.home} is full: {free / 2**20:.0f} MB are free, at least "
        f"{LEAST_FREE / 2**20:.0f} MB are needed. Make room (`trifuse vectors --collect`, old runs in the UI), {AGAIN}"
    )


def closed(settings: Settings) -> str:
    """Why and what to do where a folder of TRIFUSE_HOME cannot be written, else ''."""
    for folder in (_existing(settings), settings.dagster_home, settings.home / "lake", settings.home / "artifacts"):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            return (
                f"{folder} cannot be written by this user: its disk is read-only, or it is somebody else's. Mount it "
                "for writing, or give it to this user (chown -R), or set TRIFUSE_HOME to another folder."
            )
    return ""


def way_out(message: str) -> str:
    """What to do about a failure that says this, '' where it is not the machine's."""
    settings = Settings.from_environment()
    if obstacle := closed(settings) or full(settings):
        return obstacle
    if re.search("No space left|disk is full|disk I/O error|Disk quota|File too large", message):
        return (
            "A disk is full or fails, that of TRIFUSE_HOME or of the temporary files (TMPDIR), or a file may not grow "
            f"(`ulimit -f`). Make room, {AGAIN}"
        )
    if re.search("Read-only file system|Permission denied|readonly database", message):
        return f"Give this user the right to write there, {AGAIN}"
    if re.search(DAMAGE, message):
        return f"A file is damaged. `trifuse doctor --repair` finds it and removes what can be made again; {AGAIN}"
    return ""


def _existing(settings: Settings) -> Path:
    return next(path for path in (settings.home, *settings.home.parents) if path.exists())
