"""What a training was given, as hashes that it writes down, so that it can be held against the split afterwards."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.data import Interactions


def given(train: Interactions, valid: Interactions, reviews: np.ndarray | None) -> dict[str, str]:
    """SHA-256 of the train and validation rows, and of the vectors of what was written with train ratings.

    The same users, items and ratings in the same order have the same. reviews: float32 [len(train), d], or None.
    """
    found = {name: _sha256(rows.users, rows.items, rows.ratings) for name, rows in (("train", train), ("valid", valid))}
    return found | ({} if reviews is None else {"reviews": _sha256(reviews)})


def _sha256(*arrays: np.ndarray) -> str:
    hashed = hashlib.sha256()
    for values in arrays:
        hashed.update(np.ascontiguousarray(values))
    return hashed.hexdigest()
