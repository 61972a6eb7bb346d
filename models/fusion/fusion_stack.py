"""The best models, target statistics, likeness of contents, and the user's drift and session, blended by trees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from models.data import Features, Interactions
from models.fusion.stack.booster import Booster
from models.fusion.stack.knowledge import Arrays, Kept, Knowledge, learn, single_models
from models.metrics import rmse
from models.packing import digest, pack, unpack
from models.recommender import FitReport, ModelConfig, Progress, Recommender, silent

SMALL = 50_000
"""Ratings below which a fold is small: there the single models are fitted for less long, and fewer times."""
USUAL = {"folds": 5, "sweeps": 250, "rounds": 40, "learning_rate": 0.02, "ensembles": 2}
IN_SMALL = {"folds": 3, "sweeps": 100, "rounds": 0, "learning_rate": 0.05, "ensembles": 1}
"""What stands for None in the configuration."""
BLOCK = 200_000
"""Pairs whose columns are held in memory at a time."""
MARGIN = 1e-3
"""By how much the last candidate is before what is none."""
CANDIDATES = 200
"""Items that the trees rank anew for each user."""


class FusionStackConfig(ModelConfig):
    """How the blend is learned."""

    folds: int | None = Field(None, ge=2, le=50)
    """Parts of the train fold; each is predicted by models that were fitted on the others. None: 5, or 3 for a fold of
    less than 50,000 ratings."""
    large_folds: int = Field(10, ge=2, le=50)
    """The same for a train fold of which one such part is `enough`: then one part is all that is predicted."""
    enough: PositiveInt = 90_000
    """Ratings that the blend is learned from, if there are so many."""
    sweeps: int | None = Field(None, ge=20, le=100_000)
    """Of the Bayesian factorization machine, for each fold and for the whole. None: 250, or 100 for a small fold."""
    rounds: int | None = Field(None, ge=0, le=1000)
    """Of the autoencoder, at most; 0 leaves it out. None: 40, or 0 for a small fold: half of the time there."""
    learning_rate: PositiveFloat | None = Field(None, le=1)
    """Step of the boosting. None: 0.02, or 0.05 for a small fold."""
    leaves: int = Field(15, ge=2, le=1000)
    """Leaves of a tree."""
    trees: PositiveInt = 1500
    """At most; validation says how many."""
    patience: PositiveInt = 60
    """Trees without a better validation error after which boosting stops."""
    ensembles: int | None = Field(None, ge=1, le=100)
    """Ensembles of trees that are averaged. None: 2, or 1 for a small fold."""

    def sized(self, n_ratings: int) -> FusionStackConfig:
        """The same with a number in place of every None, for a train fold of so many ratings."""
        usual = IN_SMALL if n_ratings < SMALL else USUAL
        return self.model_copy(update={name: v for name, v in usual.items() if getattr(self, name) is None})


class FusionStack(Recommender):
    """A linear blend of the best single models, corrected by gradient-boosted trees that see all else that is known.

    Stacked generalisation (Wolpert 1992), kept honest: for a train rating everything, the single models, the residuals,
    likenesses, means and counts, comes from a history that the rating's whole fold has left, so that no column can hold
    a share of its own answer. Ratings of validation and test are in no column; validation stops the boosting. What
    depends on time sees only what was rated before the target's own second.

    The single models are the Bayesian factorization machine, item-based neighbours, early fusion and the kernel
    autoencoder. On a development fold of ML-100K early fusion takes 0.0014 off the error of the others; the poster
    transformer as a fifth would take 0.0001 more at ten times the cost of early fusion. Others were tried and brought
    nothing once the trees had their columns (svd, user-based neighbours, an ordinal factorization machine: 0.0005 or
    less).
    """

    name: ClassVar[str] = "fusion-stack"
    uses_content: ClassVar[bool] = True
    Config = FusionStackConfig

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
        """Minutes on ML-100K; after a kill it goes on after the last single model, or the last fold, that was whole."""
        self.device = device
        features = replace(features, user_vectors={}, reviews=None)
        train = train.take(np.arange(len(train)))  # a copy, as predictions go on looking at it
        kept = Kept(checkpoint, f"{self.version} {self.seed} {self.config} {digest(pack(train, features))}")
        told = lambda line: progress(f"{self.name}: {line}")  # noqa: E731
        settings = self.config.sized(len(train))
        self._knowledge = learn(self._parts(features, settings), train, valid, features, device, told, kept)
        seen, target = self._out_of_fold(train, valid, features, told, kept)
        names, on_valid = self._look(valid.users, valid.items, valid.timestamps)
        self._weights = _blend_weights(seen["predictions"], target)
        columns, blended = self._joined(seen)
        valid_columns, valid_blended = self._joined(on_valid)
        self._booster = Booster.fit(
            (columns, target - blended), (valid_columns, valid.ratings - valid_blended),
            seeds=[self.seed * 101 + n for n in range(settings.ensembles)], learning_rate=settings.learning_rate,
            leaves=settings.leaves, rounds=settings.trees, patience=settings.patience, progress=told,
        )  # fmt: skip
        expected = np.clip(valid_blended + self._booster.predict(valid_columns), *features.scale)
        return self._report(names, rmse(valid.ratings, expected.astype(np.float32)))

    def _parts(self, features: Features, settings: FusionStackConfig) -> list[Recommender]:
        return single_models(features, settings.sweeps, settings.rounds, self.seed)

    def _out_of_fold(
        self, train: Interactions, valid: Interactions, features: Features, progress: Progress, kept: Kept
    ) -> tuple[Arrays, np.ndarray]:
        """What is known of train ratings from histories without their fold, and these ratings."""
        settings = self.config.sized(len(train))
        whole = len(train) < settings.enough * settings.large_folds
        count = settings.folds if whole else settings.large_folds
        fold = np.random.default_rng(self.seed).permutation(len(train)) % count
        made, rows = [], []
        for number in range(count if whole else 1):
            left, asked = train.take(fold != number), train.take(fold == number)
            label = f"fold {number + 1} of {count if whole else 1}"

            if (arrays := kept.load(f"fold-{number}")) is None:
                told = lambda line, label=label: progress(f"{label}: {line}")  # noqa: E731
                parts = self._parts(features, settings)
                knowledge = learn(parts, left, valid, features, self.device, told, Kept())
                arrays = knowledge.look(asked.users, asked.items, asked.timestamps)[1]
                kept.save(f"fold-{number}", lambda arrays=arrays: arrays)
            made.append(arrays)
            rows.append(asked.ratings)
            progress(f"{label}: {len(asked):,} ratings predicted by models that have not seen them")
        together = {name: np.concatenate([arrays[name] for arrays in made]) for name in made[0]}
        return together, np.concatenate(rows).astype(np.float64)

    def _look(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None) -> tuple[list[str], Arrays]:
        return self._knowledge.look(np.asarray(users), np.asarray(items), times)

    def _joined(self, seen: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """The trees' columns, float32: those of the history, how each model differs from the blend, and the blend."""
        blended = seen["predictions"] @ self._weights[:-1] + self._weights[-1]
        differences = seen["predictions"] - blended[:, None]
        return np.column_stack([seen["columns"], differences, blended]).astype(np.float32), blended

    def _report(self, names: list[str], valid_rmse: float) -> FitReport:
        names = [*names, *(f"{part.name} less blend" for part in self._knowledge.parts), "blend"]
        gains = self._booster.importance()
        best = [names[column] for column in np.argsort(-gains)[:12]]
        weights = {part.name: float(w) for part, w in zip(self._knowledge.parts, self._weights, strict=False)}
        chosen = {"valid_rmse": valid_rmse, "weights": weights, "most_used_columns": best}
        return FitReport(chosen=chosen, parameters=sum(v.size for v in self.state().values()))

    def _expected(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None) -> np.ndarray:
        out = np.empty(len(users))
        for start in range(0, len(users), BLOCK):
            part = slice(start, start + BLOCK)
            columns, blended = self._joined(
                self._look(users[part], items[part], None if times is None else times[part])[1]
            )
            out[part] = blended + self._booster.predict(columns)
        return out

    def predict(self, users: np.ndarray, items: np.ndarray, timestamps: np.ndarray | None = None) -> np.ndarray:
        return np.clip(self._expected(users, items, timestamps), *self._knowledge.features.scale).astype(np.float32)

    def score(self, users: np.ndarray) -> np.ndarray:
        """float32 [len(users), n_items]: candidates by the linear blend, ranked anew by the trees, before the rest.

        The candidates are the CANDIDATES best that the user has not rated, or all items where there are no more.
        """
        parts = [part.score(users).astype(np.float64) for part in self._knowledge.parts]
        blended = np.tensordot(self._weights[:-1], parts, 1) + self._weights[-1]
        candidates = self._candidates(blended, users)
        rows = np.arange(len(users))[:, None]
        flat = self._expected(np.repeat(users, candidates.shape[1]), candidates.ravel().astype(np.int32), None)
        ranked = flat.reshape(candidates.shape)
        if candidates.shape[1] < self.n_items:
            blended += np.minimum(0, ranked.min(1, keepdims=True) - blended.max(1, keepdims=True) - MARGIN)
        blended[rows, candidates] = ranked
        return blended.astype(np.float32)

    def _candidates(self, blended: np.ndarray, users: np.ndarray) -> np.ndarray:
        """int64 [len(users), candidates]: which items are worth the trees' while."""
        count = min(CANDIDATES, self.n_items)
        unrated = blended.copy()
        place, items = self._knowledge.rated_by(users)
        unrated[place, items] = -np.inf
        return np.argpartition(-unrated, count - 1, axis=1)[:, :count]

    @property
    def n_items(self) -> int:
        return self._knowledge.features.n_items

    def state(self) -> dict[str, np.ndarray]:
        arrays = pack(self._knowledge.rows, self._knowledge.features) | {"weights": self._weights}
        for part in self._knowledge.parts:
            arrays |= {f"part/{part.name}/{name}": values for name, values in part.state().items()}
        return arrays | self._booster.arrays()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        rows, features = unpack(state)
        parts = self._parts(features, self.config.sized(len(rows)))
        for part in parts:
            prefix = f"part/{part.name}/"
            part.device = self.device
            part.restore({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        self._knowledge = Knowledge(parts, rows, features)
        self._weights, self._booster = state["weights"], Booster.restored(state)


def _blend_weights(predictions: np.ndarray, target: np.ndarray) -> np.ndarray:
    """float64 [parts + 1]: the least-squares weights of the models, and the constant, barely regularised."""
    columns = np.column_stack([predictions, np.ones(len(predictions))])
    return np.linalg.solve(columns.T @ columns + 1e-3 * np.eye(columns.shape[1]), columns.T @ target)
