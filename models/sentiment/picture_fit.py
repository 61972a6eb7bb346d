"""How well a text suits the picture of what it is about, beside the pictures of other things."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.vectors import unit

OTHERS = 200
"""Pictures of other items that each text is held against."""
FEWEST = 50
"""Pictures of other items without which nothing is said: a share of 5% could hardly be told from none."""
PARTS = 4
"""Parts of the items: a map from texts to pictures is learned on the others, and asked about this one."""
MOST = 20_000
"""Pairs that a map is learned from at most; its few thousand numbers gain nothing from more."""
PENALTY = 1e-3
"""Of the ridge, times the number of pairs: what cross-validation over six powers of ten chose on a generated shop."""
BLOCK = 8192
"""Texts that are compared at once."""
SAME = 1e-6
"""Cosines nearer to one another than this are ties."""


def picture_fit(texts: np.ndarray, pictures: np.ndarray, items: np.ndarray, shared: bool, seed: int = 0) -> np.ndarray:
    """float64 [n]: for each text the share of other items' pictures that suit it less than its own item's does.

    texts: float32 [n, d]. pictures: float32 [items, e]. items: int [n], what each text is about. Rows of zeros are
    texts and pictures that are not there; NaN is the fit then. shared: texts and pictures are vectors of one space
    (CLIP, SigLIP), so that their cosine says what suits. Else the cosine of the picture with what a ridge regression
    predicts from the text, learned on other items only.

    The mean fit says whether anything can be told at all: 0.5 is chance, as when texts never speak of what pictures
    show. Of a map it can only be seen what goes together in many items: that texts with "mug" go with pictures of
    mugs. A scratch that no other picture has is not seen unless it changes the vector as a whole. A text says little
    of pictures where what is predicted from it is near the mean picture: that half of the texts has no fit either. On
    a generated shop with 3% of the pictures swapped between kinds, a fit of at most 0.05 then finds 16 of the 182
    reviews of these, of 8 items in 52, and none of 6,799 others.
    """
    fit = np.full(len(texts), np.nan)
    there = np.flatnonzero(texts.any(axis=1) & pictures.any(axis=1)[items])
    known = np.unique(items[there])
    if len(known) < FEWEST * PARTS:
        return fit
    random = np.random.default_rng(seed)
    texts, pictures = unit(texts), unit(pictures if shared else pictures - pictures[known].mean(axis=0))
    part = np.zeros(len(pictures), int)
    part[random.permutation(known)] = np.arange(len(known)) % PARTS
    for number in range(PARTS):
        inside = part[items[there]] == number
        asked, rest = there[inside], random.permutation(there[~inside])[:MOST]
        predict = (lambda rows: rows) if shared else _ridge(texts[rest], pictures[items[rest]])
        others = random.permutation(known[part[known] == number])[:OTHERS]
        told = np.empty(len(asked))
        for block in np.split(np.arange(len(asked)), range(BLOCK, len(asked), BLOCK)):
            predicted, rows = predict(texts[asked[block]]), asked[block]
            fit[rows], told[block] = _share(predicted, pictures, items[rows], others), np.linalg.norm(predicted, axis=1)
        if not shared:
            fit[asked[told < np.median(told)]] = np.nan
    return fit


def _ridge(texts: np.ndarray, pictures: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Predicts from vectors of texts how a picture differs from the mean picture."""
    from sklearn.linear_model import Ridge

    return Ridge(PENALTY * len(texts)).fit(texts, pictures).predict


def _share(predicted: np.ndarray, pictures: np.ndarray, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """[rows]: the share of the others that are less like what was predicted than the own picture; ties count half."""
    ahead = (predicted * pictures[own]).sum(axis=1, keepdims=True) - predicted @ pictures[others].T
    counted = others[None] != own[:, None]  # never all of them, as there are FEWEST
    points = np.where(np.abs(ahead) < SAME, 0.5, ahead > 0) * counted
    return points.sum(axis=1) / counted.sum(axis=1)
