"""One search for every baseline, so that all are tuned on validation with the same budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.recommender import Progress, silent

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
) -> Found:
    """Coordinate search: from the first value of every field, try the others of one field at a time, keep the best.

    space: field -> candidate values, the first being where the search starts. evaluate: settings -> (loss, result);
    the lower loss wins, the earlier setting on a tie; a loss that is not finite never wins. What is to be high is given
    as a negative loss. model, measure: whose search and for what, in messages. It goes round the fields until a round
    changes nothing or `trials` are spent. Raises ValueError where no setting gave a finite loss.
    """
    settings = {name: values[0] for name, values in space.items()}
    tried: set[tuple] = set()
    best: Found | None = None

    def attempt(candidate: Settings) -> bool:
        nonlocal best
        if tuple(candidate.values()) in tried or len(tried) >= trials:
            return False
        tried.add(tuple(candidate.values()))
        loss, result = evaluate(dict(candidate))
        won = np.isfinite(loss) and (best is None or loss < best.loss)
        if won:
            best = Found(dict(candidate), float(loss), measure, result, len(tried))
        told = ", ".join(f"{name} {_shown(value)}" for name, value in candidate.items())
        progress(f"{model}: trial {len(tried)} of at most {trials}: {told or 'as it is'}: {measure} {abs(loss):.4f}")
        return bool(won)

    attempt(settings)
    improved = True
    while improved and len(tried) < trials:
        improved = False
        for name, values in space.items():
            for value in values:
                improved |= attempt((best.settings if best else settings) | {name: value})
    if best is None:
        raise ValueError(f"{model}: no setting of {', '.join(space)} gave a finite {measure}: training diverged")
    return replace(best, trials=len(tried))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
