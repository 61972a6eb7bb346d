"""Who may recommend under a protocol, how good each is on validation, and what the best of them must keep to."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.champions.limits import limits
from assets.datasets import dataset
from assets.evaluation import current_cells
from assets.home import Home
from assets.manifests import Manifest
from assets.matrices import Catalog, load_catalog
from assets.splits import load_fold
from assets.studies.declared import study_of
from models.calibration import calibration_error, slope
from models.registry import recommender as recommender_class
from models.splits import ERRORS, PROTOCOLS, TRAIN, VALID

if TYPE_CHECKING:
    from models.data import Interactions
    from models.recommender import Recommender

BASELINES = ("global-mean", "bias", "popularity")
"""What a champion must beat. They themselves are never champions: they know nobody's taste."""
TIMED, TIMES = 16, 2
"""Users whose scoring is timed, and how often: the best counts, as a busy machine only makes it longer."""


@dataclass(frozen=True)
class Gate:
    """One thing that the winner must keep to, what was found, and whether it is kept."""

    name: str
    found: str
    limit: str
    passed: bool
    why: str


def candidates(home: Home, name: str, protocol: str) -> dict[str, list[Manifest]]:
    """Model -> its trained cells under the protocol, as it is (its first variant, no study), by seed."""
    found = []
    for manifest in current_cells(home, name):
        cell = Cell.parse(manifest.partition)
        plain = cell.variant == recommender_class(cell.model).variants[0] and not study_of(cell.model, cell.variant)
        if cell.protocol == protocol and plain:
            found.append((cell.model, cell.seed, manifest))
    found.sort(key=lambda row: row[:2])
    return {model: [row[2] for row in rows] for model, rows in groupby(found, key=lambda row: row[0])}


class Contest:
    """The candidates of one dataset and protocol against each other on validation; never reads a test rating."""

    def __init__(self, home: Home, name: str, protocol: str) -> None:
        self.home, self.about, self.protocol = home, dataset(name), PROTOCOLS[protocol]
        self.cells = candidates(home, name, protocol)
        first = self.protocol.metrics[0]
        self.k = first.k if first.metric not in ERRORS else None
        self.measure = f"NDCG@{self.k}" if self.k else "RMSE"
        self._catalog: Catalog | None = None

    def board(self) -> dict[str, float]:
        """Model -> its mean on validation over its seeds, best first; untrained baselines are trained here."""
        values = {model: float(np.mean([self._value(m) for m in trained])) for model, trained in self.cells.items()}
        seed = min((Cell.parse(m.partition).seed for trained in self.cells.values() for m in trained), default=0)
        for baseline in set(BASELINES) - set(values) if self.cells else ():
            values[baseline] = self._measured(self._fitted(baseline, seed), seed)
        sign = -1 if self.k else 1
        return dict(sorted(values.items(), key=lambda item: (np.isnan(item[1]), sign * item[1], item[0])))

    def winner(self, board: dict[str, float]) -> Manifest | None:
        """The first seed's cell of the best model that is no baseline; None where only baselines were trained."""
        best = next((model for model in board if model not in BASELINES), None)
        return self.cells[best][0] if best else None

    def gates(self, winner: Manifest, board: dict[str, float]) -> list[Gate]:
        """What the winner must keep to, each with what was found."""
        cell = Cell.parse(winner.partition)
        model = recommender_class(cell.model).load(cell.folder(self.home), self.home.device)
        valid = self._part(cell.seed, VALID)
        predicted = model.predict(valid.users, valid.items, valid.timestamps).astype(np.float64)
        seconds, scores = self._scored(model, np.unique(valid.users)[:TIMED])
        tested = pd.read_parquet(cell.folder(self.home) / "predictions.parquet").prediction.to_numpy()
        finite = [self._finite(predicted, tested, scores)]
        calibrated = self._calibrated(valid.ratings.astype(np.float64), predicted) if finite[0].passed else []
        return [self._beats(cell.model, board), *finite, *calibrated, _quick(1000 * seconds)]

    def _beats(self, model: str, board: dict[str, float]) -> Gate:
        order = list(board)
        rest = [name for name in BASELINES if name in board]
        best = min(rest, key=order.index)
        better = board[model] > board[best] if self.k else board[model] < board[best]
        found = f"{self.measure} {board[model]:.4f}, {best} {board[best]:.4f}"
        why = "What knows nobody's taste costs nothing; a model that is no better is not worth its mistakes."
        return Gate("beats the baselines", found, f"better than {', '.join(rest)}", bool(better), why)

    def _finite(self, *values: np.ndarray) -> Gate:
        broken = sum(int((~np.isfinite(part)).sum()) for part in values)
        of = sum(part.size for part in values)
        why = "A prediction that is no number sorts anywhere."
        return Gate("finite", f"{broken:,} of {of:,} are not", "all predictions and scores", broken == 0, why)

    def _calibrated(self, truth: np.ndarray, predicted: np.ndarray) -> list[Gate]:
        line, held = slope(truth, predicted), limits()
        span = self.about.rating_values[-1] - self.about.rating_values[0]
        error = calibration_error(truth, predicted) / span
        of_slope, of_error = held.calibration_slope, held.calibration_error
        return [
            Gate("calibrated: slope", f"{line.value:.3f} ({line.low:.3f} to {line.high:.3f})", str(of_slope),
                 of_slope.allows(line.low, line.high), of_slope.why),
            Gate("calibrated: error", f"{error:.4f} of the scale", str(of_error), of_error.allows(error, error),
                 of_error.why),
        ]  # fmt: skip

    def _value(self, trained: Manifest) -> float:
        if self.k is None:
            return trained.metadata["valid_rmse"]
        cell = Cell.parse(trained.partition)
        return self._measured(recommender_class(cell.model).load(cell.folder(self.home), self.home.device), cell.seed)

    def _measured(self, model: Recommender, seed: int) -> float:
        from models.metrics import like_threshold, pairs, rank_catalogue, rmse

        train, valid = self._part(seed, TRAIN), self._part(seed, VALID)
        if self.k is None:
            return rmse(valid.ratings, model.predict(valid.users, valid.items, valid.timestamps))
        shape = len(self.catalog().users), len(self.catalog().items)
        relevant = pairs(valid, *shape, at_least=like_threshold(self.about.rating_values))
        ranked = rank_catalogue(model.score, pairs(train, *shape), relevant, valid.users, self.k, block=256)
        return ranked.mean("ndcg")

    def _fitted(self, baseline: str, seed: int) -> Recommender:
        from assets.matrices import load_features

        model = recommender_class(baseline)(seed=seed)
        features = load_features(self.home, self.about, self.catalog(), content=False)
        model.fit(self._part(seed, TRAIN), self._part(seed, VALID), features)
        return model

    def catalog(self) -> Catalog:
        """The dataset's rows in index space, read once."""
        self._catalog = self._catalog or load_catalog(self.home, self.about.name)
        return self._catalog

    def _part(self, seed: int, part: int) -> Interactions:
        fold = load_fold(self.home, self.about.name, self.protocol.name, seed)
        return self.catalog().interactions.take(fold == part)

    def _scored(self, model: Recommender, users: np.ndarray) -> tuple[float, np.ndarray]:
        """Seconds a user that the whole catalogue takes, and the scores."""
        seconds = []
        for _ in range(TIMES):
            started = time.perf_counter()
            scores = model.score(users)
            seconds.append(time.perf_counter() - started)
        return min(seconds) / max(len(users), 1), scores


def _quick(milliseconds: float) -> Gate:
    limit = limits().milliseconds_per_user
    return Gate("quick", f"{milliseconds:.2f} ms per user", f"{limit} ms", limit.allows(milliseconds, milliseconds),
                limit.why)  # fmt: skip


def told(gates: list[Gate]) -> list[dict[str, Any]]:
    """The gates as they are kept in a manifest."""
    return [asdict(gate) for gate in gates]
