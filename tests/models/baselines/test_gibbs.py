"""The Bayesian factorization machine: what is kept of a sweep says what the machine itself says."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from models.baselines._gibbs import FIRST, UNKNOWN, UNSEEN, _Keeper, day_codes, design
from models.baselines.bayes_fm import BayesianFM
from models.data import Features, Field, Interactions
from models.recommender import silent

N_USERS, N_ITEMS, RANK = 4, 5, 3


@pytest.fixture
def train() -> Interactions:
    users, items = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 3, 0])
    times = np.array([0, 1, 1, 4, 4, 5]) * 86_400 + 7
    return Interactions(users.astype(np.int32), items.astype(np.int32), np.array([1, 2, 3, 4, 5, 3.0], "f4"), times)


@pytest.fixture
def features() -> Features:
    gender = Field(np.array([0, 1, 0, 1], np.int32), 2)
    genres = Field(np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0]], np.float32), 3)
    return Features(N_USERS, N_ITEMS, (1.0, 2.0, 3.0, 4.0, 5.0), {"gender": gender}, {"genre": genres})


def test_days_are_counted_from_the_first_and_strange_ones_are_told_apart() -> None:
    times = np.array([0, 86_399, 86_400, -1, 5 * 86_400, -86_400])
    assert day_codes(times, 0).tolist() == [FIRST, FIRST, FIRST + 1, UNKNOWN, FIRST + 5, UNKNOWN]
    assert day_codes(times, 0, n_days=FIRST + 2)[4] == UNSEEN
    assert day_codes(np.array([86_400]), 3).tolist() == [UNSEEN]  # before the first day


def test_a_design_row_holds_the_id_the_linked_and_the_fields(train, features) -> None:
    users, items = design(train, features)
    assert users.groups == [N_USERS, N_ITEMS, 2] and items.groups == [N_ITEMS, N_USERS, 3]
    third = users.rows[2].toarray().ravel()
    third_root = 3**-0.5
    np.testing.assert_allclose(third, [0, 0, 1, 0, third_root, 0, third_root, third_root, 0, 1, 0])
    np.testing.assert_allclose(items.rows[4].toarray().ravel(), [0, 0, 0, 0, 1] + [0] * 4 + [0] * 3)


def test_folded_sweeps_predict_what_the_machine_predicts(train, features) -> None:
    """Equation 1 of Rendle 2012 over the explicit feature row, averaged over the sweeps."""
    designs, random, n_days = design(train, features), np.random.default_rng(0), FIRST + 6
    width = n_days + sum(side.rows.shape[1] for side in designs)
    sweeps = [
        SimpleNamespace(w0=random.normal(), w=random.normal(size=width), V=random.normal(size=(width, RANK)))
        for _ in range(2)
    ]
    keeper = _Keeper(designs, np.ones(n_days, bool), silent)
    keeper.begin("chain", iterations=2, burn_in=0, kept=2)
    for number, sweep in enumerate(sweeps):
        keeper(number, sweep, None, None)
    users, items, days = np.array([0, 3, 2]), np.array([4, 0, 2]), np.array([FIRST, FIRST + 5, UNKNOWN])
    one_hot = sparse.csr_matrix((np.ones(3), (np.arange(3), days)), shape=(3, n_days))
    rows = sparse.hstack([one_hot, designs[0].rows[users], designs[1].rows[items]]).toarray()
    wanted = [s.w0 + rows @ s.w + 0.5 * ((rows @ s.V) ** 2 - rows**2 @ s.V**2).sum(1) for s in sweeps]
    np.testing.assert_allclose(keeper.samples().expected(users, items, days), np.mean(wanted, 0), rtol=1e-5)


def test_only_sweeps_after_the_burn_in_are_kept(train, features) -> None:
    designs = design(train, features)
    keeper = _Keeper(designs, np.ones(3, bool), silent)
    keeper.begin("chain", iterations=10, burn_in=0.5, kept=3)
    assert sorted(keeper.wanted) == [5, 7, 9]


def test_unseen_days_are_like_the_average_day(train, features) -> None:
    designs = design(train, features)
    width = 3 + sum(side.rows.shape[1] for side in designs)
    keeper = _Keeper(designs, np.array([False, True, True]), silent)
    keeper.begin("chain", iterations=1, burn_in=0, kept=1)
    keeper(0, SimpleNamespace(w0=0.0, w=np.arange(width, dtype=float), V=np.zeros((width, RANK))), None, None)
    assert keeper.samples().day_bias.tolist() == [1.5, 1, 2]


def test_asked_without_a_time_a_user_is_on_the_last_of_his_days(train, features) -> None:
    model = BayesianFM(BayesianFM.Config(rank=2, chains=1, iterations=40, kept=10))
    model.fit(train, train, features)
    users, items = np.array([2, 2], np.int32), np.array([1, 4], np.int32)
    last = np.full(2, 5 * 86_400 + 7)
    np.testing.assert_array_equal(model.predict(users, items), model.predict(users, items, last))
    assert not np.array_equal(model.predict(users, items), model.predict(users, items, last - 5 * 86_400))
