"""The search that all baselines are tuned with, on a bowl whose lowest point is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


SPACES = st.lists(st.integers(1, 4), max_size=4).map(lambda sizes: {f"f{n}": range(s) for n, s in enumerate(sizes)})
LOSSES = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, math.nan, math.inf]), min_size=1)
"""Few values, so that there are ties; those of a setting are taken by the place of its values."""


@given(SPACES, LOSSES, st.integers(1, 12))
def test_trials_side_by_side_decide_as_one_after_the_other(space, losses, trials) -> None:
    """A field's trials are given all at once, and evaluated from the last one on."""

    def evaluate(settings: dict) -> tuple[float, tuple]:
        values = tuple(settings.values())
        return losses[sum(5**place * value for place, value in enumerate(values)) % len(losses)], values

    def backwards(function, asked: list[dict]) -> list[tuple]:
        return [function(settings) for settings in reversed(asked)][::-1]

    expected = step_by_step(space, evaluate, trials)
    for way in (map, backwards):
        told: list[str] = []
        if expected is None:
            with pytest.raises(ValueError, match="training diverged"):
                search(space, evaluate, trials=trials, map_trials=way)
            continue
        found = search(space, evaluate, trials=trials, progress=told.append, map_trials=way)
        assert (found.settings, found.loss, found.trials) == expected
        assert found.result == tuple(found.settings.values()) and len(told) == found.trials


def step_by_step(space, evaluate, trials) -> tuple[dict, float, int] | None:
    """The same search where each trial is decided upon before the next is thought of: settings, loss and trials."""
    best, lowest, tried = {name: values[0] for name, values in space.items()}, math.inf, []
    for change in [{}, *({name: value} for name in space for value in space[name])] * trials:
        settings = best | change
        if settings in tried or len(tried) == trials:
            continue
        tried.append(settings)
        if evaluate(settings)[0] < lowest:
            best, lowest = settings, evaluate(settings)[0]
    return (best, lowest, len(tried)) if lowest < math.inf else None
