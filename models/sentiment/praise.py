"""What an item is praised for, in the words of those whose likes a user shares (alexander2024, section 3.3.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from models.data import Interactions
from models.sentiment.out_of_fold import Judge, n_grams
from models.sentiment.words import plain, words

SHORTEST, LONGEST = 2, 8
"""Words of a clause that can be quoted."""
PER_ITEM = 30
"""Reviews of an item that are asked at most, those with the most praise."""
COMMON, POLAR = 0.15, 0.8
"""A word says what is spoken of if it stands in at most this share of the reviews, and its weight is no larger than
that of this share of the words: `clamp` does, `the` and `terrible` do not."""
LEAST = 0.4
"""By how many standard deviations of the ratings a clause must be above the usual."""
WRITERS = frozenset(("i", "me", "my", "mine", "myself", "we", "us", "our", "i'm", "i've", "i'd", "i'll"))
"""A clause with one of these is about who wrote it."""
_CLAUSE = re.compile(r"[.!?;:,()\n\"]+|\s+[-–—]+\s+|\b(?:but|and|because|although|though|while|so)\b", re.IGNORECASE)


class Praise:
    """The best clause of every positive train review, by item; and whose of them a user should be told.

    A review is positive by its stars, and by its words as strangers judged them. A clause is scored by a linear model
    of ratings on words and pairs of words; to be quoted, it must be short, score high, and name something.
    """

    def __init__(
        self,
        texts: Sequence[str | None],
        train: Interactions,
        opinions: np.ndarray,
        likes: csr_matrix,
        at_least: float,
    ) -> None:
        """texts: of the train rows, None where nothing was written. opinions: of these, as `out_of_fold.opinions` tells
        them. likes: CSR [n_users, n_items] of ones, who likes what in the train fold. at_least: the rating from which
        on something is liked."""
        self.likes = likes.astype(np.float32).tocsr()
        written = np.array([bool(text) for text in texts], bool)
        rows = np.flatnonzero(written & (train.ratings >= at_least) & (opinions[:, 1] > 0))
        n_items = likes.shape[1]
        if len(rows):
            judge = Judge(n_grams([text for text in texts if text]), train.ratings[written])
            least = LEAST * float(train.ratings[written].std())
            quotes, scores = _best_clauses([texts[row] for row in rows], judge, least)
            kept = np.flatnonzero(scores > 0)
            rows, quotes, scores = rows[kept], quotes[kept], scores[kept]
        else:
            quotes, scores = np.zeros(0, object), np.zeros(0)
        order = np.lexsort((-scores, train.items[rows]))
        items = train.items[rows][order]
        first = np.searchsorted(items, np.arange(n_items + 1))
        order = order[np.arange(len(items)) - first[items] < PER_ITEM]
        self.quotes, self.scores, self.authors = quotes[order], scores[order], train.users[rows][order]
        self.starts = np.searchsorted(train.items[rows][order], np.arange(n_items + 1))

    def of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """object [n]: of each pair the clause to quote, '' where nobody who shares a like of the user praised the item.

        Of several that which scores highest, times the logarithm of the shared likes. users, items: int [n].
        """
        count = np.diff(self.starts)[items]
        pair = np.repeat(np.arange(len(items)), count)
        asked = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + self.starts[items][pair]
        found = np.full(len(items), "", object)
        if not len(asked):
            return found
        weight = self.scores[asked] * np.log1p(self._shared(users[pair], self.authors[asked]))
        best = np.lexsort((weight, pair))
        last = np.append(np.flatnonzero(np.diff(pair[best])), len(best) - 1)
        chosen = best[last]
        chosen = chosen[weight[chosen] > 0]
        found[pair[chosen]] = self.quotes[asked[chosen]]
        return found

    def _shared(self, users: np.ndarray, authors: np.ndarray) -> np.ndarray:
        """float32 [n]: how many items both like; of somebody with himself, none."""
        (one, left), (other, right) = (np.unique(side, return_inverse=True) for side in (users, authors))
        both = (self.likes[one] @ self.likes[other].T).tocsr()
        shared = np.asarray(both[left, right]).ravel()
        return np.where(users == authors, 0, shared)


def clauses(text: str) -> list[str]:
    """The parts of a text between stops and conjunctions that can be quoted: neither short nor long, of the thing."""
    parts = (part.split() for part in _CLAUSE.split(plain(text)))
    return [
        " ".join(part)
        for part in parts
        if SHORTEST <= len(part) <= LONGEST and WRITERS.isdisjoint(word.lower().replace("’", "'") for word in part)
    ]


def _best_clauses(texts: list[str], judge: Judge, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each text its best clause that names something, object [n], and its score, float64 [n]; '' and 0 for none."""
    parts = [clauses(text) for text in texts]
    flat = [clause for some in parts for clause in some]
    quotes, best = np.full(len(texts), "", object), np.zeros(len(texts))
    if not flat:
        return quotes, best
    owner = np.repeat(np.arange(len(texts)), [len(some) for some in parts])
    scores = n_grams(flat) @ judge.weights
    scores = np.where(_naming(flat, texts, judge) & (scores >= least), scores, 0)
    order = np.lexsort((scores, owner))
    last = np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)
    quotes[owner[order[last]]] = np.array(flat, object)[order[last]]
    best[owner[order[last]]] = scores[order[last]]
    return quotes, best


def _naming(flat: list[str], texts: list[str], judge: Judge) -> np.ndarray:
    """bool [clauses]: whether a clause holds a word that stands in few reviews, though in more than one, and is neither
    praise nor blame."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in set(words(text)):
            counts[word] = counts.get(word, 0) + 1
    most = max(COMMON * len(texts), 3)
    known = [w for w, n in counts.items() if n > 1 and len(w) > 2 and w.isalpha() and w not in ENGLISH_STOP_WORDS]
    polarity = np.abs(n_grams(known) @ judge.weights) if known else np.zeros(0)
    neutral = polarity <= np.quantile(polarity, POLAR) if known else polarity > 0
    named = {word for word, one in zip(known, neutral, strict=True) if one and counts[word] <= most}
    return np.array([any(word in named for word in words(clause)) for clause in flat], bool)
