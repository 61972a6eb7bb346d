"""The contract that every sentiment model keeps. A model is one class in one file beside this one."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from safetensors.numpy import load_file, save_file

from models.recommender import FitReport, ModelConfig, Progress, silent
from models.sentiment.calibration import softmax, temperature


@dataclass(frozen=True)
class Labelled:
    """Texts and what they are: labels int64 [n], 0 negative and 1 positive, or stars 0..4 for one to five."""

    texts: Sequence[str]
    labels: np.ndarray

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.labels):
            raise ValueError(f"Labelled: {len(self.texts)} texts and {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: np.ndarray) -> Labelled:
        """The rows named by an index array or a boolean mask."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Labelled([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class Means:
    """What a fit may use. device: cpu or cuda. until: when it is to end by `time.monotonic`, None: whenever it does.

    checkpoint: a folder from which a killed fit resumes. weights: a Hugging Face folder, for models that start from
    one. word_vectors: a GloVe or word2vec text file; None: word vectors are trained on the train texts. trained: models
    that learned from the same texts already, for an ensemble of them.
    """

    device: str = "cpu"
    until: float | None = None
    checkpoint: Path | None = None
    weights: Path | None = None
    word_vectors: Path | None = None
    progress: Progress = silent
    trained: Mapping[str, SentimentModel] = field(default_factory=dict)

    def left(self) -> float | None:
        """Seconds until then; at least one."""
        return None if self.until is None else max(self.until - time.monotonic(), 1.0)


class SentimentModel(ABC):
    """Gives the probability of every class to a text.

    `fit` sees the train and the validation texts and nothing else; epochs, settings and the temperature that makes the
    probabilities honest are chosen on validation. The same seed and data give the same probabilities, unless time ran
    out. `version` is raised whenever a change of code changes them.
    """

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    share: ClassVar[float] = 0
    """Of a limited time: how much this model wants, compared with others. 0: it takes seconds, whatever there is."""
    Config: ClassVar[type[ModelConfig]]

    def __init__(self, config: ModelConfig | None = None, *, classes: int = 2, seed: int = 0) -> None:
        """classes: 2 for negative and positive, 5 for stars."""
        self.config = config if config is not None else self.Config()
        self.classes, self.seed = classes, seed
        self.present = np.arange(classes)
        self.device = "cpu"
        self.temperature = 1.0

    def fit(self, train: Labelled, valid: Labelled, means: Means = Means()) -> FitReport:
        """Learn from `train`, choose on `valid`, then find the temperature on `valid`.

        A class that no train text has gets probability 0 (the Large Movie Review Dataset has no three stars). Raises
        ValueError where all train texts are of one class: there is nothing to tell apart.
        """
        counts = np.bincount(train.labels, minlength=self.classes)
        self.present = np.flatnonzero(counts)
        if len(counts) > self.classes or len(self.present) < 2:
            raise ValueError(f"{self.name}: {self.classes} classes are to be told apart, their texts number {counts}")
        train, valid = self._narrowed(train), self._narrowed(valid)
        self.device = means.device
        started = time.monotonic()
        # Files often stand in order of their labels; whoever has time for a part only must see a fair one.
        shuffled = train.take(np.random.default_rng(self.seed).permutation(len(train)))
        report = self._learn(shuffled, valid, means)
        self.temperature = temperature(self.logits(valid.texts), valid.labels)
        report.chosen |= {"temperature": self.temperature, "seconds": time.monotonic() - started}
        return report

    def _narrowed(self, labelled: Labelled) -> Labelled:
        """Only texts of classes that are present, which are numbered from 0 without gaps."""
        known = np.isin(labelled.labels, self.present)
        if not known.all():
            labelled = labelled.take(known)
        return Labelled(labelled.texts, np.searchsorted(self.present, labelled.labels))

    @property
    def positive_from(self) -> int:
        """The first class that counts as positive: of two the second, of five stars the fourth."""
        return 1 if self.classes == 2 else 3

    @property
    def learned(self) -> int:
        """How many classes there were to learn."""
        return len(self.present)

    @abstractmethod
    def _learn(self, train: Labelled, valid: Labelled, means: Means) -> FitReport:
        """What `fit` does before the temperature is found; labels are 0 .. learned - 1."""

    @abstractmethod
    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, learned]: log-probabilities up to a constant, before the temperature."""

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, classes]; every row sums to 1."""
        found = np.zeros((len(texts), self.classes), np.float32)
        if len(texts):
            found[:, self.present] = softmax(self.logits(texts) / self.temperature)
        return found

    def positive(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n]: the probability of a positive text, of four or five stars where there are stars."""
        return self.probabilities(texts)[:, self.positive_from :].sum(1)

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """All numbers that `restore` needs, as named arrays."""

    @abstractmethod
    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` gave; `read_files` was called before."""

    def write_files(self, folder: Path) -> None:  # noqa: B027 (most models have none)
        """Write what is not numbers (a vocabulary, a tokenizer) beside the model."""

    def read_files(self, folder: Path) -> None:  # noqa: B027
        """Read what `write_files` wrote."""

    def save(self, folder: Path) -> None:
        """Write `model.safetensors`, `model.json` and the model's own files into an existing folder."""
        save_file({k: np.ascontiguousarray(v) for k, v in self.state().items()}, folder / "model.safetensors")
        about = {"name": self.name, "classes": self.classes, "seed": self.seed, "version": self.version}
        about |= {"temperature": self.temperature, "present": self.present.tolist(), "config": self.config.model_dump()}
        (folder / "model.json").write_text(json.dumps(about, indent=2))
        self.write_files(folder)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> SentimentModel:
        """Read what `save` wrote. Raises ValueError for a model of another version."""
        about = json.loads((folder / "model.json").read_text())
        if about["version"] != cls.version:
            was = f"by version {about['version']} of {cls.name}, and this is {cls.version}"
            raise ValueError(f"{folder} was trained {was}: train it again.")
        model = cls(cls.Config(**about["config"]), classes=about["classes"], seed=about["seed"])
        model.device, model.temperature = device, about["temperature"]
        model.present = np.array(about["present"])
        model.read_files(folder)
        model.restore(load_file(folder / "model.safetensors"))
        return model
