"""One training of a model, by what names it, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assets.home import Home
from assets.manifests import Manifest, Manifests


@dataclass(frozen=True)
class Cell:
    """One training: a model's variant on one dataset, protocol and seed."""

    dataset: str
    model: str
    protocol: str
    seed: int
    variant: str

    @property
    def partition(self) -> str:
        """The cell's name in manifests and lineage."""
        return "|".join((self.dataset, self.model, self.protocol, str(self.seed), self.variant))

    @staticmethod
    def names(partition: str) -> bool:
        """Whether a manifest's partition is a cell's; the others of `recommender` are a dataset and model each."""
        return partition.count("|") == 4

    @classmethod
    def parse(cls, partition: str) -> Cell:
        """The cell of a manifest's partition."""
        dataset_name, model, protocol, seed, variant = partition.split("|")
        return cls(dataset_name, model, protocol, int(seed), variant)

    def folder(self, home: Home) -> Path:
        """Where its model, predictions and record lie."""
        # DuckDB and Arrow take name=value in a path for a column.
        name = self.variant.replace("=", "-") or "plain"
        return home.artifacts / self.dataset / self.model / self.protocol / f"seed-{self.seed}" / name


def trained_cells(manifests: Manifests, dataset: str) -> list[Manifest]:
    """The latest manifest of every training of a dataset's models, studies included, current or not."""
    return [m for m in manifests.partitions("recommender", f"{dataset}|") if Cell.names(m.partition)]
