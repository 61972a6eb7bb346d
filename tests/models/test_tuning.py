"""The search that all baselines are tuned with, on a bowl whose lowest point is known."""

from __future__ import annotations

import math

import pytest

from models.tuning import TRIALS, search

SPACE = {"x": (0, 1, 2, 3), "y": (0, 1, 2)}


def bowl(settings: dict) -> tuple[float, str]:
    loss = (settings["x"] - 2) ** 2 + (settings["y"] - 1) ** 2
    return loss, f"{settings['x']}{settings['y']}"


def test_finds_the_lowest_point_and_what_it_gave() -> None:
    found = search(SPACE, bowl)
    assert (found.settings, found.loss, found.result) == ({"x": 2, "y": 1}, 0, "21")


def test_no_setting_is_tried_twice_and_the_budget_is_kept() -> None:
    seen = []

    def evaluate(settings: dict) -> tuple[float, None]:
        seen.append(tuple(settings.values()))
        return -len(seen), None  # every trial is better than the last, so that it would go on for ever

    wide = {"x": tuple(range(10)), "y": tuple(range(10))}
    found = search(wide, evaluate)
    assert len(seen) == len(set(seen)) == found.trials == TRIALS
    assert search(wide, evaluate, trials=3).trials == 3


def test_it_starts_from_the_first_values_and_an_empty_space_is_one_trial() -> None:
    told: list[str] = []
    search(SPACE, bowl, model="bowl", progress=told.append)
    assert told[0].startswith("bowl: trial 1 of at most 12: x 0, y 0: valid_rmse 5")
    assert search({}, lambda settings: (1.0, settings)).trials == 1


def test_a_diverged_trial_never_wins() -> None:
    found = search({"x": (0, 1, 2)}, lambda s: (math.nan if s["x"] == 0 else 1.0 - s["x"] / 10, None))
    assert found.settings == {"x": 2}
    with pytest.raises(ValueError, match="bowl: no setting of x gave a finite valid_rmse"):
        search({"x": (0, 1)}, lambda s: (math.inf, None), model="bowl")
