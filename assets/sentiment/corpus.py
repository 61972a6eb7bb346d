"""Texts with ratings out of a file of JSON objects, and what counts as positive."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assets.ingest.decoding import objects_of_line
from assets.ingest.reading import python_lines, python_objects, spans_lines

ITEMS = ("item_id", "parent_asin", "asin", "business_id", "imdb_id", "movie_id")
"""Fields that say what a text is about, the first that is there: texts on one item stay on one side of a split."""
SCALES = (5, 10)


@dataclass
class Corpus:
    """Texts in the order of the file.

    ratings: float64 [n], NaN where there is none. ids: of each text, None where there is none. items: what each is
    about. lines: of the file, from 1. problems: (line, reason) of what could not be used, whole or in part.
    """

    texts: list[str] = field(default_factory=list)
    ratings: list[float] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    items: list[str | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def lost(self) -> list[tuple[int, str]]:
        """Those problems that cost a line its text."""
        return [problem for problem in self.problems if not problem[1].startswith("rating:")]


def read_corpus(path: Path) -> Corpus:
    """All texts of a JSON-lines file (plain or gzipped; arrays and objects over many lines are read as well).

    An object needs `text`; `rating`, `id` and an item are taken where they are. Raises FileNotFoundError where there
    is no such file, ValueError where it holds no text at all.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there, or is not a file; --input names a file of JSON lines")
    corpus = Corpus()
    try:
        for line, value in _objects(path):
            _take(corpus, line, value)
    except (EOFError, OSError) as error:
        corpus.problems.append((corpus.lines[-1] + 1 if corpus.lines else 1, f"the file breaks off: {error}"))
    if not corpus.texts:
        why = (
            f"; the first problem, in line {corpus.problems[0][0]}: {corpus.problems[0][1]}" if corpus.problems else ""
        )
        raise ValueError(f'{path}: no text is in this file. Every line is to be {{"text": "...", "rating": 4}}{why}')
    return corpus


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    if spans_lines(path):
        yield from ((line, _parsed(text)) for line, text in python_objects(path))
        return
    for line, raw in python_lines(path, "utf-8-sig"):
        yield from ((line, _parsed(text)) for text in objects_of_line(raw))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _take(corpus: Corpus, line: int, value: Any) -> None:
    if not isinstance(value, dict):
        corpus.problems.append((line, "not a JSON object"))
        return
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        corpus.problems.append((line, f"text: {'missing' if text is None else 'empty, or not a string'}"))
        return
    try:
        rating = _rating(value.get("rating"))
    except ValueError as error:
        corpus.problems.append((line, f"rating: {error}"))
        rating = math.nan
    item = next((value[name] for name in ITEMS if value.get(name) is not None), None)
    corpus.texts.append(text)
    corpus.ratings.append(rating)
    corpus.ids.append(None if value.get("id") is None else str(value["id"]))
    corpus.items.append(None if item is None else str(item))
    corpus.lines.append(line)


def _rating(value: Any) -> float:
    if value is None or value == "":
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{str(value)[:40]!r} is not a number")
    try:
        number = float(value)
    except ValueError as error:
        raise ValueError(f"{str(value)[:40]!r} is not a number") from error
    if not 0 <= number <= max(SCALES):
        raise ValueError(f"{number:g} is not between 0 and {max(SCALES)}")
    return number


def scale_of(ratings: Sequence[float]) -> int:
    """5 or 10 stars: ten where any rating is above five. Raises ValueError where no text has a rating."""
    known = np.asarray(ratings, np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        raise ValueError("no text has a rating: there is nothing to learn from. A line is to hold `rating` too")
    return 10 if known.max() > 5 else 5


def positive(ratings: np.ndarray, scale: int) -> np.ndarray:
    """bool [n]: above the middle of the scale, which is 3 of 1..5 and 5.5 of 1..10."""
    return np.asarray(ratings, np.float64) > (1 + scale) / 2


def labels_of(ratings: np.ndarray, scale: int, head: str) -> np.ndarray:
    """int64 [n]: 0 and 1 for `binary`; 0..4 for `stars`, two of ten making one of five."""
    if head == "binary":
        return positive(ratings, scale).astype(np.int64)
    return (np.clip(np.ceil(np.asarray(ratings, np.float64) * 5 / scale), 1, 5) - 1).astype(np.int64)
