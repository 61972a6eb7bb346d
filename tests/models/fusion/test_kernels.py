"""The weights of company, both ways round."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.fusion.stack.kernels import company_weights


@pytest.mark.parametrize("n_users", [40, 10], ids=["through items", "through users"])
def test_company_weights_are_those_of_ease(n_users) -> None:
    """B[i, j] = -P[i, j] / P[j, j] with P = (X^T X + weight)^-1, and nothing on the diagonal."""
    rated = (np.random.default_rng(0).random((n_users, 30)) < 0.2).astype(np.float32)
    p = np.linalg.inv(rated.T.astype(np.float64) @ rated + 5 * np.eye(30))
    wanted = -p / np.diag(p) * (1 - np.eye(30))
    found = company_weights(csr_matrix(rated), 5.0)
    assert found.dtype == np.float32 and type(found) is np.ndarray
    np.testing.assert_allclose(found, wanted, atol=1e-7)
