"""All that a history of ratings says of a pair, as columns of numbers for the learner that blends."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from models.baselines._biases import fit_biases
from models.baselines._similarity import product_cells
from models.data import Features, Interactions
from models.fusion.stack import kernels, past
from models.fusion.stack.statistics import Statistics

DAY, HOUR = 86_400, 3_600


class History:
    """Answers for any pair and moment from a fixed set of ratings, which holds none of the pairs that are asked about.

    Residuals are of two kinds: what the biases of user and item leave (`bias`), and what the best single model leaves
    (`model`), both fitted on this same history. Where there are too many users or items, or no times, the columns that
    need them are left out.
    """

    def __init__(self, rows: Interactions, expected: np.ndarray, features: Features) -> None:
        """rows: the history. expected: float [len(rows)], the best single model's predictions of it."""
        biases = fit_biases(rows, features)
        self.statistics = Statistics(rows, features, biases)
        of_biases = rows.ratings - biases.expected(rows.users, rows.items)
        self.residuals = {"bias": of_biases, "model": rows.ratings - expected}
        shape, places = (features.n_users, features.n_items), (rows.users, rows.items)
        of_all = self.residuals | {"ones": np.ones(len(rows))}
        self.matrices = {
            name: csr_matrix((values.astype(np.float32), places), shape=shape) for name, values in of_all.items()
        }
        self.items_alike = kernels.item_likenesses(self.matrices["bias"], features)
        self.users_alike = kernels.user_likenesses(self.matrices["bias"], features)
        self.company = kernels.company_weights(self.matrices["ones"])
        self.timed = bool((rows.timestamps >= 0).any())
        if self.timed:
            self.of_users = past.Past.of_users(rows, features.n_users)
            self.of_items = past.Past.of_items(rows, features.n_items)
            self.drifts = {name: past.Drift(self.of_users, values) for name, values in self.residuals.items()}
        self.popularity = np.log1p(np.bincount(rows.items, minlength=features.n_items))
        # Asked without a time, users are asked one second after their last rating, strangers after everybody's.
        self.now = np.full(features.n_users, rows.timestamps.max(initial=-1), np.int64)
        last = np.full(features.n_users, -1, np.int64)
        np.maximum.at(last, rows.users, rows.timestamps)
        self.now[last >= 0] = last[last >= 0] + 1

    def columns(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None) -> tuple[list[str], np.ndarray]:
        """The columns' names, and float32 [n, columns]; NaN where something is not known."""
        times = self.now[users] if times is None else times
        found = self.statistics.columns(users, items)
        for name, likeness in self.items_alike.items():
            found |= kernels.smoothings(name, likeness, self.matrices, users, items, by_items=True)
        for name, likeness in self.users_alike.items():
            found |= kernels.smoothings(name, likeness, self.matrices, users, items, by_items=False)
        if self.company is not None:
            found["expected_to_rate"] = product_cells(self.matrices["ones"], self.company, users, items)
        if self.timed:
            found |= self._timed(users, items, times)
        return list(found), np.column_stack([np.asarray(values, np.float32) for values in found.values()])

    def _timed(self, users: np.ndarray, items: np.ndarray, times: np.ndarray) -> past.Columns:
        found = {"hour": times // HOUR % 24, "weekday": times // DAY % 7, "day": times / DAY}
        found |= past.session(self.of_users, self.popularity, users, items, times)
        likeness = self.items_alike.get("ratings")
        for kind, values in self.residuals.items():
            added = self.drifts[kind].columns(users, times)
            if likeness is not None:
                added |= past.resembling(self.of_users, values, likeness, (users, items, times))
            found |= {f"{name}_of_{kind}": column for name, column in added.items()}
        found |= past.of_item(self.of_items, self.residuals["model"], items, times)
        unknown = times < 0
        return {name: np.where(unknown, np.nan, column) for name, column in found.items()} if unknown.any() else found
