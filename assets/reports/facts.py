"""Facts of the data: sizes and coverage, encoders, what was rejected on the way in, and where everything came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.manifests import Manifest, parted
from assets.reports.material import Material, short
from models.splits import PROTOCOLS

EXAMPLE_LENGTH = 160
"""Characters of a rejected record that are shown."""


def dataset_facts(material: Material) -> list[tuple[str, str]]:
    """(name, value) in the order a reader wants them."""
    about, items, rows = material.about, material.catalog.items, material.catalog.interactions
    n_users, n_items, n = len(material.catalog.users), len(items), len(rows)
    facts = [
        ("Users", f"{n_users:,}"),
        ("Items", f"{n_items:,}"),
        ("Ratings", f"{n:,}"),
        ("Density", f"{n / max(n_users * n_items, 1):.2%}"),
        ("Mean rating", f"{rows.ratings.mean():.2f} on {about.rating_low:g}–{about.rating_high:g}" if n else "–"),
        ("Items with a picture", f"{items.has_image.mean():.1%}" if n_items else "–"),
        ("Items with text", f"{items.has_text.mean():.1%}" if n_items else "–"),
        ("Rated between", _span(rows.timestamps)),
    ]
    return facts


def _span(seconds) -> str:
    known = seconds[seconds >= 0]
    if not len(known):
        return "no times in the source"
    days = [f"{pd.Timestamp(int(end), unit='s'):%Y-%m-%d}" for end in (known.min(), known.max())]
    partial = "" if len(known) == len(seconds) else f" ({len(known) / len(seconds):.0%} of the ratings have a time)"
    return " and ".join(days) + partial


@dataclass(frozen=True)
class EncoderFacts:
    """contents: what was encoded, a column each. rows: (fact, its value for each), those that any manifest tells."""

    contents: list[str]
    rows: list[tuple[str, list[str]]]


def encoders(manifests: dict[str, Manifest]) -> EncoderFacts:
    """Which encoders made the vectors, and how, as their manifests tell; of sound and video where there is any."""
    pairs = (("titles and introductions", "text_embeddings"), ("pictures", "image_embeddings"))
    clips = (("sounds", "audio_embeddings"), ("films", "video_embeddings"))
    pairs += tuple(pair for pair in clips if pair[1] in manifests and manifests[pair[1]].metadata.get("encoder"))
    there = [(content, _told(manifests[asset].metadata)) for content, asset in pairs if asset in manifests]
    told = [facts for _, facts in there]
    names = [name for name in (told[0] if told else ()) if any(facts[name] for facts in told)]
    return EncoderFacts(
        [content for content, _ in there], [(name, [facts[name] or "–" for facts in told]) for name in names]
    )


def _told(metadata: dict[str, Any]) -> dict[str, str]:
    """Facts of one encoding in the order a reader wants them, '' where an older manifest lacks one."""
    identity, engine = metadata.get("identity") or {}, metadata.get("engine") or {}
    padding = engine.get("padding_share")
    return {
        "Encoder": metadata.get("encoder") or "",
        "Description": metadata.get("description") or "",
        "Dimensions": _count(identity.get("dimension")),
        "Pooling": identity.get("pooling") or "",
        "Precision": identity.get("precision") or engine.get("precision") or "",
        "Device": engine.get("device") or "",
        "Contents encoded": _count(engine.get("encoded")),
        "Found in the cache": _count(engine.get("from_cache")),
        "Contents per second": _count(engine.get("items_per_second"), 1),
        "Padding among tokens": "" if padding is None else f"{padding:.1%}",
        "Seconds": _count(metadata.get("seconds"), 1),
        "Revision": str(identity.get("revision") or "")[:24],
    }


def _count(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


@dataclass(frozen=True)
class Reason:
    """Rejected records of one reason, with one of them as an example."""

    stage: str
    reason: str
    count: int
    where: str
    example: str


def reasons(rejects: pd.DataFrame) -> list[Reason]:
    """Rejects by stage and reason, most frequent first."""
    found = []
    for (stage, reason), rows in rejects.groupby(["stage", "reason"], sort=True):
        first = rows.iloc[0]
        raw = "" if pd.isna(first.raw) else str(first.raw)
        text = short(raw, EXAMPLE_LENGTH)
        where = str(first.source_file) if pd.isna(first.line) else f"{first.source_file}, line {int(first.line)}"
        found.append(Reason(stage, reason, len(rows), where, text))
    return sorted(found, key=lambda row: -row.count)


def picture_outcomes(images: pd.DataFrame) -> list[tuple[str, str, int]]:
    """(status, reason, count) of all pictures, or all media files, that were listed."""
    if images.empty:
        return []
    why = images["reason"].fillna("") if "reason" in images else pd.Series("", index=images.index)
    counts = images.assign(reason=why).groupby(["status", "reason"]).size().sort_values(ascending=False)
    return [(status, reason, int(count)) for (status, reason), count in counts.items()]


def raw_files(manifests: dict[str, Manifest]) -> list[tuple[str, str]]:
    """(file, SHA-256) of the raw files."""
    upstream = manifests["raw_files"].upstream if "raw_files" in manifests else {}
    return [(parted(name)[1], sha256) for name, sha256 in sorted(upstream.items())]


def cells(metrics: pd.DataFrame) -> pd.DataFrame:
    """One row per training: its first metric, the id to trace it by, and what made it."""
    first = {name: about.metrics[0] for name, about in PROTOCOLS.items()}
    main = metrics[[row.metric == first[row.protocol].metric for row in metrics.itertuples()]]
    return main.sort_values(["protocol", "model", "variant", "seed"])
