"""Where each asset is written, for the UI: a file and a line of this machine, or an address where people browse it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.settings import Settings

HERE = "orchestration/source_links.py"
"""This file in the repository: the others are found from it."""


def with_source_links(assets: list[dg.AssetsDefinition], settings: Settings) -> list[dg.AssetsDefinition]:
    """The same assets, each with the place of its body; in TRIFUSE_GIT_URL where that is set."""
    located = dg.with_source_code_references(assets)
    if not settings.git_url:
        return located
    mapping = dg.AnchorBasedFilePathMapping(Path(__file__), HERE)
    return dg.link_code_references_to_git(located, settings.git_url, settings.git_branch, mapping)
