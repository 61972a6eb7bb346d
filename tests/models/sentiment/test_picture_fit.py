"""Texts that speak of what pictures show, a few of which are of something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.sentiment.picture_fit import picture_fit, unit

ITEMS, REVIEWS, KINDS = 240, 5, 6
WRONG = np.arange(0, ITEMS, 40)


def shop(shared: bool, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts and pictures of things of six kinds; in a shared space a kind has one direction for both."""
    rng = np.random.default_rng(seed)
    items = np.repeat(np.arange(ITEMS), REVIEWS)
    kind = np.arange(ITEMS) % KINDS
    words = rng.normal(size=(KINDS, 24))
    looks = words if shared else rng.normal(size=(KINDS, 16))
    shown = kind.copy()
    shown[WRONG] = (kind[WRONG] + 1) % KINDS
    texts = words[kind[items]] + rng.normal(0, 0.5, (len(items), 24))
    return texts, looks[shown] + rng.normal(0, 0.5, (ITEMS, looks.shape[1])), items


@pytest.mark.parametrize("shared", [True, False])
def test_pictures_of_something_else_suit_the_words_least(shared: bool) -> None:
    fit = picture_fit(*shop(shared), shared)
    by_item = pd.DataFrame(fit.reshape(ITEMS, REVIEWS)).mean(axis=1).to_numpy()
    right = np.setdiff1d(np.arange(ITEMS), WRONG)
    assert np.nanmean(by_item[right]) > 0.85 and np.nanmean(by_item[WRONG]) < 0.5
    assert set(np.argsort(by_item)[: len(WRONG) - 1]) <= set(WRONG), "NaN stands last"


def test_words_that_never_speak_of_pictures_are_at_chance() -> None:
    texts, _, items = shop(False)
    fit = picture_fit(texts, np.random.default_rng(1).normal(size=(ITEMS, 16)), items, False)
    assert np.nanmean(fit) == pytest.approx(0.5, abs=0.05)


def test_words_that_tell_little_of_pictures_are_not_judged() -> None:
    """Of each item the last review names no kind."""
    texts, pictures, items = shop(False)
    texts[REVIEWS - 1 :: REVIEWS] = np.random.default_rng(2).normal(0, 0.5, (ITEMS, texts.shape[1]))
    judged = np.isfinite(picture_fit(texts, pictures, items, False)).reshape(ITEMS, REVIEWS)
    assert judged.mean() == pytest.approx(0.5, abs=0.01) and judged[:, -1].mean() < judged[:, 0].mean() / 2


def test_without_a_text_or_a_picture_there_is_nothing_to_say() -> None:
    texts, pictures, items = shop(True)
    texts[0], pictures[3] = 0, 0
    assert np.flatnonzero(np.isnan(picture_fit(texts, pictures, items, True))).tolist() == [0, *range(15, 20)]
    assert np.isnan(picture_fit(texts, pictures, items, False)[[0, *range(15, 20)]]).all()
    assert np.isnan(picture_fit(texts[:10], pictures[:2], items[:10], False)).all(), "too few items to learn from"


def test_equal_pictures_suit_equally_well() -> None:
    texts, pictures, items = shop(True)
    fit = picture_fit(texts, unit(np.ones_like(pictures)), items, True)
    assert np.allclose(fit, 0.5)
