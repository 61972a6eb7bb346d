"""Trains sentiment models on labelled texts, one folder each, and says which is the champion."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.files import atomic_folder, digest, read_json
from assets.steps import Say
from models.sentiment.registry import SENTIMENT, sentiment_model
from models.splits import TEST, TRAIN, VALID

if TYPE_CHECKING:
    from models.sentiment.classifier import Labelled, SentimentModel

BEST = "best"
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Task:
    """What is to be learned: labelled texts by fold, their number of classes, and the digest of all that."""

    folds: dict[int, Labelled]
    classes: int
    version: str

    @classmethod
    def of(cls, texts: list[str], labels: np.ndarray, fold: np.ndarray, classes: int) -> Task:
        """From all texts and the fold of each."""
        from models.sentiment.classifier import Labelled

        everything = Labelled(texts, labels)
        version = digest(texts, labels.tolist(), fold.tolist(), classes)
        return cls({name: everything.take(fold == name) for name in (TRAIN, VALID, TEST)}, classes, version)


@dataclass(frozen=True)
class Tools:
    """With what: the device, its threads, where an encoder's weights and word vectors are, and the seed."""

    device: str = "cpu"
    threads: int = 1
    weights: Path | None = None
    word_vectors: Path | None = None
    seed: int = 0


class Workshop:
    """A folder of trained models; each has model.safetensors, model.json, its files, and record.json."""

    def __init__(self, folder: Path, tools: Tools) -> None:
        self.folder, self.tools = folder, tools

    def train(self, name: str, task: Task, seconds: float | None, say: Say) -> dict[str, Any]:
        """Train one model unless it is there already, from the same texts by the same code; returns its record."""
        key = self._key(name, task, seconds)
        if (record := self.record(name)) and record["key"] == key:
            say(f"{name}: unchanged, valid accuracy {record['valid']['accuracy']:.4f}")
            return record
        import torch

        from models.sentiment.classifier import Means

        torch.set_num_threads(self.tools.threads)
        checkpoint = self.folder / "checkpoints" / f"{name}-{key[:16]}"
        until = seconds and time.monotonic() + seconds
        means = Means(
            self.tools.device, until, checkpoint, self.tools.weights, self.tools.word_vectors,
            lambda line: say(f"{name}: {line}"), self._trained(task) if name == ENSEMBLE else {},
        )  # fmt: skip
        model = sentiment_model(name)(classes=task.classes, seed=self.tools.seed)
        started = time.monotonic()
        report = model.fit(task.folds[TRAIN], task.folds[VALID], means)
        record = {
            "key": key, "task": task.version, "model": name, "classes": task.classes, "seed": self.tools.seed,
            "version": model.version, "fit_seconds": time.monotonic() - started, "device": self.tools.device,
            "threads": self.tools.threads, "allowed_seconds": seconds, "parameters": report.parameters,
            "trials": report.trials, "chosen": report.chosen, "curve": report.curve,
            "texts": {label: len(task.folds[fold]) for label, fold in FOLDS.items()},
            "valid": assess(model, task.folds[VALID]), "test": assess(model, task.folds[TEST]),
        }  # fmt: skip
        with atomic_folder(self.folder / name) as temporary:
            model.save(temporary)
            (temporary / "record.json").write_text(json.dumps(record, indent=2, default=float))
        shutil.rmtree(checkpoint, ignore_errors=True)
        say(f"{name}: valid accuracy {record['valid']['accuracy']:.4f} in {record['fit_seconds']:.0f} s")
        return record

    def _key(self, name: str, task: Task, seconds: float | None) -> str:
        model = sentiment_model(name)
        inputs = [str(path) for path in (self.tools.weights, self.tools.word_vectors)]
        members = sorted(r["key"] for r in self.records() if r["model"] != ENSEMBLE) if name == ENSEMBLE else []
        # How long a training was allowed to take decides what came out, except for those that take what they need.
        allowed = seconds is not None and model.share > 0 and name != ENSEMBLE
        return digest(name, model.version, model.Config().model_dump(), task.version, self.tools.seed, inputs, members,
                      "limited" if allowed else "")  # fmt: skip

    def _trained(self, task: Task) -> dict[str, SentimentModel]:
        return {r["model"]: self.load(r["model"]) for r in self.records() if r["task"] == task.version}

    def record(self, name: str) -> dict[str, Any] | None:
        """What is known of a trained model; None where there is none."""
        path = self.folder / name / "record.json"
        return read_json(path) if path.is_file() else None

    def records(self) -> list[dict[str, Any]]:
        """Of all models that were trained, in the registry's order."""
        return [record for name in SENTIMENT if (record := self.record(name))]

    def champion(self) -> str:
        """The model whose probabilities err least on validation, of those that learned from the latest texts.

        Raises LookupError where nothing has been trained.
        """
        records = self.records()
        if not records:
            raise LookupError(f"no sentiment model is in {self.folder}; `trifuse sentiment train` makes some")
        latest = max(records, key=lambda r: (self.folder / r["model"] / "record.json").stat().st_mtime)["task"]
        return min((r for r in records if r["task"] == latest), key=lambda r: r["valid"]["rmse"])["model"]

    def load(self, name: str) -> SentimentModel:
        """A trained model. Raises LookupError where it has not been trained."""
        name = self.champion() if name == BEST else name
        if self.record(name) is None:
            there = ", ".join(r["model"] for r in self.records()) or "none"
            raise LookupError(f"{name} has not been trained in {self.folder}; trained models: {there}")
        import torch

        torch.set_num_threads(self.tools.threads)
        return sentiment_model(name).load(self.folder / name, self.tools.device)


FOLDS = {"train": TRAIN, "valid": VALID, "test": TEST}


def assess(model: SentimentModel, labelled: Labelled) -> dict[str, float]:
    """Accuracy, macro-F1, precision, recall, F1 and AUC of positive, calibration error, and the root of the Brier score
    on labelled texts."""
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    from models.metrics import auc
    from models.sentiment.calibration import expected_calibration_error

    found = model.probabilities(labelled.texts)
    one_hot = np.eye(model.classes)[labelled.labels]
    likes, scores = labelled.labels >= model.positive_from, found[:, model.positive_from :].sum(1)
    said = found.argmax(1) >= model.positive_from
    positive = precision_recall_fscore_support(likes, said, average="binary", zero_division=0)
    errors = (found[:, 1] - one_hot[:, 1]) ** 2 if model.classes == 2 else ((found - one_hot) ** 2).sum(1)
    return {
        "n": len(labelled),
        **{name: float(value) for name, value in zip(("precision", "recall", "f1"), positive, strict=False)},
        "accuracy": float((found.argmax(1) == labelled.labels).mean()),
        "macro_f1": float(f1_score(labelled.labels, found.argmax(1), average="macro", zero_division=0)),
        "auc": auc(likes, scores) if 0 < likes.sum() < len(likes) else float("nan"),
        "calibration_error": expected_calibration_error(found, labelled.labels),
        "rmse": float(np.sqrt(errors.mean())),
    }


def allowances(names: list[str], seconds: float) -> dict[str, float]:
    """What each of these models may take of the time that is left, by their shares; 0 for those that want none."""
    shares = {name: sentiment_model(name).share for name in names}
    total = sum(shares.values())
    return {name: seconds * share / total if total else 0.0 for name, share in shares.items()}
