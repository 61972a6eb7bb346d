"""Reading reviews: what is good is taken, what is bad is told by line, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.sentiment.corpus import labels_of, positive, read_corpus, scale_of

LINES = [
    '{"id": 7, "text": "fine", "rating": 4, "asin": "B1"}',
    '{"text": "no rating"}',
    "",
    '{"text": "", "rating": 5}',
    '{"rating": 5}',
    '{"text": 12}',
    '{"text": "odd rating", "rating": "many"}',
    '{"text": "as a string", "rating": "2.0"}',
    "[1, 2",
    '{"text": "far off", "rating": 99}',
    '{"text": "two in a line", "rating": 1} {"text": "the second", "rating": 5}',
]


def written(path: Path, lines: list[str]) -> Path:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return path


@pytest.mark.parametrize("name", ["reviews.jsonl", "reviews.jsonl.gz"])
def test_good_and_bad_lines(tmp_path, name) -> None:
    corpus = read_corpus(written(tmp_path / name, LINES))
    texts = ["fine", "no rating", "odd rating", "as a string", "far off", "two in a line", "the second"]
    assert corpus.texts == texts
    assert corpus.lines == [1, 2, 7, 8, 10, 11, 11]
    assert [None if math.isnan(r) else r for r in corpus.ratings] == [4, None, None, 2, None, 1, 5]
    assert corpus.ids[0] == "7" and corpus.items[0] == "B1" and corpus.items[1] is None
    assert [line for line, _ in corpus.problems] == [4, 5, 6, 7, 9, 10]
    assert [line for line, _ in corpus.lost()] == [4, 5, 6, 9]


def test_a_gzip_that_breaks_off_gives_what_came_before(tmp_path) -> None:
    whole = written(tmp_path / "whole.gz", [json.dumps({"text": f"text {n} " + "x" * 50 * n}) for n in range(400)])
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    corpus = read_corpus(broken)
    assert 0 < len(corpus) < 400
    assert "breaks off" in corpus.problems[-1][1]


def test_nothing_to_read_is_told(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="not there"):
        read_corpus(tmp_path / "none.jsonl")
    with pytest.raises(ValueError, match="line 1: text: missing"):
        read_corpus(written(tmp_path / "none.jsonl", ['{"review": "x"}']))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.dictionaries(
                st.sampled_from(["text", "rating"]),
                st.one_of(st.text(max_size=9), st.integers(-3, 99), st.none(), st.floats(), st.booleans()),
            ).map(json.dumps),
        ),
        max_size=12,
    )
)
def test_any_lines_are_taken_or_told(tmp_path_factory, lines) -> None:
    path = tmp_path_factory.mktemp("any") / "any.jsonl"
    # Enough objects that the file is taken for what it is, one of lines.
    path.write_text(
        "\n".join([*['{"text": "first"}'] * 13, *(line.replace("\r", " ").replace("\n", " ") for line in lines)])
    )
    corpus = read_corpus(path)
    counted = len(set(corpus.lines) | {line for line, _ in corpus.problems})
    rows = path.read_bytes().decode().split("\n")
    assert counted == sum(1 for row in rows if row.strip(" \t\n\f\r"))
    assert all(math.isnan(r) or 0 <= r <= 10 for r in corpus.ratings)


def test_scales_and_labels() -> None:
    assert scale_of([1, 5, math.nan]) == 5 and scale_of([4, 7]) == 10
    with pytest.raises(ValueError, match="no text has a rating"):
        scale_of([math.nan])
    assert positive(np.array([1, 3, 3.5, 4, 5]), 5).tolist() == [False, False, True, True, True]
    assert positive(np.array([4, 5, 6, 7]), 10).tolist() == [False, False, True, True]
    assert labels_of(np.array([1, 2, 3, 9, 10]), 10, "stars").tolist() == [0, 0, 1, 4, 4]
    assert labels_of(np.array([1, 2, 3, 4, 5]), 5, "stars").tolist() == [0, 1, 2, 3, 4]
