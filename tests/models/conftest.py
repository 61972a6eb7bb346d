"""A checkerboard: two groups of users and two of items; everybody loves (5) the own kind and hates (1) the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import torch

from models.data import Features, Field, Interactions
from models.recommender import FitReport, Recommender
from models.registry import recommender
from models.remembered import forget

N_USERS, N_ITEMS = 40, 30
"""The last user and the last item have no ratings at all."""

SMALL = {
    "bayes-fm": {"rank": 2, "chains": 1, "iterations": 60, "kept": 20},
    "fusion-stack": {"folds": 2, "sweeps": 40, "rounds": 3, "trees": 60, "ensembles": 1, "learning_rate": 0.1},
    "svd": {"ranks": (4,), "regularisations": (0.02,)},
    "ease-text": {"shares": (0.2,)},
    "svdpp": {"ranks": (4,), "regularisations": (0.02,), "implicit_regularisations": (0.002,)},
    "siet": {"batch_size": 96, "learning_rate": 1.5e-2, "dropout": 0.0, "weight_decay": 0.0},
    "jiang": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 4, "dropout": 0.0, "vector_dropout": 0.0},
    "choudhury": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 6, "trusted": 10},
    # Four channels tell the board's thirty random pictures apart only after more epochs than a test has.
    "bert-cnn-mlp": {"batch_size": 64, "epochs": 8, "learning_rate": 1e-2, "vector_dropout": 0.0, "channels": 16},
    "early-fusion": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 5, "width": 8, "hidden": 16},
    "late-average": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 4, "width": 8, "hidden": 16},
    "late-stack": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 4, "width": 8, "hidden": 16},
    "hybrid-fusion": {"batch_size": 64, "learning_rate": 5e-3, "epochs": 5, "width": 8, "hidden": 16},
    "poster-transformer": {
        "restarts": 1,
        "width": 16,
        "heads": 2,
        "layers": 1,
        "dropout": 0.0,
        "id_dropout": 0.0,
        "batch_size": 64,
        "epochs": 8,
        "patience": 8,
        "learning_rate": 1e-2,
    },
}
"""Settings with which a model learns 900 ratings in a second; all others run as they come."""


@dataclass(frozen=True)
class Board:
    """Folds of the checkerboard, and features that say nothing of the groups."""

    train: Interactions
    valid: Interactions
    test: Interactions
    features: Features

    def model(self, name: str, variant: str | None = None) -> Recommender:
        """A model that is not fitted yet, of a size for the board; its first variant where none is named."""
        cls = recommender(name)
        return cls(cls.Config(**SMALL.get(name, {})), variant=cls.variants[0] if variant is None else variant)

    def fit(self, name: str, variant: str | None = None) -> Recommender:
        """A model fitted on train and valid."""
        model = self.model(name, variant)
        model.fit(self.train, self.valid, self.features)
        return model


def make_board(scale: tuple[float, ...] = (1, 2, 3, 4, 5)) -> Board:
    """Four fifths of the squares train, the rest is halved; a square's colour is the parity of its coordinates."""
    random = np.random.default_rng(0)
    users, items = (a.ravel().astype(np.int32) for a in np.mgrid[: N_USERS - 1, : N_ITEMS - 1])
    liked = users % 2 == items % 2
    ratings = np.where(liked, scale[-1], scale[0]).astype(np.float32)
    data = Interactions(users, items, ratings, np.arange(len(users), dtype=np.int64))
    rows = random.permutation(len(users))
    folds = np.split(rows, [len(rows) * 8 // 10, len(rows) * 9 // 10])
    return Board(*(data.take(fold) for fold in folds), features(random, scale))


def features(random: np.random.Generator, scale: tuple[float, ...]) -> Features:
    """The names that MovieLens has, with values drawn at random; item 3 has no content."""
    codes = lambda size: Field(random.integers(0, size, N_USERS).astype(np.int32), size)  # noqa: E731
    vectors = {name: random.normal(size=(N_ITEMS, 8)).astype(np.float32) for name in ("title", "introduction", "image")}
    for values in vectors.values():
        values[3] = 0
    return Features(
        n_users=N_USERS,
        n_items=N_ITEMS,
        rating_values=scale,
        user_fields={"age": codes(4), "zip": codes(5), "occupation": codes(3), "gender": codes(3)},
        item_fields={"genre": Field((random.random((N_ITEMS, 6)) < 0.3).astype(np.float32), 6)},
        item_vectors=vectors,
    )


@pytest.fixture
def board() -> Board:
    """A fresh board, free to be spoilt."""
    return make_board()


@pytest.fixture
def half_star_board() -> Board:
    """The same in ratings from 0.5 to 5."""
    return make_board(tuple(float(value) for value in np.arange(1, 11) / 2))


@dataclass(frozen=True)
class Watched:
    """A fit, what it said and left behind, and the board that it was given."""

    model: Recommender
    report: FitReport
    lines: list[str]
    board: Board


@pytest.fixture(scope="session")
def watched() -> Callable[[str, str], Watched]:
    """(name, variant) -> a second fit, from another state of the global random generators, for all that look at one."""

    @cache
    def get(name: str, variant: str) -> Watched:
        board, lines = make_board(), []
        forget()  # what was derived from the same board has to come out the same as well
        model = board.model(name, variant)
        np.random.seed(123)
        torch.manual_seed(123)
        report = model.fit(board.train, board.valid, board.features, progress=lines.append)
        return Watched(model, report, lines, board)

    return get


@pytest.fixture(scope="session")
def fitted() -> Callable[[str, str], Recommender]:
    """(name, variant) -> the model fitted on the board; each is fitted once and must not be changed."""
    known: dict[tuple[str, str], Recommender] = {}

    def get(name: str, variant: str) -> Recommender:
        if (name, variant) not in known:
            known[name, variant] = make_board().fit(name, variant)
        return known[name, variant]

    return get
