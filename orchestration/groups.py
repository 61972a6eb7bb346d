"""The groups of the asset graph in the order in which data flows."""

from __future__ import annotations

import dagster as dg

ORDER = (
    "raw", "staging", "pictures", "catalog", "splits", "validation", "embeddings", "sentiment", "recommenders",
    "studies", "evaluation", "reports", "champions", "serving", "upkeep",
)  # fmt: skip


def listed(group: str) -> str:
    """A group's name in the UI, which lists groups by name: with its place before it."""
    return f"{ORDER.index(group) + 1:02}_{group}"


def of_groups(*groups: str) -> dg.AssetSelection:
    """The assets of these groups of the definitions."""
    return dg.AssetSelection.groups(*map(listed, groups))
