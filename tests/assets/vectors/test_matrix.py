from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.vectors import matrix
from assets.vectors.matrix import dense, item_vectors, means, vector_reader, write_matrix
from tests.assets.vectors.imitation import WIDTH, vector_of


@given(
    rows=st.lists(st.integers(0, 30), max_size=60).map(sorted),
    cuts=st.lists(st.integers(0, 60), max_size=6).map(sorted),
    size=st.integers(1, 9),
)
def test_blocks_become_the_matrix_of_means(rows, cuts, size):
    vectors = np.random.default_rng(len(rows)).normal(size=(len(rows), 3)).astype(np.float32)
    pairs = zip(np.split(np.array(rows, np.int64), cuts), np.split(vectors, cuts), strict=True)
    blocks = [(at, vector) for at, vector in pairs if len(at)]
    expected = np.zeros((31, 3), np.float32)
    for row in set(rows):
        expected[row] = vectors[np.array(rows) == row].mean(axis=0)
    before, matrix.BLOCK = matrix.BLOCK, size
    try:
        made = np.concatenate(list(dense(means(blocks), 31, 3)))
    finally:
        matrix.BLOCK = before
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-6)


def test_rows_are_those_of_the_items_table(library):
    library.write("films", ["Heat", None, "Alien"])
    store = library.encode("films").store
    write_matrix(library.home, "films", "title", store)
    laid = item_vectors(library.home, "films", "title")
    np.testing.assert_array_equal(laid, [vector_of("Heat"), np.zeros(WIDTH), vector_of("Alien")])
    assert isinstance(laid, np.memmap), "training maps it into memory"
    read = vector_reader(library.home, "films", "title").read_all()
    assert read.column("row").to_pylist() == [0, 2]
    assert read.column("vector").to_pylist()[1] == list(vector_of("Alien"))


def test_an_item_with_several_pictures_has_their_mean(library):
    library.write("films", ["Heat", "Alien"])
    store = library.encode("films").store
    references = library.references("films")
    both = pd.concat([references, references.assign(item_id="i0")])
    both.to_parquet(library.home.embedding("films", "image"))
    write_matrix(library.home, "films", "image", store)
    laid = item_vectors(library.home, "films", "image")
    mean = (2 * vector_of("Heat") + vector_of("Alien")) / 3
    np.testing.assert_allclose(laid, [mean, vector_of("Alien")], rtol=1e-6)


def test_a_vector_that_is_lost_is_told(library):
    library.write("films", [f"film {number}" for number in range(600)])
    store = library.encode("films").store
    store.files()[0].unlink()
    with pytest.raises(LookupError, match=r"of 600 vectors of title are not below .*Materialize the embeddings again"):
        write_matrix(library.home, "films", "title", store)
    assert not library.home.matrix("films", "title").exists()
    library.encode("films")
    write_matrix(library.home, "films", "title", store)


def test_without_any_content_the_matrix_has_no_columns(library):
    library.write("films", [None, None])
    write_matrix(library.home, "films", "title", library.encode("films").store)
    assert item_vectors(library.home, "films", "title").shape == (2, 0)
    assert vector_reader(library.home, "films", "title").read_all().num_rows == 0
