"""Words, vocabularies, cutting, and vectors of words from files and from a corpus."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sentiment.word_vectors import read_vectors, trained_vectors
from models.sentiment.words import UNKNOWN, Ragged, Vocabulary, head_and_tail, words


def test_words_of_a_review() -> None:
    assert words("Don't miss it!!<br /><br />It&amp;s GREAT :-)") == [
        "don't",
        "miss",
        "it",
        "!!",
        "it",
        "s",
        "great",
        ":-)",
    ]
    assert words("a < b") == ["a", "b"]


@given(st.text(max_size=300))
def test_any_text_has_words_without_an_error(text) -> None:
    assert all(word and word == word.strip() for word in words(text))


def test_a_vocabulary_counts_and_breaks_ties_by_the_alphabet() -> None:
    vocabulary = Vocabulary.of([["b", "a", "c"], ["b", "a", "rare"]], 10, 2)
    assert vocabulary.words == ["a", "b"]
    assert vocabulary.numbers(["b", "rare", "a"]).tolist() == [3, UNKNOWN, 2]


@given(st.lists(st.integers(2, 9), max_size=50), st.integers(8, 20))
def test_head_and_tail_keep_both_ends(numbers, most) -> None:
    row = np.array(numbers, np.int32)
    cut = head_and_tail(row, most)
    assert len(cut) == min(len(row), most)
    if len(row) > most:
        assert cut[: most // 4].tolist() == numbers[: most // 4]
        assert cut[most // 4 :].tolist() == numbers[-(most - most // 4) :]


def test_an_empty_text_is_one_unknown_word() -> None:
    assert Ragged.of([np.zeros(0, np.int32)]).numbers.tolist() == [UNKNOWN]


@pytest.mark.parametrize("header", ["", "3 2\n"])
def test_vectors_from_a_file(tmp_path, header) -> None:
    """As GloVe and word2vec write them, plain or gzipped; other words are passed over."""
    path = tmp_path / "vectors.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(f"{header}the 1 2\nother 5 6\nfilm -1 0.5\n")
    table, known = read_vectors(path, Vocabulary(["film", "the", "unseen"]))
    assert known == 2
    np.testing.assert_array_equal(table, [[0, 0], [0, 0], [-1, 0.5], [1, 2], [0, 0]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a 1 2\nb 1\n", "line 2: 1 values"),
        ("a 1 x\n", "line 1"),
        ("a 1 nan\n", "not finite"),
        ("", "no vectors"),
    ],
)
def test_a_broken_file_of_vectors_is_told_by_line(tmp_path, text, said) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_vectors(path, Vocabulary(["a", "b"]))


def test_words_of_one_kind_have_vectors_of_one_direction(board) -> None:
    """good and great stand beside the same words, bad and awful beside others."""
    documents = [text.split() for text in board(600, 0).texts]
    vocabulary = Vocabulary.of(documents, 100, 1)
    table = trained_vectors([vocabulary.numbers(document) for document in documents], len(vocabulary), 8, 0)
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    place = {word: number for number, word in enumerate(vocabulary.words, 2)}
    like, unlike = unit[place["good"]] @ unit[place["great"]], unit[place["good"]] @ unit[place["bad"]]
    assert like > unlike + 0.3
    assert not table[:2].any()


def test_vectors_of_no_text_at_all() -> None:
    assert not trained_vectors([np.zeros(0, np.int32)], 5, 3, 0).any()
