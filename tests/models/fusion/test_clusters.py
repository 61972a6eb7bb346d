"""Clusters of items, what users think of them, and lists spread over them."""

from __future__ import annotations

import numpy as np

from models.data import Interactions
from models.fusion.clusters import kmeans, leanings, spread


def test_kmeans_finds_two_heaps() -> None:
    random = np.random.default_rng(0)
    heap = np.arange(40) % 2
    labels = kmeans(10 * heap[:, None] + random.normal(size=(40, 3)), 2, seed=1)
    assert labels.dtype == np.int32 and len(set(labels[heap == 0])) == len(set(labels[heap == 1])) == 1
    assert labels[0] != labels[1]


def test_no_more_clusters_than_different_rows() -> None:
    assert kmeans(np.zeros((5, 2)), 3, seed=0).tolist() == [0] * 5


def test_leanings_are_shrunk_means_of_what_is_left_over() -> None:
    users, items = np.array([0, 0, 0, 1], np.int32), np.array([0, 1, 2, 2], np.int32)
    train = Interactions(users, items, np.ones(4, np.float32), np.full(4, -1, np.int64))
    found = leanings(train, np.array([1.0, 0.5, -2.0, 0.25]), np.array([0, 0, 1], np.int32), 3, shrinkage=2.0)
    np.testing.assert_allclose(found, [[1.5 / 4, -2 / 3], [0, 0.25 / 3], [0, 0]], rtol=1e-6)
    assert np.all(leanings(train.take(np.zeros(4, bool)), np.zeros(0), np.zeros(3, np.int32), 3, 0.0) == 0)


def test_a_list_by_hand() -> None:
    """Items 0, 1, 2 are of one cluster, item 3 of another; the user has rated item 1 already."""
    scores = np.array([[4.0, 3.9, 3.8, 3.5]], np.float32)
    labels, rated = np.array([0, 0, 0, 1]), np.array([[False, True, False, False]])
    out = spread(scores, labels, rated, 0.5)
    np.testing.assert_allclose(out, [[4.0, 3.9 - 0.5 * np.log2(3), 3.8 - 0.5, 3.5]], rtol=1e-6)
    assert scores[0, 1] == np.float32(3.9), "what is given is left alone"


def test_the_order_within_a_cluster_stays_and_lists_hold_more_clusters() -> None:
    random = np.random.default_rng(5)
    scores = random.normal(size=(6, 200)).astype(np.float32)
    labels = random.integers(0, 10, 200)
    scores += (labels == 3) * 2
    rated = np.zeros(scores.shape, bool)
    np.testing.assert_array_equal(spread(scores, labels, rated, 0.0), scores)
    out = spread(scores, labels, rated, 1.0)
    for label in range(10):
        members = labels == label
        np.testing.assert_array_equal(np.argsort(-out[:, members]), np.argsort(-scores[:, members]))

    def clusters(lists: np.ndarray) -> float:
        return np.mean([len(set(labels[np.argsort(-row)[:10]])) for row in lists])

    assert clusters(out) > 2 * clusters(scores)
