"""Trains every model under every protocol and seed, and keeps what it predicted."""

import json
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
from pydantic import Field

from assets.cells import Cell
from assets.cluster import spread
from assets.datasets import Dataset, dataset
from assets.files import atomic_folder, digest
from assets.given import given
from assets.home import Home
from assets.inputs import EMBEDDINGS, REVIEWS, TABLES, inputs
from assets.limits import GPU
from assets.manifests import Manifest, Manifests
from assets.matrices import Catalog, Data, load_data, with_train_reviews
from assets.partitions import BY_DATASET_AND_MODEL, DATASET_OF_CELL
from assets.peak_memory import forget_peak_memory, peak_memory_mb
from assets.sentiment.opinions import VERSION as OPINIONS
from assets.sentiment.opinions import has_reviews, review_texts, train_opinions
from assets.splits import Evaluation, folds, load_fold
from assets.steps import Output, Say, hashed, materialize, remember
from assets.studies.changes import UNCHANGED, Change
from assets.subsets import SUBSETS, write_subsets
from assets.trials import trials_of
from models.registry import recommender as recommender_class
from models.splits import TEST, TRAIN, VALID

if TYPE_CHECKING:
    from models.data import Features, Interactions
    from models.recommender import ModelConfig, Recommender

CODE_VERSION = "2"
"""Of this module; a model class has its own `version` beside it."""


class Training(Evaluation):
    """Where to evaluate, and with which model parameters."""

    parameters: dict[str, Any] = Field(
        default={},
        description="What to change of the model's configuration, by name: {learning_rate: 0.0005, epochs: 40}. Names "
        "that the model does not know are refused, with a list of those that it does.",
    )


def configured(model: "type[Recommender]", parameters: dict[str, Any]) -> "ModelConfig":
    """The model's configuration with these parameters. Raises ValueError naming the one that is wrong."""
    for name in parameters:
        if name not in model.Config.model_fields:
            known = ", ".join(f"{field} ({about.default})" for field, about in model.Config.model_fields.items())
            raise ValueError(f"{model.name} has no parameter {name!r}; it has, with defaults: {known or 'none'}")
    return model.Config(**parameters)


@dg.asset(
    deps=[
        dg.AssetDep(folds, partition_mapping=DATASET_OF_CELL),
        *(dg.AssetDep(name, partition_mapping=DATASET_OF_CELL) for name in (*TABLES, *EMBEDDINGS, REVIEWS)),
        dg.AssetDep("retraining_trigger", partition_mapping=DATASET_OF_CELL),
    ],
    group_name="recommenders",
    partitions_def=BY_DATASET_AND_MODEL,
    kinds={"pytorch", "scikitlearn"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def recommender(context: dg.AssetExecutionContext, config: Training, home: Home) -> dg.MaterializeResult:
    """A trained model for each protocol, seed and variant, with its test predictions; never sees a test rating."""
    keys = context.partition_key.keys_by_dimension
    about, model = dataset(keys["dataset"]), recommender_class(keys["model"])
    settings = configured(model, config.parameters)
    cells = [
        Cell(about.name, model.name, protocol, seed, variant)
        for protocol, seed in config.cells(about)
        for variant in model.variants
    ]
    workshop = Workshop(home, about, model, settings)

    def compute(say: Say) -> Output:
        kept = Manifests(home.path)
        before = {cell: kept.current("recommender", cell.partition) for cell in cells}
        jobs = [{"cell": cell, "run_id": context.run.run_id} for cell in cells]
        manifests = dict(zip(cells, spread(workshop, Workshop.train, jobs, say), strict=True))
        first = manifests[cells[0]].metadata
        facts = {
            "cells": _told(manifests, before),
            "parameters": ", ".join(f"{k} = {v}" for k, v in config.parameters.items()) or "the model's own",
            "valid_rmse": round(first["valid_rmse"], 5),
            "fit_seconds": round(first["fit_seconds"], 1),
        }
        made = {f"recommender@{cell.partition}": m.data_version for cell, m in manifests.items()}
        return Output(digest(sorted(made.values())), None, [], facts, upstream=made)

    upstream = dict.fromkeys(inputs(model, home, about.name), about.name)
    options = [[asdict(cell) for cell in cells], settings.model_dump(), model.version]
    return materialize(
        context, home, upstream=upstream, config=options, compute=compute, partition=f"{about.name}|{model.name}"
    )


def _told(trained: dict[Cell, Manifest], before: dict[Cell, Manifest | None]) -> str:
    """What came of each cell, beside what was there before where that was another model, in Markdown."""
    lines = ["| protocol | seed | variant | valid RMSE | before | seconds |", "|---|---|---|---|---|---|"]
    for cell, now in trained.items():
        was = before[cell]
        other = f"{was.metadata['valid_rmse']:.4f}" if was and was.data_version != now.data_version else ""
        facts = f"{now.metadata['valid_rmse']:.4f} | {other} | {now.metadata['fit_seconds']:.1f}"
        lines.append(f"| {cell.protocol} | {cell.seed} | {cell.variant} | {facts} |")
    return "\n".join(lines)


def code_version(model: "type[Recommender]") -> str:
    """What a cell's manifest says of the code that trained it."""
    return f"{CODE_VERSION}.{model.version}"


class Workshop:
    """Trains cells of one dataset and model; reads the data once, and only if there is something to train."""

    def __init__(self, home: Home, about: Dataset, model: "type[Recommender]", settings: Any) -> None:
        self.home, self.about, self.model, self.settings = home, about, model, settings
        self._data: dict[str, Data] = {}

    def __getstate__(self) -> dict[str, Any]:
        """To another machine it goes without the data, which it reads there."""
        return vars(self) | {"_data": {}}

    def data(self, other: str = "") -> Data:
        """What the model looks at; with `other`, of this dataset and that one in one space."""
        from assets.studies.joined import joined

        if other not in self._data:
            content = self.model.uses_content
            made = load_data(self.home, dataset(other) if other else self.about, content)
            self._data[other] = joined(self.data(), made) if other else made
        return self._data[other]

    def train(self, cell: Cell, run_id: str, say: Say, change: Change = UNCHANGED) -> Manifest:
        """Train the cell unless a finished one with the same inputs is there. change: what a study does to it."""
        upstream = dict.fromkeys(inputs(self.model, self.home, cell.dataset, change), cell.dataset)
        options = [
            change.settings(self.settings).model_dump(),
            *change.told(),
            *([OPINIONS] if REVIEWS in upstream else []),
        ]
        theirs = self._versions(change.other)
        return remember(
            Manifests(self.home.path), "recommender", cell.partition, code_version(self.model), run_id,
            upstream, [*options, theirs] if theirs else options,
            lambda tell: self._fit(cell, tell, change, theirs), say,
        )[0]  # fmt: skip

    def _versions(self, other: str) -> dict[str, str]:
        """What is read of another dataset: "asset@dataset" -> data version."""
        names = [name for name in inputs(self.model, self.home, other) if name != "folds"] if other else []
        manifests = Manifests(self.home.path)
        return {f"{name}@{other}": manifests.require(name, other).data_version for name in names}

    def _parts(self, cell: Cell, change: Change, say: Say) -> "tuple[Catalog, dict[str, Interactions], Features]":
        """The catalog, its rows by fold, and the features, all as the change has them."""
        catalog, features, reviews = self.data(change.other)
        fold = load_fold(self.home, cell.dataset, cell.protocol, cell.seed)
        if change.other:
            fold = change.joined_fold(fold, len(catalog.interactions) - len(fold), cell.seed)
        fold = change.fold(fold, cell.seed)
        parts = {name: catalog.interactions.take(fold == code) for name, code in FOLDS.items()}
        # Whatever goes wrong between here and the model, there is no test rating to learn from.
        parts["test"] = replace(parts["test"], ratings=np.full(len(parts["test"]), np.nan, np.float32))
        features = with_train_reviews(features, reviews, fold == TRAIN)
        if self.model.uses_sentiment or change.sentiment:
            features = self._with_sentiment(features, parts["train"], fold == TRAIN, change.other, say)
        return catalog, parts, change.features(features, cell.seed)

    def _with_sentiment(
        self, features: "Features", train: "Interactions", rows: np.ndarray, other: str, say: Say
    ) -> "Features":
        """The features with what the train reviews say; as they are where no dataset has any. rows: bool, those of
        `train` among all interactions."""
        names = [name for name in (self.about.name, other) if name]
        if not any(has_reviews(self.home, name) for name in names):
            return features
        texts = np.concatenate([review_texts(self.home, name) for name in names])[rows]
        return replace(features, sentiment=train_opinions(self.home, self.about.name, texts, train, say))

    def _fit(self, cell: Cell, say: Say, change: Change, theirs: dict[str, str]) -> Output:
        import torch

        torch.set_num_threads(self.home.threads)
        catalog, parts, features = self._parts(cell, change, say)
        settings = change.settings(self.settings)
        model = self.model(settings, variant=cell.variant if change.base is None else change.base, seed=cell.seed)
        label = " ".join(filter(None, (cell.dataset, cell.model, cell.variant, cell.protocol, f"seed {cell.seed}")))

        def tell(line: str) -> None:
            say(f"{label}: {line}")

        model.map_trials = trials_of(self.home, tell)
        checkpoint = self._checkpoint(cell, settings, change)
        forget_peak_memory(self.home.device)
        started = time.monotonic()
        report = model.fit(
            parts["train"], parts["valid"], features, device=self.home.device, progress=tell, checkpoint=checkpoint
        )  # fmt: skip
        record = {
            **asdict(cell),
            "fit_seconds": time.monotonic() - started,
            "peak_memory_mb": peak_memory_mb(self.home.device),
            "device": self.home.device,
            "parameters": report.parameters,
            "trials": report.trials,
            "chosen": report.chosen,
            "curve": report.curve,
            "config": settings.model_dump(),
            "change": asdict(change),
            "given": given(parts["train"], parts["valid"], features.reviews),
            **measured(model, parts["train"], parts["valid"], features.rating_values),
        }
        folder = cell.folder(self.home)
        with atomic_folder(folder) as temporary:
            model.save(temporary)
            (temporary / "record.json").write_text(json.dumps(record, indent=2, default=float))
            _write_predictions(model, parts["test"], catalog, temporary / "predictions.parquet")
            if change == UNCHANGED and cell.variant == self.model.variants[0]:
                write_subsets(model, parts["test"], temporary / SUBSETS)
        shutil.rmtree(checkpoint, ignore_errors=True)
        tell(f"valid RMSE {record['valid_rmse']:.4f} in {record['fit_seconds']:.1f} s")
        files = sorted(path for path in folder.iterdir() if path.is_file())
        told = ("fit_seconds", "valid_rmse", "train_rmse", "peak_memory_mb", "parameters", "trials")
        facts = {k: record[k] for k in told}
        hashes = hashed(folder / "model.safetensors", folder / "predictions.parquet")
        return Output(digest([*hashes.values()]), len(parts["train"]), files, facts, theirs, hashes)

    def _checkpoint(self, cell: Cell, settings: Any, change: Change) -> Path:
        # Named by all that decides the training, so that a resumed fit never starts from another one's state.
        versions = [
            Manifests(self.home.path).require(name, cell.dataset).data_version for name in ("folds", "items", "users")
        ]
        told = [settings.model_dump(), *change.told()]
        key = digest(cell.partition, told, self.model.version, versions)[:16]
        folder = self.home.artifacts / "checkpoints" / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder


FOLDS = {"train": TRAIN, "valid": VALID, "test": TEST}


def measured(
    model: "Recommender", train: "Interactions", valid: "Interactions", rating_values: tuple[float, ...]
) -> dict[str, float]:
    """RMSE and MAE on train and valid, and the prediction from which on a like is predicted, chosen on valid."""
    from models.metrics import best_cutoff, like_threshold, mae, rmse

    on_train, on_valid = (model.predict(part.users, part.items, part.timestamps) for part in (train, valid))
    return {
        "train_rmse": rmse(train.ratings, on_train),
        "train_mae": mae(train.ratings, on_train),
        "valid_rmse": rmse(valid.ratings, on_valid),
        "valid_mae": mae(valid.ratings, on_valid),
        "like_cutoff": best_cutoff(valid.ratings >= like_threshold(rating_values), on_valid),
    }


def _write_predictions(model: "Recommender", test: "Interactions", catalog: Catalog, path: Path) -> None:
    # Only the pairs of the test fold are handed over, never their ratings.
    import pandas as pd

    predicted = model.predict(test.users, test.items, test.timestamps)
    pd.DataFrame(
        {
            "user_id": catalog.users.user_id.to_numpy()[test.users],
            "item_id": catalog.items.item_id.to_numpy()[test.items],
            "prediction": predicted.astype(np.float64),
        }
    ).to_parquet(path, index=False)
