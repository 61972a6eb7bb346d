"""What the linear models share: word n-grams, a linear separator, and its strength chosen on validation."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from models.recommender import FitReport, ModelConfig
from models.sentiment.classifier import Labelled, Means, SentimentModel
from models.sentiment.words import words


class LinearConfig(ModelConfig):
    """N-grams, and the strengths to try."""

    longest: int = Field(3, ge=1, le=5)
    """Words of the longest n-gram."""
    at_least: int = Field(3, ge=1)
    """Train texts that an n-gram must stand in."""
    most: int = Field(800_000, ge=1)
    """N-grams kept, the most frequent."""
    strengths: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    """Inverse regularisations C that validation chooses among."""


class Linear(SentimentModel):
    """A linear model over word n-grams; `_weighed` says what an n-gram counts."""

    Config = LinearConfig

    def _learn(self, train: Labelled, valid: Labelled, means: Means) -> FitReport:
        self._vectorizer = self._counter()
        counts = self._vectorizer.fit_transform(train.texts)
        self._prepare(counts, train.labels)
        rows, checks = self._weighed(counts), self._weighed(self._vectorizer.transform(valid.texts))
        tried: list[tuple[float, float, np.ndarray, np.ndarray]] = []
        for strength in self.config.strengths:
            weights, biases = self._separators(rows, train.labels, strength)
            accuracy = float((_margins(checks, weights, biases).argmax(1) == valid.labels).mean())
            means.progress(f"C = {strength:g}: valid accuracy {accuracy:.4f}")
            tried.append((accuracy, -strength, weights, biases))
        best = max(tried, key=lambda t: t[:2])
        self._weights, self._biases = best[2], best[3]
        chosen = {"C": -best[1], "n_grams": counts.shape[1], "valid_accuracy": best[0]}
        return FitReport(chosen=chosen, parameters=self._weights.size + self._biases.size, trials=len(tried))

    def _counter(self) -> CountVectorizer:
        c = self.config
        return CountVectorizer(
            analyzer="word", tokenizer=words, lowercase=False, token_pattern=None, ngram_range=(1, c.longest),
            min_df=c.at_least, max_features=c.most, dtype=np.float32, binary=self.binary,
        )  # fmt: skip

    binary: bool
    """Whether an n-gram counts once a text."""

    @abstractmethod
    def _prepare(self, counts: csr_matrix, labels: np.ndarray) -> None:
        """Learn from the train counts [n, n_grams] what `_weighed` needs."""

    @abstractmethod
    def _weighed(self, counts: csr_matrix) -> list[csr_matrix]:
        """What each separator sees, one of `sides`: rows of n-gram weights [n, n_grams]."""

    @property
    def sides(self) -> list[int]:
        """The classes that have a separator, each against the rest; of two classes one is enough."""
        return [1] if self.learned == 2 else list(range(self.learned))

    def _separators(self, rows: list[csr_matrix], labels: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
        """Weights float32 [n_grams, sides] and biases [sides], by liblinear's logistic loss."""
        # The dual has a variable a text, the primal one an n-gram: whichever is fewer is faster by an order or two.
        dual = rows[0].shape[0] < rows[0].shape[1]
        machine = LogisticRegression(C=strength, solver="liblinear", dual=dual, max_iter=1000, random_state=self.seed)
        fitted = [clone(machine).fit(some, labels == side) for side, some in zip(self.sides, rows, strict=True)]
        weights = np.stack([one.coef_[0] for one in fitted], axis=1)
        return weights.astype(np.float32), np.array([one.intercept_[0] for one in fitted], np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Margins of the separators; of two classes the first has 0."""
        return _margins(self._weighed(self._vectorizer.transform(texts)), self._weights, self._biases)

    def state(self) -> dict[str, np.ndarray]:
        """The separator."""
        return {"weights": self._weights, "biases": self._biases}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """As `state` gave it."""
        self._weights, self._biases = state["weights"], state["biases"]

    def write_files(self, folder: Path) -> None:
        """The n-grams, in the order of their columns."""
        (folder / "n_grams.json").write_text(json.dumps(list(self._vectorizer.get_feature_names_out())))

    def read_files(self, folder: Path) -> None:
        """As written."""
        names = json.loads((folder / "n_grams.json").read_text())
        self._vectorizer = self._counter().set_params(vocabulary=names, min_df=1, max_features=None)


def _margins(rows: list[csr_matrix], weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    found = np.column_stack([some @ weights[:, side] for side, some in enumerate(rows)]) + biases
    return np.column_stack([np.zeros(len(found), np.float32), found]) if found.shape[1] == 1 else found
