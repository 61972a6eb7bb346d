"""What the checks of the measured numbers look at: tables, records of trainings, and predictions beside the ratings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.cells import Cell
from assets.datasets import Dataset
from assets.files import read_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.matrices import Catalog, load_catalog
from assets.reads import reads_of
from assets.splits import load_fold
from assets.validation.facts import Check
from assets.validation.outcomes import EXAMPLES, Outcome
from assets.vectors.matrix import owner_vectors
from models.data import Interactions
from models.splits import TEST, TRAIN, VALID

if TYPE_CHECKING:
    import pandas as pd


class Evidence:
    """One dataset's measured numbers, and what they were made from; read when asked for."""

    def __init__(self, home: Home, about: Dataset) -> None:
        self.home, self.about = home, about
        self._folds: dict[tuple[str, int], np.ndarray] = {}

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The table `metrics`."""
        import pandas as pd

        return pd.read_parquet(self.home.lake / self.about.name / "metrics.parquet")

    @cached_property
    def slices(self) -> pd.DataFrame:
        """The table `metric_slices`."""
        import pandas as pd

        return pd.read_parquet(self.home.lake / self.about.name / "metric_slices.parquet")

    @cached_property
    def reads(self) -> pd.DataFrame:
        """Every look at test ratings so far."""
        return reads_of(self.home, self.about.name)

    @cached_property
    def catalog(self) -> Catalog:
        """The dataset's rows."""
        return load_catalog(self.home, self.about.name)

    @cached_property
    def cells(self) -> dict[Cell, Manifest]:
        """The trainings that the metrics are of; one that was trained again since is left out."""
        manifests, keys, found = Manifests(self.home.path), ["model", "protocol", "seed", "variant"], {}
        for row in self.metrics[[*keys, "data_version"]].drop_duplicates().itertuples(index=False):
            cell = Cell(self.about.name, row.model, row.protocol, int(row.seed), row.variant)
            manifest = manifests.current("recommender", cell.partition)
            if manifest is not None and manifest.data_version == row.data_version:
                found[cell] = manifest
        return found

    @property
    def plain(self) -> pd.DataFrame:
        """The metrics of the models as they are, studies left out."""
        return self.metrics[self.metrics.study == ""]

    def record(self, cell: Cell) -> dict[str, Any]:
        """What the training wrote down."""
        return read_json(cell.folder(self.home) / "record.json")

    def predicted(self, cell: Cell) -> np.ndarray:
        """float64: the prediction of every test row."""
        import pandas as pd

        file = cell.folder(self.home) / "predictions.parquet"
        return pd.read_parquet(file, columns=["prediction"]).prediction.to_numpy()

    def rows(self, cell: Cell, fold: int) -> Interactions:
        """The rows of a fold of the cell's protocol and seed."""
        return self.catalog.interactions.take(self.fold(cell) == fold)

    def fold(self, cell: Cell) -> np.ndarray:
        """int8 [interactions]: the fold of every row under the cell's protocol and seed."""
        key = cell.protocol, cell.seed
        if key not in self._folds:
            self._folds[key] = load_fold(self.home, self.about.name, *key)
        return self._folds[key]

    def reviews_of_train(self, cell: Cell) -> np.ndarray | None:
        """The vectors of what was written with train ratings, as the cell's training should have had them."""
        reviews = owner_vectors(self.home, self.about.name, "review")
        return None if reviews is None else reviews[self.fold(cell) == TRAIN]

    def by_fold(self) -> Iterator[tuple[tuple[str, int], list[Cell]]]:
        """(protocol, seed) and the cells under it."""
        keys = sorted({(cell.protocol, cell.seed) for cell in self.cells})
        for key in keys:
            yield key, [cell for cell in self.cells if (cell.protocol, cell.seed) == key]


PARTS = {"train": TRAIN, "valid": VALID, "test": TEST}


@dataclass(frozen=True)
class Mistake:
    """A check, and how it is made. number: of the mistake in the list of eighteen that this project goes by."""

    number: int
    check: Check
    find: Callable[[Evidence], Outcome]


def mistake(number: int, description: str, blocking: bool = True) -> Callable[[Callable[[Evidence], Outcome]], Mistake]:
    """Make a check of a function, which gives it its name."""

    def made(find: Callable[[Evidence], Outcome]) -> Mistake:
        return Mistake(number, Check(find.__name__, description, blocking), find)

    return made


def outcome(name: str, bad: list[dict[str, Any]], rows: int, holds: str, fails: str, **measured: Any) -> Outcome:
    """Red where there is a bad row. holds, fails: what is said of so many rows, and of so many bad ones among them."""
    said = fails.format(bad=len(bad), rows=rows) if bad else holds.format(rows=rows)
    return Outcome(name, not bad, said, rows, len(bad), examples=bad[:EXAMPLES], measured=measured)


def named(cell: Cell) -> dict[str, Any]:
    """A cell as an example shows it."""
    return {"model": f"{cell.model} {cell.variant}".strip(), "protocol": cell.protocol, "seed": cell.seed}
