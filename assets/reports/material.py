"""Everything that a report is written from, read once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.datasets import Dataset
from assets.files import read_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.matrices import Catalog, load_catalog

TRACED = (
    "raw_files", "staged_records", "users", "items", "interactions", "images", "folds", "text_embeddings",
    "image_embeddings", "media", "audio_embeddings", "video_embeddings", "metrics", "recommendations",
)  # fmt: skip
"""Assets whose versions stand in the report."""
SLICED = ["protocol", "seed", "model", "variant", "study", "slice", "metric", "k", "value", "n"]
TITLE_LENGTH, REASON_LENGTH, NAME_LENGTH = 120, 240, 40
"""Characters that are shown of a title, of why an item is recommended, and of a category or a person's attribute, so
that none of them fills a page."""


@dataclass
class Material:
    """One dataset's tables, records of trainings, and manifests. records: cell -> what `record.json` says."""

    home: Home
    about: Dataset
    metrics: pd.DataFrame
    catalog: Catalog
    images: pd.DataFrame
    media: pd.DataFrame
    recommendations: pd.DataFrame
    audit: pd.DataFrame
    rejects: pd.DataFrame
    slices: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SLICED))
    records: dict[Cell, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)

    @property
    def boards(self) -> pd.DataFrame:
        """The metrics of the models as they are; the others are of studies."""
        return self.metrics[self.metrics.study == ""]

    @property
    def protocols(self) -> list[str]:
        """Protocols that were evaluated: the dataset's own first, in its order."""
        there = set(self.metrics.protocol)
        own = [name for name in self.about.protocols if name in there]
        return own + sorted(there - set(own))


def load_material(home: Home, about: Dataset) -> Material:
    """Read what a report needs; whatever a dataset does not have is an empty table."""
    lake, manifests = home.lake / about.name, Manifests(home.path)
    metrics = pd.read_parquet(lake / "metrics.parquet")
    current = {name: manifests.current(name, about.name) for name in TRACED}
    recommendations = pd.read_parquet(lake / "recommendations.parquet")
    return Material(
        home, about, metrics, _readable(load_catalog(home, about.name)),
        images=_table(home.table(about.name, "images"), ["item_id", "path", "status", "fetched_at"]),
        media=_table(home.table(about.name, "media"), ["item_id", "kind", "status", "reason"]),
        recommendations=recommendations.assign(why=recommendations.why.map(lambda why: short(why, REASON_LENGTH))),
        audit=_table(lake / "staging" / "ingest_audit.parquet", ["source_file", "rows_read"]),
        rejects=_table(lake / "staging" / "rejects.parquet", ["source_file", "line", "stage", "reason", "raw"]),
        slices=_table(lake / "metric_slices.parquet", SLICED),
        records=_records(home, about.name, metrics, manifests),
        manifests={name: manifest for name, manifest in current.items() if manifest is not None},
    )  # fmt: skip


def _readable(catalog: Catalog) -> Catalog:
    """The catalog with titles and categories that a page can show."""
    shown = {"title": catalog.items.title.map(lambda title: short(title, TITLE_LENGTH))}
    if "categories" in catalog.items:
        shown["categories"] = [
            None if names is None else [short(name, NAME_LENGTH) for name in names]
            for names in catalog.items.categories
        ]
    return replace(catalog, items=catalog.items.assign(**shown))


def short(text: Any, length: int) -> Any:
    """A text cut to so many characters, with an ellipsis where some are missing; what is no text as it is."""
    return text[: length - 1] + "…" if isinstance(text, str) and len(text) > length else text


def _table(path, columns: list[str]) -> pd.DataFrame:
    return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=columns)


def _records(home: Home, name: str, metrics: pd.DataFrame, manifests: Manifests) -> dict[Cell, dict[str, Any]]:
    """Records of the trainings that the metrics are of; one that was trained again since is left out."""
    keys = ["model", "protocol", "seed", "variant", "data_version"]
    found = {}
    for row in metrics[keys].drop_duplicates().itertuples(index=False):
        cell = Cell(name, row.model, row.protocol, int(row.seed), row.variant)
        manifest = manifests.current("recommender", cell.partition)
        path = cell.folder(home) / "record.json"
        if manifest is not None and manifest.data_version == row.data_version and path.exists():
            found[cell] = read_json(path)
    return found


def popularity(items: np.ndarray, n_items: int) -> np.ndarray:
    """int [n_items]: each item's decile by its number of rows, 1 rarest .. 10 most; equal counts share one."""
    counts = pd.Series(np.bincount(items, minlength=n_items))
    share = (counts.rank(method="average") - 0.5) / max(n_items, 1)
    return np.minimum(np.floor(share * 10).astype(int) + 1, 10).to_numpy()
