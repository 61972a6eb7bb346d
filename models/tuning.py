"""One search for every baseline, so that all are tuned on validation with the same budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.recommender import MapTrials, Progress, silent

TRIALS = 12
"""Settings that a model may compare on validation, the first one included."""

Settings = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """The best settings, their loss and its name, what they gave, and how many settings were tried."""

    settings: Settings
    loss: float
    measure: str
    result: Any
    trials: int

    @property
    def chosen(self) -> Settings:
        """What a FitReport says of it."""
        return self.settings | {self.measure: abs(self.loss)}


def search(
    space: Mapping[str, Sequence[Any]],
    evaluate: Callable[[Settings], tuple[float, Any]],
    *,
    trials: int = TRIALS,
    model: str = "",
    measure: str = "valid_rmse",
    progress: Progress = silent,
    map_trials: MapTrials = map,
) -> Found:
    """Coordinate search: from the first value of every field, try the others of one field at a time, keep the best.

    space: field -> candidate values, the first being where the search starts. evaluate: settings -> (loss, result);
    the lower loss wins, the earlier setting on a tie; a loss that is not finite never wins. What is to be high is given
    as a negative loss. model, measure: whose search and for what, in messages. It goes round the fields until a round
    changes nothing or `trials` are spent. What one field is tried with does not depend on what the others of its values
    gave, so that `map_trials` may evaluate them side by side. Raises ValueError where no setting gave a finite loss.
    """
    start = {name: values[0] for name, values in space.items()}
    tried: set[tuple] = set()
    best: Found | None = None

    def attempt(candidates: list[Settings]) -> bool:
        """Whether one of them that is new, and within the budget, is better than all before."""
        nonlocal best
        new = {tuple(settings.values()): settings for settings in candidates}
        asked = [settings for values, settings in new.items() if values not in tried][: trials - len(tried)]
        before = best
        for settings, (loss, result) in zip(asked, map_trials(evaluate, asked), strict=True):
            tried.add(tuple(settings.values()))
            if np.isfinite(loss) and (best is None or loss < best.loss):
                best = Found(settings, float(loss), measure, result, len(tried))
            told = ", ".join(f"{name} {_shown(value)}" for name, value in settings.items())
            progress(
                f"{model}: trial {len(tried)} of at most {trials}: {told or 'as it is'}: {measure} {abs(loss):.4f}"
            )
        return best is not before

    if not space:
        attempt([start])
    improved = True
    while improved and len(tried) < trials:
        improved = False
        for name, values in space.items():
            around = best.settings if best else start
            improved |= attempt([around | {name: value} for value in values])
    if best is None:
        raise ValueError(f"{model}: no setting of {', '.join(space)} gave a finite {measure}: training diverged")
    return replace(best, trials=len(tried))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
