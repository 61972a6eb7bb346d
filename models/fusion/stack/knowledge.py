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
Remember = Callable[[str, Callable[[], Arrays]], Arrays]
"""From a name and what makes the arrays to the arrays: made only if they are not kept under this name yet."""


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


def learn(
    parts: list[Recommender],
    rows: Interactions,
    valid: Interactions,
    features: Features,
    device: str,
    progress: Progress,
    remember: Remember,
) -> Knowledge:
    """Fit the parts on the rows; those that `remember` has kept are put back instead."""
    for part in parts:

        def fitted(part: Recommender = part) -> Arrays:
            part.fit(rows, valid, features, device=device, progress=progress)
            return part.state()

        part.device = device
        part.restore(remember(part.name, fitted))
    return Knowledge(parts, rows, features)


def remembering(folder: Path | None, key: str) -> Remember:
    """Keeps arrays in files of `folder`, if there is one; what was kept under another key is made anew."""

    def remember(name: str, make: Callable[[], Arrays]) -> Arrays:
        if folder is None:
            return make()
        path = folder / f"{name}.safetensors"
        if path.exists():
            with safe_open(path, "numpy") as file:
                if (file.metadata() or {}).get("key") == key:
                    return {part: file.get_tensor(part) for part in file.keys()}  # noqa: SIM118
        arrays = {part: np.ascontiguousarray(values) for part, values in make().items()}
        folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays, path.with_suffix(".part"), {"key": key})
        path.with_suffix(".part").replace(path)
        return arrays

    return remember
