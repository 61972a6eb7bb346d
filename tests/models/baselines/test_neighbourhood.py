"""Neighbourhood models against sums written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.baselines import _neighbourhood, _similarity
from models.baselines.item_cf import ItemCF
from models.baselines.user_cf import UserCF


def residuals(seed: int = 0) -> tuple[np.ndarray, csr_matrix]:
    """12 raters and 9 columns, half of them rated; zeros of the dense form are unrated."""
    random = np.random.default_rng(seed)
    dense = np.where(random.random((12, 9)) < 0.5, random.normal(size=(12, 9)), 0)
    return dense, csr_matrix(dense.astype(np.float32))


def similarity(dense: np.ndarray, a: int, b: int, shrinkage: float) -> float:
    both = np.sum((dense[:, a] != 0) & (dense[:, b] != 0))
    cosine = dense[:, a] @ dense[:, b] / (np.linalg.norm(dense[:, a]) * np.linalg.norm(dense[:, b]))
    return max(cosine * both / (both + shrinkage + 1e-12), 0)


@pytest.mark.parametrize("cells", [2**23, 20], ids=["one block", "many blocks"])
@pytest.mark.parametrize("shrinkage", [0, 2.0])
def test_nearest_is_the_shrunk_cosine(monkeypatch, cells, shrinkage) -> None:
    monkeypatch.setattr(_similarity, "BLOCK_CELLS", cells)
    dense, sparse = residuals()
    near, similar = _similarity.nearest(sparse, shrinkage, 4)
    for a in range(9):
        expected = sorted((similarity(dense, a, b, shrinkage) for b in range(9) if b != a), reverse=True)[:4]
        np.testing.assert_allclose(similar[a], expected, atol=1e-6)
        for b, value in zip(near[a], similar[a], strict=True):
            assert value == 0 or (b != a and value == pytest.approx(similarity(dense, a, b, shrinkage), abs=1e-6))


def test_a_column_without_raters_resembles_nobody() -> None:
    dense, _ = residuals()
    dense[:, 2] = 0
    near, similar = _similarity.nearest(csr_matrix(dense.astype(np.float32)), 2.0, 9)
    assert np.all(similar[2] == 0) and np.all(similar[near == 2] == 0) and np.all(np.isfinite(similar))


@pytest.mark.parametrize("cells", [2**22, 20], ids=["one chunk", "many chunks"])
def test_neighbour_sums_by_hand(monkeypatch, cells) -> None:
    monkeypatch.setattr(_neighbourhood, "CHUNK_CELLS", cells)
    dense, sparse = residuals()
    near, weights = _similarity.nearest(sparse, 1.0, 4)
    random = np.random.default_rng(1)
    raters, columns = random.integers(0, 12, 30), random.integers(0, 9, 30)
    above, below = _neighbourhood.neighbour_sums(sparse, near, weights, raters, columns)
    for n, (rater, column) in enumerate(zip(raters, columns, strict=True)):
        rated = [(w, dense[rater, b]) for b, w in zip(near[column], weights[column], strict=True) if dense[rater, b]]
        assert above[n] == pytest.approx(sum(w * value for w, value in rated), abs=1e-5)
        assert below[n] == pytest.approx(sum(w for w, _ in rated), abs=1e-5)


@pytest.mark.parametrize("cls", [ItemCF, UserCF])
def test_a_large_validation_fold_is_sampled(cls, board) -> None:
    chosen = [cls(cls.Config(choose_rows=20), seed=s).fit(board.train, board.valid, board.features) for s in (0, 1)]
    assert all(report.chosen["valid_rmse"] < 1.5 for report in chosen)
    assert chosen[0].chosen["valid_rmse"] != chosen[1].chosen["valid_rmse"]


@pytest.mark.parametrize("cls", [ItemCF, UserCF])
def test_settings_are_checked_by_name(cls) -> None:
    with pytest.raises(ValueError, match="shrinkages"):
        cls.Config(shrinkages=(-1,))
    with pytest.raises(ValueError, match="neighbours"):
        cls.Config(neighbours=())
