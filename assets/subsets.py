"""What fusion models make of items when modalities are missing: of any subset in testing, of an item's own in lists."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.data import Interactions
    from models.recommender import Recommender

SUBSETS = "subsets.parquet"
"""In a cell's folder: what the model predicts for test pairs from each subset of its modalities."""
PAIRS = 20_000
"""Test pairs that this is asked for at most, evenly spaced: there are up to 63 subsets."""


def subsets(modalities: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every subset that is not empty, the largest first, in the order of the modalities."""
    return [some for size in range(len(modalities), 0, -1) for some in combinations(modalities, size)]


def asked_rows(n: int) -> np.ndarray:
    """int64: the rows of a test fold of n pairs that are asked for, ascending."""
    return np.unique(np.linspace(0, n - 1, min(PAIRS, n)).astype(np.int64)) if n else np.zeros(0, np.int64)


def write_subsets(model: Recommender, test: Interactions, path: Path) -> None:
    """Write row (of the test fold), subset ("text+audio") and prediction; nothing for a model of one modality or none.

    Only the pairs are handed over, never their ratings.
    """
    import pandas as pd

    from models.fusion.multimodal import Multimodal

    if not isinstance(model, Multimodal) or len(model.modalities) < 2 or not len(test):
        return
    rows = asked_rows(len(test))
    made = [
        pd.DataFrame({
            "row": rows,
            "subset": "+".join(some),
            "prediction": model.predict_with(test.users[rows], test.items[rows], some),
        })
        for some in subsets(model.modalities)
    ]  # fmt: skip
    pd.concat(made).to_parquet(path, index=False)


def lacking_of(model: Recommender) -> np.ndarray | None:
    """object [n_items]: the modalities that a fusion model looks at and an item has none of, as "audio, video".

    None for models that do not know.
    """
    from models.fusion.multimodal import Multimodal

    if not isinstance(model, Multimodal):
        return None
    return np.array(model.lacking(), dtype=object)
