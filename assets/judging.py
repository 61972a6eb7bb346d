"""Measures trained cells by their protocol's metrics, with bootstrap intervals; the only reader of test ratings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from assets.cells import Cell
from assets.datasets import dataset
from assets.files import atomic_file, digest, read_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.matrices import Catalog, load_catalog
from assets.reads import note_read, reads_of
from assets.slices import Known, Part, ranking_parts, rating_parts
from assets.splits import load_fold
from assets.steps import Output, Say, from_file, remember
from assets.studies.declared import study_of
from models.registry import recommender as recommender_class
from models.splits import ERRORS, PROTOCOLS, TEST, TRAIN, Measure, Protocol

if TYPE_CHECKING:
    from models.data import Interactions
    from models.metrics import RankingResult

JUDGEMENT_VERSION = "4"
"""Raised whenever a change of code here, in slices.py or in models/ changes what is measured."""
DECISION = ("accuracy", "precision", "recall", "f1", "auc")
OVER_LISTS = ("coverage", "gini")
KEPT_OF_RECORD = ("fit_seconds", "peak_memory_mb", "parameters", "trials", "device")


@dataclass(frozen=True)
class Value:
    """One measured metric. n: ratings or users it is over; candidates: mean number of items ranked, for a ranking."""

    metric: str
    k: int | None
    value: float
    ci_low: float | None = None
    ci_high: float | None = None
    n: int | None = None
    candidates: float | None = None


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype(
        {
            "k": "Int32",
            "n": "Int64",
            "parameters": "Int64",
            "trials": "Int32",
            "ci_low": "float64",
            "ci_high": "float64",
            "candidates": "float64",
        }
    )


def _sliced(parts: list[dict[str, Any]]) -> pd.DataFrame:
    types = {"k": "Int32", "n": "Int64", "value": "float64", "ci_low": "float64", "ci_high": "float64"}
    return pd.DataFrame(parts).astype(types)


class Judge:
    """Measures cells of one dataset; the catalog is read once, a judged cell is not judged again."""

    def __init__(self, home: Home, name: str) -> None:
        self.home, self.about = home, dataset(name)
        self._catalog: Catalog | None = None
        self._of_fold: tuple[tuple[str, int], Known] | None = None

    def catalog(self) -> Catalog:
        """The dataset's rows in index space."""
        if self._catalog is None:
            self._catalog = load_catalog(self.home, self.about.name)
        return self._catalog

    def tables(self, cells: list[Manifest], run_id: str, say: Say) -> dict[str, pd.DataFrame]:
        """The tables `metrics`, `metric_slices` and `test_reads` of these trained cells."""
        judged = [self.judged(trained, run_id, say) for trained in cells]
        rows, parts = ([row for pair in judged for row in pair[which]] for which in (0, 1))
        reads = reads_of(self.home, self.about.name)
        return {"metrics": _typed(pd.DataFrame(rows)), "metric_slices": _sliced(parts), "test_reads": reads}

    def judged(self, trained: Manifest, run_id: str, say: Say) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Rows of the tables `metrics` and `metric_slices` for one trained cell.

        What was found is kept by the cell's data version for ever: whatever comes back is not held against the test
        ratings again.
        """
        cell = Cell.parse(trained.partition)
        target = judgement(self.home, cell, trained.data_version)

        def compute(tell: Say) -> Output:
            if not target.exists():
                self._look(cell, trained, run_id, target, tell)
            return replace(from_file(target), files=[path for path in (target, by_user(target)) if path.exists()])

        remember(
            Manifests(self.home.path), "judgement", cell.partition, JUDGEMENT_VERSION, run_id,
            {"recommender": cell.partition}, [], compute, say,
        )  # fmt: skip
        record, found = read_json(cell.folder(self.home) / "record.json"), read_json(target)
        rows = [self._row(cell, trained, record, value) for value in (*found["values"], *_of_record(record))]
        own = vars(cell) | {"study": study_of(cell.model, cell.variant), "data_version": trained.data_version}
        return rows, [own | part for part in found["parts"]]

    def _look(self, cell: Cell, trained: Manifest, run_id: str, target: Path, tell: Say) -> None:
        values, parts = [], []
        for one in self.measure(cell):
            if isinstance(one, pd.DataFrame):
                with atomic_file(by_user(target)) as path:
                    one.to_parquet(path, index=False)
            else:
                (parts if isinstance(one, Part) else values).append(vars(one))
        tested = int(np.sum(load_fold(self.home, cell.dataset, cell.protocol, cell.seed) == TEST))
        note_read(self.home, cell, trained.data_version, JUDGEMENT_VERSION, tested, run_id)
        with atomic_file(target) as path:
            path.write_text(_json({"values": values, "parts": parts}))
        tell(f"{' '.join(cell.partition.split('|'))}: " + ", ".join(_shown(v) for v in values[:3]))

    def _row(self, cell: Cell, trained: Manifest, record: dict, value: dict[str, Any]) -> dict[str, Any]:
        identity = (*vars(cell).values(), value["metric"], value["k"], trained.data_version)
        return {
            "metric_id": digest(*identity)[:16],
            **vars(cell), "study": study_of(cell.model, cell.variant),
            "leaky_by_design": PROTOCOLS[cell.protocol].leaky_by_design,
            **value, **{name: record[name] for name in KEPT_OF_RECORD},
            "run_id": trained.run_id, "data_version": trained.data_version,
            "code_version": trained.code_version, "created_at": pd.Timestamp(trained.created_at).tz_localize(None),
        }  # fmt: skip

    def _known(self, protocol: str, seed: int, fold: np.ndarray) -> Known:
        from models.metrics import like_threshold

        if self._of_fold is None or self._of_fold[0] != (protocol, seed):
            catalog, like = self.catalog(), like_threshold(self.about.rating_values)
            known = Known.of(self.home, self.about.name, catalog, catalog.interactions.take(fold == TRAIN), like)
            self._of_fold = (protocol, seed), known
        return self._of_fold[1]

    def measure(self, cell: Cell) -> Iterator[Value | Part | pd.DataFrame]:
        """Everything that is measured of a trained cell; reads the test ratings."""
        catalog, protocol = self.catalog(), PROTOCOLS[cell.protocol]
        fold = load_fold(self.home, cell.dataset, cell.protocol, cell.seed)
        test = catalog.interactions.take(fold == TEST)
        predicted = pd.read_parquet(cell.folder(self.home) / "predictions.parquet").prediction.to_numpy()
        cutoff = read_json(cell.folder(self.home) / "record.json")["like_cutoff"]
        wanted = [m for m in protocol.metrics if m.k is None and m.metric in (*ERRORS, *DECISION)]
        for measure in wanted:
            yield pointwise(measure.metric, test.ratings, predicted, self.about.rating_values, cutoff)
        known = self._known(cell.protocol, cell.seed, fold)
        yield from rating_parts(test, predicted, known)
        if protocol.ranks:
            seen = catalog.interactions.take(fold != TEST)
            yield from self._ranking(cell, protocol, known, seen, test)

    def _ranking(
        self, cell: Cell, protocol: Protocol, known: Known, seen: Interactions, test: Interactions
    ) -> Iterator[Value | Part | pd.DataFrame]:
        from models.metrics import like_threshold, pairs, rank_catalogue

        model = recommender_class(cell.model).load(cell.folder(self.home), self.home.device)
        shape = known.liked.shape
        relevant = pairs(test, *shape, at_least=like_threshold(self.about.rating_values))
        measures = [m for m in protocol.metrics if m.k is not None or m.metric == "mrr"]
        k = max(m.k for m in measures if m.k is not None)

        # A model of two datasets knows more items, behind those of this one.
        def score(users: np.ndarray) -> np.ndarray:
            return model.score(users)[:, : shape[1]]

        result = rank_catalogue(score, pairs(seen, *shape), relevant, test.users, k, block=256)
        for measure in measures:
            yield _ranked(measure, result)
        yield from ranking_parts(result, relevant, known)
        of_users = [m.metric for m in measures if m.metric in result.values]
        yield pd.DataFrame({"user": result.users} | {name: result.values[name] for name in of_users})


def judgement(home: Home, cell: Cell, data_version: str) -> Path:
    """What was measured of a trained cell."""
    key = digest(cell.partition, data_version, JUDGEMENT_VERSION)[:24]
    return home.lake / cell.dataset / "judgements" / f"{key}.json"


def by_user(judged: Path) -> Path:
    """Beside what was measured of a ranking, its values of each user: user, and a column a metric."""
    return judged.with_suffix(".users.parquet")


def pointwise(
    metric: str, truth: np.ndarray, predicted: np.ndarray, rating_values: tuple[float, ...], cutoff: float
) -> Value:
    """A metric over test ratings with its interval. cutoff: the prediction from which on a like is predicted."""
    from models import significance as s
    from models.metrics import like_threshold, squared_errors

    errors = squared_errors(truth, predicted)
    likes, liked = truth >= like_threshold(rating_values), predicted >= cutoff
    statistic = {
        "rmse": lambda: s.rmse_of(errors),
        "mse": lambda: s.mean_of(errors),
        "mae": lambda: s.mean_of(np.sqrt(errors)),
        "accuracy": lambda: s.mean_of(likes == liked),
        "precision": lambda: s.precision_of(likes, liked),
        "recall": lambda: s.recall_of(likes, liked),
        "f1": lambda: s.f1_of(likes, liked),
        "auc": lambda: s.auc_of(likes, predicted),
    }[metric]()
    interval = s.bootstrap(statistic, len(truth))
    return Value(metric, None, interval.value, interval.low, interval.high, len(truth))


def _ranked(measure: Measure, result: RankingResult) -> Value:
    from models.significance import bootstrap, mean_of

    n = len(result.users)
    if measure.metric in OVER_LISTS:
        return Value(measure.metric, measure.k, result.mean(measure.metric), n=n, candidates=result.candidates)
    interval = bootstrap(mean_of(result.values[measure.metric]), n)
    return Value(measure.metric, measure.k, interval.value, interval.low, interval.high, n, result.candidates)


def _of_record(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("train", "valid"):
        for metric in ("rmse", "mae"):
            yield vars(Value(f"{name}_{metric}", None, record[f"{name}_{metric}"]))


def _shown(value: dict[str, Any]) -> str:
    name = value["metric"] + (f"@{value['k']}" if value["k"] else "")
    return f"{name} {value['value']:.4f}"


def _json(found: dict[str, list[dict[str, Any]]]) -> str:
    def clean(row: dict[str, Any]) -> dict[str, Any]:
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}

    return json.dumps({name: [clean(row) for row in rows] for name, rows in found.items()}, indent=1)
