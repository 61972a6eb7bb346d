"""Near-duplicates and honest splits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sentiment.near_duplicates import groups_of
from models.sentiment.splits import SPLITS, split
from models.splits import TEST, TRAIN, VALID

REVIEW = "I went to see this film with my brother and we both thought that it was far too long for what it had to say"


def test_copies_edits_and_nothing_else() -> None:
    """A copy in other case and tags, and one with a word changed, belong together; a text on the same film does not."""
    other = "Long film this and brother thought we it say both see to had what for too far was that my with went"
    texts = [REVIEW, REVIEW.upper() + "<br />", REVIEW.replace("brother", "sister"), other, "", "", "short", "shorter"]
    groups = groups_of(texts)
    assert groups[0] == groups[1] == groups[2]
    assert groups[4] == groups[5]
    assert len({*groups[[0, 3, 4, 6, 7]]}) == 5


def test_what_is_linked_stays_together() -> None:
    assert groups_of(["a", "b", "c", "d"], ["x", None, "x", None]).tolist() == [0, 1, 0, 2]


def test_no_texts() -> None:
    assert len(groups_of([])) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["one two three four five six", "seven", "eight nine", "ten " * 30]), max_size=30))
def test_equal_texts_share_a_group_and_different_ones_do_not(texts) -> None:
    groups = groups_of(texts)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            assert (groups[i] == groups[j]) == (one == other)


@given(st.lists(st.integers(0, 40), min_size=60, max_size=300), st.sampled_from(list(SPLITS)), st.integers(0, 5))
def test_groups_are_whole_and_shares_are_kept(groups, name, seed) -> None:
    groups = np.array(groups)
    fold = split(groups, 1.0 + groups % 5, SPLITS[name], seed)
    for group in np.unique(groups):
        assert len(set(fold[groups == group])) == 1
    largest = np.bincount(groups).max()
    for code, share in zip((TRAIN, VALID, TEST), SPLITS[name], strict=True):
        assert abs((fold == code).sum() - share * len(groups)) <= 2 * largest


def test_good_and_bad_reviews_are_as_many_in_every_part() -> None:
    """Films of ten reviews each, most of them nearly all good or nearly all bad."""
    rng = np.random.default_rng(0)
    films = np.repeat(np.arange(300), 10)
    good = rng.random(len(films)) < rng.choice([0.05, 0.5, 0.95], 300)[films]
    for seed in range(5):
        fold = split(films, np.where(good, 9.0, 2.0), SPLITS["90/5/5"], seed)
        shares = [good[fold == code].mean() for code in (TRAIN, VALID, TEST)]
        assert max(shares) - min(shares) < 0.1


def test_no_groups_and_equal_ratings() -> None:
    assert len(split(np.zeros(0, np.int64), np.zeros(0), SPLITS["60/40"], 0)) == 0
    assert set(split(np.arange(100), np.full(100, 5.0), SPLITS["60/40"], 0)) == {TRAIN, VALID, TEST}
