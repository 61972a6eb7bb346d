"""Texts as word numbers: one pattern for words, a vocabulary, and what of a long text is read."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

_TAG = re.compile(r"<[^<>]{1,200}>")
_WORD = re.compile(r"\w+(?:['’]\w+)*|[!?]+|:[-']?[()D/]")
PADDING, UNKNOWN = 0, 1
"""Numbers that are no word."""


def plain(text: str) -> str:
    """The text without tags and entities: reviews of the Large Movie Review Dataset hold `<br />`."""
    return html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text


def words(text: str) -> list[str]:
    """Words in lower case, exclamations and smileys of a text."""
    return _WORD.findall(plain(text).lower())


@dataclass(frozen=True)
class Ragged:
    """Rows of unequal length, end to end: numbers int32, starts int64 [n], lengths int64 [n]."""

    numbers: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[np.ndarray]) -> Ragged:
        """From one array a row; an empty row becomes one unknown word, since networks must see something."""
        rows = [row if len(row) else np.array([UNKNOWN], np.int32) for row in rows]
        lengths = np.array([len(row) for row in rows], np.int64)
        numbers = np.concatenate(rows) if rows else np.zeros(0, np.int32)
        return cls(numbers.astype(np.int32), np.cumsum(lengths) - lengths, lengths)


class Vocabulary:
    """The most frequent words of a corpus, numbered from 2 in order of frequency."""

    def __init__(self, known: Sequence[str]) -> None:
        """known: words, in order of their numbers."""
        self.words = list(known)
        self._number = {word: number for number, word in enumerate(self.words, 2)}

    @classmethod
    def of(cls, documents: Iterable[list[str]], size: int, at_least: int) -> Vocabulary:
        """The `size` most frequent words that stand at least so many times; equal counts by the alphabet."""
        counts = Counter(word for document in documents for word in document)
        ranked = sorted((word for word, count in counts.items() if count >= at_least), key=lambda w: (-counts[w], w))
        return cls(ranked[:size])

    def __len__(self) -> int:
        """Numbers in use, padding and unknown included."""
        return len(self.words) + 2

    def numbers(self, document: list[str]) -> np.ndarray:
        """int32 [words of the document]."""
        return np.fromiter((self._number.get(word, UNKNOWN) for word in document), np.int32, len(document))


def head_and_tail(numbers: np.ndarray, most: int) -> np.ndarray:
    """At most so many words: the first quarter from the beginning, the rest from the end, where reviews conclude.

    Sun et al. 2019 (How to Fine-Tune BERT, 5.3.1) found head and tail the best way to cut a review.
    """
    head = most // 4
    return numbers if len(numbers) <= most else np.concatenate([numbers[:head], numbers[len(numbers) - most + head :]])
