"""The groups of the asset graph in the order in which data flows."""

from __future__ import annotations

import dagster as dg

REFRESHED = ("raw", "staging", "pictures", "catalog", "splits", "validation", "embeddings")
"""Those that a refresh materializes; what is after them follows when something has changed."""
FLOW = (*REFRESHED, "sentiment", "recommenders", "studies", "evaluation", "reports", "champions", "serving")
"""Those that a dataset runs through. Nobody is promoted before the numbers were checked."""
ORDER = (*FLOW, "upkeep")


def listed(group: str) -> str:
    """A group's name in the UI, which lists groups by name: with its place before it."""
    return f"{ORDER.index(group) + 1:02}_{group}"


def of_groups(*groups: str) -> dg.AssetSelection:
    """The assets of these groups of the definitions."""
    return dg.AssetSelection.groups(*map(listed, groups))
