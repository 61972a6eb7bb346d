"""The stack is honest: no column knows its own answer, nor what was rated at its moment or after it."""

from dataclasses import replace

import numpy as np
import pytest

from models.data import Interactions
from models.fusion import fusion_stack
from models.fusion.stack import past
from models.fusion.stack.history import History
from models.fusion.stack.knowledge import Kept
from models.recommender import silent


@pytest.fixture
def model(board):
    return board.model("fusion-stack")


def test_columns_of_a_train_rating_do_not_know_its_fold(board, model) -> None:
    """Other ratings in the first fold change nothing that is said of the first fold."""
    train = board.train

    def seen(ratings: np.ndarray) -> dict[str, np.ndarray]:
        return model._out_of_fold(replace(train, ratings=ratings), board.valid, board.features, silent, Kept())[0]

    fold = np.random.default_rng(model.seed).permutation(len(train)) % model.config.folds
    before, after = seen(train.ratings), seen(np.where(fold == 0, 6 - train.ratings, train.ratings))
    first, others = slice(0, (fold == 0).sum()), slice((fold == 0).sum(), None)
    for name in ("columns", "predictions"):
        np.testing.assert_array_equal(before[name][first], after[name][first])
        assert not np.allclose(before[name][others], after[name][others], equal_nan=True)


def test_test_and_validation_ratings_are_in_no_column(board, model) -> None:
    model.fit(board.train, board.valid, board.features)
    assert len(model._knowledge.rows) == len(board.train)
    known = set(zip(model._knowledge.rows.users, model._knowledge.rows.items, strict=True))
    assert not known & set(zip(board.valid.users, board.valid.items, strict=True))


def timed(seed: int, n: int = 300) -> tuple[Interactions, np.ndarray]:
    """Ratings of 6 users and 9 items at times of which many are equal; residuals."""
    random = np.random.default_rng(seed)
    rows = Interactions(
        random.integers(0, 6, n).astype(np.int32), random.integers(0, 9, n).astype(np.int32),
        random.integers(1, 6, n).astype(np.float32), random.integers(0, 40, n),
    )  # fmt: skip
    return rows, random.normal(size=n)


def test_the_past_ends_before_the_moment() -> None:
    """What was rated in the same second or later may be anything."""
    rows, residuals = timed(0)
    moment, others = 20, np.random.default_rng(1).random((9, 9)).astype(np.float32)
    users, items = np.arange(6, dtype=np.int32), np.arange(6, dtype=np.int32)
    times = np.full(6, moment)
    later = rows.timestamps >= moment
    changed = replace(
        rows, ratings=np.where(later, 6 - rows.ratings, rows.ratings), items=np.where(later, 8, rows.items)
    )

    def columns(rows: Interactions, residuals: np.ndarray) -> dict[str, np.ndarray]:
        of_users, of_items = past.Past.of_users(rows, 6), past.Past.of_items(rows, 9)
        found = past.Drift(of_users, residuals).columns(users, times)
        found |= past.session(of_users, np.arange(9.0), users, items, times)
        found |= past.resembling(of_users, residuals, others, (users, items, times))
        return found | past.of_item(of_items, residuals, items, times)

    before, after = columns(rows, residuals), columns(changed, np.where(later, 99.0, residuals))
    for name, values in before.items():
        np.testing.assert_allclose(values, after[name], rtol=1e-9, err_msg=name)
    earlier = columns(rows, np.where(rows.timestamps == moment - 1, 99.0, residuals))
    assert not np.allclose(before["decayed_60"], earlier["decayed_60"])


def test_drift_by_hand() -> None:
    rows = Interactions(
        np.zeros(3, np.int32), np.arange(3, dtype=np.int32), np.ones(3, np.float32), np.array([100, 160, 160])
    )
    drift = past.Drift(past.Past.of_users(rows, 1), np.array([1.0, -2.0, 0.5]))
    found = drift.columns(np.array([0, 0]), np.array([160, 220]))
    assert found["mean"] == pytest.approx([1 / 6, -0.5 / 8])
    # At 220: the first counts a quarter, the other two a half.
    assert found["decayed_60"] == pytest.approx([0.5 / 1.5, (0.25 - 1 + 0.25) / (1.25 + 1)])
    assert found["residual_1"] == pytest.approx([1.0, 0.5]) and np.isnan(found["residual_2"][0])


def test_likeness_columns_by_hand(board) -> None:
    """The smoothed residual is the weighted mean, the pair's own rating having no weight."""
    train = board.train
    history = History(train, np.zeros(len(train)), board.features)
    names, columns = history.columns(train.users[:50], train.items[:50], None)
    likeness, matrices = history.items_alike["genre"], {k: v.toarray() for k, v in history.matrices.items()}
    for row in range(50):
        weights = likeness[:, train.items[row]] * matrices["ones"][train.users[row]]
        wanted = weights @ matrices["bias"][train.users[row]] / (weights.sum() + 0.3)
        assert columns[row, names.index("genre_items_bias")] == pytest.approx(wanted, abs=1e-5)
    assert np.all(np.diag(likeness) == 0)


def test_a_killed_fit_goes_on_and_ends_the_same(board, tmp_path) -> None:
    whole = board.fit("fusion-stack")

    class Killed(Exception):
        pass

    def until_the_first_fold(line: str) -> None:
        if "fold 1 of 2:" in line and "predicted by" in line:
            raise Killed

    with pytest.raises(Killed):
        board.model("fusion-stack").fit(
            board.train, board.valid, board.features, progress=until_the_first_fold, checkpoint=tmp_path
        )
    told: list[str] = []
    resumed = board.model("fusion-stack")
    resumed.fit(board.train, board.valid, board.features, progress=told.append, checkpoint=tmp_path)
    assert not any("chain" in line and "fold 2" not in line for line in told)
    test = board.test
    np.testing.assert_allclose(
        resumed.predict(test.users, test.items), whole.predict(test.users, test.items), rtol=0, atol=1e-6
    )


def test_trees_rank_only_the_candidates_and_keep_them_first(board, fitted, monkeypatch) -> None:
    model = fitted("fusion-stack", "")
    monkeypatch.setattr(fusion_stack, "CANDIDATES", 4)
    users = np.array([3, 8], np.int32)
    for user, scores in zip(users, model.score(users), strict=True):
        rated = board.train.items[board.train.users == user]
        order = np.argsort(-scores, kind="stable")[:4].astype(np.int32)
        assert not set(order) & set(rated)
        expected = model._expected(np.full(4, user), order, None)
        np.testing.assert_allclose(scores[order], expected, rtol=1e-6)
