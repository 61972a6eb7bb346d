"""Opinions of train reviews: right about words, and told by judges who know nothing of the target."""

from __future__ import annotations

import numpy as np
import pytest

from models.sentiment.out_of_fold import COLUMNS, PARTS, n_grams, opinions

GOOD, BAD = "a sturdy clamp , works great", "broke at once , terrible waste"
N_USERS, N_ITEMS = 20, 15


def written(seed=0):
    """Texts, ratings, users and items of 300 rows; good words have five stars, bad ones one, and some say nothing."""
    random = np.random.default_rng(seed)
    users, items = (a.ravel() for a in np.mgrid[:N_USERS, :N_ITEMS])
    good = random.random(len(users)) < 0.6
    texts = [f"{GOOD if one else BAD} {random.choice(['today', 'again', 'here'])}" for one in good]
    for row in range(0, len(texts), 17):
        texts[row] = None
    return texts, np.where(good, 5.0, 1.0).astype(np.float32), users, items


def test_good_words_are_above_the_usual_and_bad_ones_below():
    texts, ratings, users, items = written()
    told = opinions(texts, ratings, users, items)
    some = np.array([text is not None for text in texts])
    assert (told[some & (ratings == 5)] > 0.5).all() and (told[some & (ratings == 1)] < -0.5).all()
    assert not told[~some].any()


@pytest.mark.parametrize("changed", ["stars", "words"])
def test_nothing_that_is_said_of_an_item_or_user_depends_on_any_review_of_theirs(changed):
    texts, ratings, users, items = written()
    before, row = opinions(texts, ratings, users, items), 100
    if changed == "stars":
        ratings[row] = 6 - ratings[row]
    else:
        texts[row] = "awful awful clamp, works terrible"
    after = opinions(texts, ratings, users, items)
    others = np.arange(len(texts)) != row
    for column, kin in enumerate((users, items)):
        same = others & (kin == kin[row])
        np.testing.assert_array_equal(after[same, column], before[same, column])
        assert not np.array_equal(after[others, column], before[others, column]), "it is read by those of other parts"


def test_a_review_is_not_judged_by_its_own_stars():
    texts, ratings, users, items = written()
    before = opinions(texts, ratings, users, items)
    ratings[33] = 6 - ratings[33]
    np.testing.assert_array_equal(opinions(texts, ratings, users, items)[33], before[33])


def test_where_nobody_else_wrote_nothing_is_said():
    texts, ratings = [GOOD, BAD, None], np.array([5, 1, 3], np.float32)
    alone = np.zeros(3, np.int64)
    assert not opinions(texts, ratings, alone, alone).any()
    assert not opinions([None] * 3, ratings, alone, alone).any()


def test_a_texts_row_depends_on_that_text_alone():
    both, one = n_grams([GOOD, BAD]), n_grams([BAD])
    assert both.shape == (2, COLUMNS) and (both[1] != one[0]).nnz == 0
    assert PARTS > 1
