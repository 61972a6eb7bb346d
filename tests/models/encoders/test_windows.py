from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.windows import Pieces, average, spans


@pytest.mark.parametrize(
    ("length", "expected"), [(0, [(0, 0)]), (8, [(0, 8)]), (9, [(0, 8), (1, 9)]), (20, [(0, 8), (6, 14), (12, 20)])]
)
def test_known_windows_of_eight(length, expected):
    assert [(span.start, span.stop) for span in spans(length, 8)] == expected


@given(st.integers(0, 5000), st.integers(1, 600))
def test_every_token_is_read_and_neighbours_share_a_quarter(length, room):
    found = spans(length, room)
    assert found[0].start == 0 and found[-1].stop == length
    assert all(span.stop - span.start == min(length, room) for span in found)
    for one, other in pairwise(found):
        assert one.start < other.start
        assert one.stop - other.start >= room // 4 - 1  # starts are rounded to whole tokens


def pieces(lengths, owners, texts):
    return Pieces([np.zeros(length, np.int32) for length in lengths], np.array(owners, dtype=np.int64), texts, 0)


def test_the_mean_counts_tokens_and_a_text_without_pieces_is_zeros():
    vectors = np.array([[1, 0], [0, 1], [0.1, 0.7]], dtype=np.float32)
    found = average(vectors, pieces([3, 1, 2], [0, 0, 2], 3), unit=False)
    np.testing.assert_allclose(found, [[0.75, 0.25], [0, 0], [0.1, 0.7]], rtol=1e-6)
    assert found.dtype == np.float32


def test_the_mean_of_unit_vectors_is_made_one_again_and_a_lone_piece_is_not_touched():
    vectors = np.array([[1, 0], [0, 1], [0.1, 0.7]], dtype=np.float32)
    found = average(vectors, pieces([2, 2, 2], [0, 0, 1], 2), unit=True)
    np.testing.assert_allclose(found[0], [0.5**0.5, 0.5**0.5], rtol=1e-6)
    np.testing.assert_array_equal(found[1], vectors[2])


def test_no_pieces_at_all():
    assert average(np.zeros((0, 2), np.float32), pieces([], [], 2), unit=True).tolist() == [[0, 0], [0, 0]]
