"""What differs between two states of a dataset, and which of the numbers that changed rest on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assets.manifests import RAW
from assets.runs.states import State
from models.splits import LOWER_IS_BETTER

LOWER = re.compile(rf"({'|'.join(LOWER_IS_BETTER)}|calibration_error)$")
KEY = ["kind", "protocol", "model", "variant", "study", "metric", "k"]
"""What a number is; over its seeds the mean is taken."""
DATA, CODE, PARAMETERS, LIBRARY = "data", "code", "parameters", "library"


@dataclass(frozen=True)
class Difference:
    """Something that a person or a source changed. what: where. before, after: '' where it was not there."""

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Effect:
    """A number that changed, over the seeds that both states have. because: places in the list of differences."""

    number: dict[str, Any]
    before: float | None
    after: float | None
    seeds: int
    because: tuple[int, ...]

    @property
    def change(self) -> float:
        """After minus before; not a number where one of them is not there."""
        return float("nan") if self.before is None or self.after is None else self.after - self.before

    @property
    def verdict(self) -> str:
        """better, worse, or '' for what is neither."""
        if self.number["kind"] == "rows" or self.change != self.change:
            return ""
        lower = bool(LOWER.search(self.number["metric"]))
        return "better" if (self.change < 0) == lower else "worse"

    @property
    def label(self) -> str:
        """The number's name: model, variant and protocol, or the table whose rows it counts."""
        words = (self.number[name] for name in ("model", "variant", "protocol"))
        return " ".join(word for word in words if word) or "rows"

    @property
    def metric(self) -> str:
        """The metric with its cutoff."""
        return self.number["metric"] + (f"@{self.number['k']}" if self.number["k"] is not None else "")


@dataclass
class Comparison:
    """Two states: what differs, which numbers changed, came or went, and how many are as they were."""

    before: State
    after: State
    differences: list[Difference] = field(default_factory=list)
    changed: list[Effect] = field(default_factory=list)
    came: list[Effect] = field(default_factory=list)
    went: list[Effect] = field(default_factory=list)
    same: int = 0


def compare(before: State, after: State) -> Comparison:
    """Compare two states of one dataset. Raises ValueError where they are of two."""
    if before.about.dataset != after.about.dataset:
        raise ValueError(f"one run is of {before.about.dataset}, the other of {after.about.dataset}")
    found = Comparison(before, after)
    at: dict[str, set[int]] = {}
    for step, difference in _differences(before, after):
        if difference not in found.differences:
            found.differences.append(difference)
        at.setdefault(step, set()).add(found.differences.index(difference))
    reach = _Reach(before, after, at)
    of_libraries = {i for i, one in enumerate(found.differences) if one.kind == LIBRARY}
    for effect, steps in _numbers(before, after):
        because = {i for step in steps for i in reach.of(step)}
        effect = Effect(effect.number, effect.before, effect.after, effect.seeds, tuple(sorted(because | of_libraries)))
        if effect.before is None:
            found.came.append(effect)
        elif effect.after is None:
            found.went.append(effect)
        elif effect.before != effect.after:
            found.changed.append(effect)
        else:
            found.same += 1
    found.changed.sort(key=lambda e: (e.number["kind"] != "rows", -abs(e.change) / max(abs(e.before or 0), 1e-12)))
    return found


class _Reach:
    """Which differences a step rests on: its own, and those of all that it was made from, in either state."""

    def __init__(self, before: State, after: State, at: dict[str, set[int]]) -> None:
        self.at, self.above, self.known = at, {}, {}
        for row in [*before.steps.itertuples(), *after.steps.itertuples()]:
            self.above.setdefault(f"{row.asset}@{row.partition}", set()).update(row.upstream)

    def of(self, step: str) -> set[int]:
        if step not in self.known:
            above = (self.of(one) for one in self.above.get(step, ()))
            self.known[step] = set(self.at.get(step, ())).union(*above)
        return self.known[step]


def _differences(before: State, after: State) -> Iterator[tuple[str, Difference]]:
    old, new = ({(r.asset, r.partition): r for r in state.steps.itertuples()} for state in (before, after))
    for step in sorted(old.keys() | new.keys()):
        key = f"{step[0]}@{step[1]}"
        for difference in _of_step(step, old.get(step), new.get(step)):
            yield key, difference
    for name in sorted(before.about.libraries.keys() | after.about.libraries.keys()):
        was, now = (about.libraries.get(name, "") for about in (before.about, after.about))
        if was != now:
            yield "", Difference(LIBRARY, name, was, now)


def _of_step(step: tuple[str, str], old: Any, new: Any) -> Iterator[Difference]:
    if step[0] == RAW:
        was, now = (row.data_version if row is not None else "" for row in (old, new))
        if was != now:
            yield Difference(DATA, f"file {step[1]}", was, now)
    elif old is not None and new is not None:
        if old.code_version != new.code_version:
            yield Difference(CODE, _label(step), old.code_version, new.code_version)
        was, now = (_flat(json.loads(row.parameters)) for row in (old, new))
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                yield Difference(PARAMETERS, f"{_label(step)}: {name}", _said(was, name), _said(now, name))


def _label(step: tuple[str, str]) -> str:
    """The step without its protocol, seed and variant, so that one change of a model, or of measuring, is said once."""
    model = step[1].split("|")[1:2] if step[0] != "judgement" else []
    return " ".join([step[0], *model])


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    return {k: v for key, part in value.items() for k, v in _flat(part, f"{name}.{key}" if name else key).items()}


def _said(parameters: dict[str, Any], name: str) -> str:
    return json.dumps(parameters[name]) if name in parameters else ""


def _numbers(before: State, after: State) -> Iterator[tuple[Effect, set[str]]]:
    old, new = (
        {key: part for key, part in state.numbers.groupby(KEY, dropna=False, sort=False)} for state in (before, after)
    )
    for key in [*new, *(key for key in old if key not in new)]:
        number = {name: None if pd.isna(value) else value for name, value in zip(KEY, key, strict=True)}
        sides = [part.set_index(part.seed.fillna(0)) for part in (old.get(key), new.get(key)) if part is not None]
        shared = sides[0].index.intersection(sides[-1].index)
        if len(shared) == 0:
            continue  # other seeds altogether: nothing that can be compared
        was, now = (
            float(part[part.seed.fillna(0).isin(shared)].value.mean()) if part is not None else None
            for part in (old.get(key), new.get(key))
        )
        steps = {step for side in sides for step in side.step}
        yield Effect(number, was, now, len(shared), ()), steps
