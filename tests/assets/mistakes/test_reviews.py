"""The same words in train and test are found, whatever their case and signs; so are those that are nearly the same."""

from __future__ import annotations

import pandas as pd

from assets.mistakes.reviews import NEAR, SAME, examined

TEXTS = [
    f"The lamp number {n} came broken, twice {n} times, and the shop {n} would not take it back" for n in range(60)
]


def red(reviews: pd.DataFrame) -> dict[str, list]:
    return {outcome.check: outcome.examples for outcome in examined(reviews) if not outcome.passed}


def reviews(*more: tuple[str, str]) -> pd.DataFrame:
    rows = [(text, "test" if n % 4 == 0 else "train") for n, text in enumerate(TEXTS)] + list(more)
    frame = pd.DataFrame(rows, columns=["text", "fold"])
    return frame.assign(review_id=[f"r{n}" for n in range(len(frame))])


def test_different_words_pass() -> None:
    assert red(reviews()) == {}


def test_the_same_words_in_train_and_test_are_found() -> None:
    found = red(reviews((TEXTS[4].upper() + " ...", "train")))
    assert [(e["test"], e["train"]) for e in found[SAME.name]] == [("r4", "r60")]


def test_nearly_the_same_words_are_found_and_stop_nothing() -> None:
    found = red(reviews((TEXTS[8] + ". Never again", "train")))
    assert found == {NEAR.name: [TEXTS[8]]} and not NEAR.blocking and SAME.blocking


def test_validation_may_say_what_it_likes() -> None:
    assert red(reviews((TEXTS[4], "valid"))) == {}
