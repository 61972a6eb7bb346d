"""The single models and the history of one set of ratings: all that the blend is told of a pair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from models.baselines.bayes_fm import BayesianFM
from models.baselines.item_cf import ItemCF
from models.data import Features, Interactions
from models.fusion.early_fusion import EarlyFusion
from models.fusion.kernel_autoencoder import MOST_CELLS, KernelAutoencoder
from models.fusion.stack.history import History
from models.recommender import Progress, Recommender

Arrays = dict[str, np.ndarray]


class Knowledge:
    """What was learned from `rows`, which hold none of the pairs that are asked about."""

    def __init__(self, parts: list[Recommender], rows: Interactions, features: Features) -> None:
        """parts: fitted on the rows; the first is the one whose residuals are looked at."""
        self.parts, self.rows, self.features = parts, rows, features
        self._history: History | None = None

    @property
    def history(self) -> History:
        """Made when it is first asked for."""
        if self._history is None:
            expected = self.parts[0].predict(self.rows.users, self.rows.items, self.rows.timestamps)
            self._history = History(self.rows, expected, self.features)
        return self._history

    def rated_by(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in `users`, and items, of all that these users rated."""
        rows = self.history.matrices["ones"][users]
        return np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices

    def look(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None) -> tuple[list[str], Arrays]:
        """Names of the columns, and `columns` float32 [n, names] and `predictions` float64 [n, parts]."""
        names, columns = self.history.columns(users, items, times)
        predictions = [part.predict(users, items, times).astype(np.float64) for part in self.parts]
        return names, {"columns": columns, "predictions": np.column_stack(predictions)}


def single_models(features: Features, sweeps: int, rounds: int, seed: int) -> list[Recommender]:
    """The models that are blended, not fitted yet; the first is the one whose residuals are looked at."""
    chain = BayesianFM(BayesianFM.Config(iterations=sweeps, kept=60, chains=1), seed=seed)
    parts: list[Recommender] = [chain, ItemCF(seed=seed), EarlyFusion(seed=seed)]
    if rounds and features.n_users * features.n_items <= MOST_CELLS:
        parts.append(KernelAutoencoder(KernelAutoencoder.Config(rounds=rounds), seed=seed))
    return parts


class Kept:
    """Arrays by name in files of a folder, if there is one; what was kept under another key is not found."""

    def __init__(self, folder: Path | None = None, key: str = "") -> None:
        self.folder, self.key = folder, key

    def load(self, name: str) -> Arrays | None:
        """What was kept under this name, None where there is nothing."""
        if self.folder is None or not (path := self._path(name)).exists():
            return None
        with safe_open(path, "numpy") as file:
            if (file.metadata() or {}).get("key") != self.key:
                return None
            return {part: file.get_tensor(part) for part in file.keys()}  # noqa: SIM118

    def save(self, name: str, make: Callable[[], Arrays]) -> None:
        """Keep what `make` gives, which is not asked where there is no folder."""
        if self.folder is None:
            return
        arrays, path = {part: np.ascontiguousarray(values) for part, values in make().items()}, self._path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays, path.with_suffix(".part"), {"key": self.key})
        path.with_suffix(".part").replace(path)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


def learn(
    parts: list[Recommender],
    rows: Interactions,
    valid: Interactions,
    features: Features,
    device: str,
    progress: Progress,
    kept: Kept,
) -> Knowledge:
    """Fit the parts on the rows; those that are kept are put back instead."""
    for part in parts:
        part.device = device
        if (state := kept.load(part.name)) is not None:
            part.restore(state)
            continue
        part.fit(rows, valid, features, device=device, progress=progress)
        kept.save(part.name, part.state)
    return Knowledge(parts, rows, features)
