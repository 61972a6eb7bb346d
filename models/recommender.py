"""The contract that every recommender keeps. A model is one class in one file of `baselines/` or `fusion/`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict
from safetensors.numpy import load_file, save_file

from models.data import Features, Interactions

Progress = Callable[[str], None]
"""Called with one readable line whenever there is something to tell (an epoch, a grid point)."""

MapTrials = Callable[[Callable[[dict[str, Any]], Any], list[dict[str, Any]]], Iterable[Any]]
"""Called as `map` is: a function, and settings that do not depend on each other; gives the results in that order."""


def silent(_line: str) -> None:
    """A Progress that tells nobody."""


class ModelConfig(BaseModel):
    """Base of all model configurations: unknown or ill-typed fields are errors that name the field."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass
class FitReport:
    """What training did.

    curve: a dict an epoch (epoch, train_rmse, valid_rmse, seconds). chosen: what validation decided. parameters:
    numbers that were learned. trials: settings that were compared on validation (1: it ran as configured).
    """

    curve: list[dict[str, float]] = field(default_factory=list)
    chosen: dict[str, Any] = field(default_factory=dict)
    parameters: int = 0
    trials: int = 1


class Factors(NamedTuple):
    """A ranking that is one product: score(u, i) = users[u] @ items[i], biases folded in; float32 [n, width] each."""

    users: np.ndarray
    items: np.ndarray


class Recommender(ABC):
    """Predicts ratings for (user, item) pairs.

    `fit` sees the train and the validation fold and nothing else; whatever it chooses, it chooses on validation.
    The same seed and data give the same predictions. `version` is raised whenever a change of code changes predictions.
    `save` and `load` round-trip through safetensors and JSON.
    """

    name: ClassVar[str]
    variants: ClassVar[tuple[str, ...]] = ("",)
    version: ClassVar[str] = "1"
    uses_content: ClassVar[bool] = False
    """Whether the model reads vectors of texts and images."""
    uses_sentiment: ClassVar[bool] = False
    """Whether the model is told of the train reviews' sentiment where there are reviews. Some of the others can be told
    by a study."""
    ranks_by_rating: ClassVar[bool] = True
    """Whether `score` is the predicted rating; False for models that rank by something else."""
    Config: ClassVar[type[ModelConfig]]

    def __init__(self, config: ModelConfig | None = None, *, variant: str | None = None, seed: int = 0) -> None:
        """variant: one of `variants`; None: the first of them."""
        variant = self.variants[0] if variant is None else variant
        if variant not in self.variants:
            raise ValueError(f"{self.name}: no variant {variant!r}; it has {', '.join(map(repr, self.variants))}")
        self.config = config if config is not None else self.Config()
        self.variant, self.seed = variant, seed
        self.device = "cpu"
        # With what a search evaluates trials that share nothing; whoever has machines for it puts in another.
        self.map_trials: MapTrials = map

    @abstractmethod
    def fit(
        self,
        train: Interactions,
        valid: Interactions,
        features: Features,
        *,
        device: str = "cpu",
        progress: Progress = silent,
        checkpoint: Path | None = None,
    ) -> FitReport:
        """Learn from `train`; choose on `valid`. `checkpoint`: a folder from which a killed fit resumes."""

    @abstractmethod
    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        """float32 [n]: the expected rating of each pair, clipped to the scale.

        timestamps: int64 [n] epoch seconds of the asking, -1 where unknown; None: now, after all of the train fold.
        Most models answer the same at any time.
        """

    def score(self, users: np.ndarray) -> np.ndarray:
        """float32 [len(users), n_items]: what to rank the whole catalogue by, for these users."""
        items = np.arange(self.n_items, dtype=np.int32)
        flat = self.predict(np.repeat(users, self.n_items), np.tile(items, len(users)))
        return flat.reshape(len(users), self.n_items)

    def factors(self) -> Factors | None:
        """The two matrices whose product is `score`, for models that have them: these are ranked much faster."""
        return None

    @property
    @abstractmethod
    def n_items(self) -> int:
        """Number of items that the model was fitted with."""

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs, as named arrays."""

    @abstractmethod
    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` gave; afterwards `predict` answers as before."""

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `model.json` into an existing folder."""
        save_file({k: np.ascontiguousarray(v) for k, v in self.state().items()}, folder / "model.safetensors")
        about = {"name": self.name, "variant": self.variant, "seed": self.seed, "version": self.version}
        (folder / "model.json").write_text(json.dumps(about | {"config": self.config.model_dump()}, indent=2))

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Recommender:
        """Read what `save` wrote; models that can compute on a GPU do so on `device`."""
        about = json.loads((folder / "model.json").read_text())
        model = cls(cls.Config(**about["config"]), variant=about["variant"], seed=about["seed"])
        model.device = device
        model.restore(load_file(folder / "model.safetensors"))
        return model
