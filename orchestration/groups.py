"""The groups of the asset graph in the order in which data flows."""

from __future__ import annotations

import dagster as dg

REFRESHED = ("raw", "staging", "pictures", "catalog", "splits", "validation", "embeddings")
"""Those that data run through, up to their vectors; `trifuse run` makes them in one Dagster run."""
FLOW = (*REFRESHED, "sentiment", "recommenders", "studies", "evaluation", "reports", "champions", "serving")
"""Those that a dataset runs through. Nobody is promoted before the numbers were checked."""
ORDER = (*FLOW, "upkeep")


def listed(group: str) -> str:
    """A group's name in the UI, which lists groups by name: with its place before it."""
    return f"{ORDER.index(group) + 1:02}_{group}"


def of_groups(*groups: str) -> dg.AssetSelection:
    """The assets of these groups of the definitions."""
    return dg.AssetSelection.groups(*map(listed, groups))


def refreshed() -> dg.AssetSelection:
    """What a refresh makes of a dataset, from its source to what people query; models, and what tells of them, follow
    where they are to be trained anew."""
    return of_groups(*REFRESHED) | dg.AssetSelection.assets("user_profiles_over_time", "serving_snapshot")
