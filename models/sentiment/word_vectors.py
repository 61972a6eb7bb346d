"""Vectors of words: out of a GloVe or word2vec text file, else from which words stand near which in the corpus."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from models.sentiment.words import UNKNOWN, Vocabulary

WINDOW = 5
"""Words on either side that count as near; one at a distance d counts 1/d."""
SMOOTHING = 0.75
"""Power of the context counts (Levy, Goldberg, Dagan 2015)."""


def read_vectors(path: Path, vocabulary: Vocabulary) -> tuple[np.ndarray, int]:
    """float32 [len(vocabulary), d] out of a text file, plain or gzipped, and how many words it had.

    One word and its numbers a line, separated by blanks; a first line with two numbers (word2vec) is passed over. The
    file is streamed, only known words are kept, others have zeros. Raises ValueError naming file and line where a line
    has another number of values than the first, or one that is no finite number.
    """
    number = {word: row for row, word in enumerate(vocabulary.words, 2)}
    found: dict[int, np.ndarray] = {}
    width = 0
    for at, word, values in _lines(path):
        width = width or len(values)
        if len(values) != width or width == 0:
            raise ValueError(f"{path}, line {at}: {len(values)} values for {word!r}, where the first line has {width}")
        if word in number:
            found.setdefault(number[word], _numbers(path, at, values))
    if not width:
        raise ValueError(f"{path}: no vectors are in this file; a word and its numbers are wanted in every line")
    table = np.zeros((len(vocabulary), width), np.float32)
    for row, vector in found.items():
        table[row] = vector
    return table, len(found)


def _lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", errors="replace") as file:
        for at, line in enumerate(file, 1):
            parts = line.rstrip().split(" ")
            if at == 1 and len(parts) == 2 and all(part.isdecimal() for part in parts):
                continue
            if line.strip():
                yield at, parts[0], parts[1:]


def _numbers(path: Path, at: int, values: list[str]) -> np.ndarray:
    try:
        vector = np.array(values, np.float32)
    except ValueError as error:
        raise ValueError(f"{path}, line {at}: {error}") from error
    if not np.isfinite(vector).all():
        raise ValueError(f"{path}, line {at}: a value that is not finite")
    return vector


def trained_vectors(documents: Sequence[np.ndarray], size: int, width: int, seed: int) -> np.ndarray:
    """float32 [size, width]: positive pointwise mutual information of near words, by its leading singular vectors.

    documents: word numbers of each text. As good as word2vec on a small corpus (Levy, Goldberg, Dagan 2015), and the
    same on every run. Rows of unseen words are zeros; the others have a mean square of 1 over the whole table.
    """
    near = _near(documents, size)
    total, rows, columns = near.sum(), np.asarray(near.sum(1)).ravel(), np.asarray(near.sum(0)).ravel() ** SMOOTHING
    near = near.tocoo()
    information = np.log(near.data * columns.sum() / (rows[near.row] * columns[near.col]))
    kept = information > 0
    table = csr_matrix((information[kept], (near.row[kept], near.col[kept])), near.shape, dtype=np.float32)
    svd = TruncatedSVD(min(width, size - 1), random_state=seed, n_iter=5).fit(table)
    # The square root of the singular values weighs the directions evenly enough (the same paper, section 7.3).
    vectors = np.zeros((size, width), np.float32)
    found = table @ (svd.components_.T / np.sqrt(np.maximum(svd.singular_values_, 1e-9)))
    vectors[:, : found.shape[1]] = found
    return vectors / max(float(np.sqrt(np.mean(vectors**2))), 1e-9) if total else vectors


def _near(documents: Sequence[np.ndarray], size: int) -> csr_matrix:
    """float32 [size, size]: how often two words stand near one another, both ways."""
    numbers = np.concatenate([*documents, np.zeros(0, np.int32)])
    of = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    found = csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        left, right = numbers[:-distance], numbers[distance:]
        kept = (of[:-distance] == of[distance:]) & (left > UNKNOWN) & (right > UNKNOWN)
        ones = np.full(int(kept.sum()), 1 / distance, np.float32)
        found = found + csr_matrix((ones, (left[kept], right[kept])), (size, size))
    return (found + found.T).tocsr()
