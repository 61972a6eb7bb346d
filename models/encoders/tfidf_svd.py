"""Latent semantic analysis (Deerwester et al. 1990): TF-IDF weights, then a truncated SVD. Needs no download."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import sklearn
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from models.encoders.encoder import EncoderIdentity, Progress, TextEncoder

NAME = "tfidf-svd"
MAX_TERMS = 50_000
"""Vocabulary: the most frequent terms of the corpus, at most this many."""


class TfidfSvd(TextEncoder):
    """Fitted on the dataset's own texts; the same texts in any order give the same vectors."""

    needs_fit = True

    def __init__(self, dimension: int = 128) -> None:
        """dimension: wanted width, 1 or more; a corpus of fewer texts or terms gives fewer."""
        if dimension < 1:
            raise ValueError(f"{NAME}: dimension must be 1 or more, not {dimension}")
        self._wanted = dimension
        self._identity: EncoderIdentity | None = None

    @property
    def identity(self) -> EncoderIdentity:
        """Its revision is the sha256 of the corpus. Raises RuntimeError before `fit`."""
        if self._identity is None:
            raise RuntimeError(f"{NAME} is not fitted: call fit(corpus) with all texts of the dataset first")
        return self._identity

    def fit(self, corpus: Sequence[str]) -> None:
        """Learn vocabulary and components. Raises ValueError for a corpus without a single word."""
        texts = sorted({text for text in corpus if text and text.strip()})
        self._terms = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", max_features=MAX_TERMS)
        self._terms.set_params(stop_words="english", token_pattern=r"(?u)\b\w\w+\b")
        try:
            weights = self._terms.fit_transform(texts)
        except ValueError as error:
            raise ValueError(f"{NAME}: none of the {len(texts)} texts holds a word to count ({error})") from error
        width = min(self._wanted, *weights.shape)
        self._svd = TruncatedSVD(width, algorithm="randomized", n_iter=7, random_state=0).fit(weights)
        self._identity = EncoderIdentity(
            name=NAME,
            revision=_corpus_digest(texts),
            pooling="l2",
            preprocessing=f"lower case, English stop words out, {MAX_TERMS} terms, scikit-learn {sklearn.__version__}",
            precision="float32",
            dimension=width,
            description=f"TF-IDF of {len(texts):,} texts reduced to {width} dimensions by truncated SVD.",
            classical=True,
        )

    def encode(self, texts: Sequence[str], progress: Progress = lambda _done, _total: None) -> np.ndarray:
        """As every TextEncoder; not fitted yet, it fits on these texts. A text of unknown words becomes zeros."""
        if self._identity is None:
            self.fit(texts)
        return super().encode(texts, progress)

    def _encode(self, texts: list[str], progress: Progress) -> np.ndarray:
        vectors = normalize(self._svd.transform(self._terms.transform(texts)))
        progress(len(texts), len(texts))
        return vectors.astype(np.float32)


def _corpus_digest(texts: list[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)  # lengths, so that ["ab", "c"] differs from ["a", "bc"]
    return digest.hexdigest()
