"""Sentences from word lists: descriptions that show an item's topics, and reviews that agree with their stars."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from assets.samples import review_words

OPPOSITE_SHARE = 0.08
"""Share, among the reviews that do not have 3 stars, of texts with the opposite sentiment of their stars."""


class Writer:
    """Fills templates from word lists with one random stream; a repeated slot (`role2`) differs from the first."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._lists: dict[str, list[str]] = {}

    def pick(self, words: Sequence[str] | str) -> str:
        """One of the words (a list, or a string with | between them)."""
        options = self._split(words) if isinstance(words, str) else words
        return options[int(self.rng.random() * len(options))]

    def fill(self, template: str, words: dict[str, str]) -> str:
        """The template with each {slot} filled from `words`; a first letter is made a capital."""
        used: dict[str, str] = {}

        def choose(match: re.Match[str]) -> str:
            slot = match.group(1)
            options = [w for w in self._split(words[slot.rstrip("2")]) if w != used.get(slot.rstrip("2"))]
            used[slot] = self.pick(options)
            return used[slot]

        text = re.sub(r"\{(\w+)\}", choose, template)
        return text[0].upper() + text[1:]

    def _split(self, words: str) -> list[str]:
        if words not in self._lists:
            self._lists[words] = words.split("|")
        return self._lists[words]

    def described(
        self, shares: np.ndarray, topics: Sequence[dict[str, str]], templates: Sequence[str], n: int
    ) -> list[str]:
        """`n` sentences in random order, as many of each topic as its share says; no template twice while they last."""
        counts = allocate(shares, n)
        owners = self.rng.permutation(np.repeat(np.arange(len(shares)), counts))
        order = np.concatenate([self.rng.permutation(len(templates)) for _ in range(-(-n // len(templates)))])
        return [self.fill(templates[t], topics[k]) for t, k in zip(order[:n], owners, strict=True)]

    def unique(self, make: Callable[[], str], taken: set[str], tries: int = 200) -> str:
        """A text from `make()` whose normalised form is not in `taken` yet; raises RuntimeError when words run out."""
        for _ in range(tries):
            text = make()
            key = re.sub(r"\W+", " ", text.lower()).strip()
            if key not in taken:
                taken.add(key)
                return text
        raise RuntimeError(f"the word lists are too small: no new text in {tries} tries")


def allocate(shares: np.ndarray, n: int) -> np.ndarray:
    """Whole counts int [k] that sum to `n` and are nearest to `shares * n` (largest remainders)."""
    exact = shares * n
    counts = np.floor(exact + 1e-9).astype(int)
    for k in np.argsort(-(exact - counts), kind="stable")[: n - counts.sum()]:
        counts[k] += 1
    return counts


def opposite(rng: np.random.Generator, ratings: np.ndarray) -> np.ndarray:
    """bool [n]: the reviews that get a text of the opposite sentiment; OPPOSITE_SHARE of those without 3 stars."""
    able = np.flatnonzero(ratings != 3)
    flags = np.zeros(len(ratings), dtype=bool)
    flags[rng.choice(able, size=round(OPPOSITE_SHARE * len(able)), replace=False)] = True
    return flags


def review(writer: Writer, stars: int, words: dict[str, str]) -> str:
    """A review of two to four sentences in the mood of 1..5 stars; `words` gives {thing}, {aspect}, {event}."""
    moods = {1: ("awful", "bad"), 2: ("bad",), 3: ("bad", "good"), 4: ("good",), 5: ("great", "good")}[stars]
    n = 2 + int(writer.rng.random() * 3)
    slots = {**words, **review_words.MOOD_WORDS}
    left = {mood: list(review_words.SENTENCES[mood]) for mood in moods}
    sentences = []
    for i in range(n):
        templates = left[moods[i % len(moods)]]
        sentences.append(writer.fill(templates.pop(int(writer.rng.random() * len(templates))), slots))
    if writer.rng.random() < 0.6:
        sentences.insert(int(writer.rng.random() * 2), writer.fill(writer.pick(review_words.NEUTRAL), slots))
    return " ".join(sentences)


def headline(writer: Writer, stars: int) -> str:
    """A review's title in the mood of its stars."""
    return writer.pick(review_words.HEADLINES[stars])
