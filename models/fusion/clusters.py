"""Groups of items by k-means, what users think of them, and lists that are spread over them (Siet et al. 2024)."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from models.data import Interactions


def kmeans(vectors: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """int32 [n]: the cluster of each row of `vectors` [n, d]; no more clusters than there are different rows."""
    different = len(np.unique(vectors, axis=0))
    means = KMeans(min(n_clusters, different), n_init=4, random_state=seed)
    return means.fit_predict(vectors.astype(np.float64)).astype(np.int32)


def leanings(
    train: Interactions, residuals: np.ndarray, labels: np.ndarray, n_users: int, shrinkage: float
) -> np.ndarray:
    """float32 [n_users, clusters]: mean of what a user's ratings of a cluster leave over, shrunk towards 0.

    residuals: float [len(train)], ratings less what was expected. shrinkage: ratings of no residual that are added.
    """
    shape = n_users, int(labels.max(initial=0)) + 1
    cell = np.ravel_multi_index((train.users, labels[train.items]), shape)
    total, count = np.bincount(cell, residuals, shape[0] * shape[1]), np.bincount(cell, minlength=shape[0] * shape[1])
    return (total / np.maximum(count + shrinkage, 1e-9)).reshape(shape).astype(np.float32)


def spread(scores: np.ndarray, labels: np.ndarray, rated: np.ndarray, strength: float) -> np.ndarray:
    """float32 [users, items]: scores less `strength` for every doubling of an item's place in its own cluster.

    A cluster's best item keeps its score, the second loses `strength`, the fourth twice that. Within a cluster the
    order stays. rated: bool [users, items], which are not recommended again and take no place of the others.
    """
    out = scores.astype(np.float32)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        part = np.where(rated[:, members], -np.inf, scores[:, members])
        order = np.argsort(-part, axis=1, kind="stable")
        places = np.empty(order.shape, np.float32)
        np.put_along_axis(places, order, np.arange(1, len(members) + 1, dtype=np.float32)[None], axis=1)
        out[:, members] -= np.float32(strength) * np.log2(places)
    return out
