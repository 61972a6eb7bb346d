"""Where each asset leads in the UI: to the line that it is written in, and to the pages that show its numbers."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.home import Home
from orchestration.groups import listed
from orchestration.settings import Settings

HERE = "orchestration/links.py"
"""This file in the repository: the others are found from it."""
REPORTED = {listed(group) for group in ("sentiment", "recommenders", "studies", "evaluation", "champions")}
"""Groups of assets whose numbers the reports show."""


def with_links(assets: list[dg.AssetsDefinition], settings: Settings, home: Home) -> list[dg.AssetsDefinition]:
    """The same assets with their links; those to the code lead to TRIFUSE_GIT_URL where that is set."""
    pages = {"reports": dg.MetadataValue.path(str(home.reports / "index.html"))}

    def with_pages(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.merge_attributes(metadata=pages) if spec.group_name in REPORTED else spec

    located = dg.with_source_code_references([asset.map_asset_specs(with_pages) for asset in assets])
    if not settings.git_url:
        return located
    mapping = dg.AnchorBasedFilePathMapping(Path(__file__), HERE)
    return dg.link_code_references_to_git(located, settings.git_url, settings.git_branch, mapping)
