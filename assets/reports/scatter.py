"""An embedding space in two dimensions: its first principal components, a dot per item in its category's colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from assets.reports.categories import NONE, MainCategories
from assets.reports.charts import COLOURS
from assets.reports.item_space import SEED

SIDE, MARGIN = 420, 14
LABEL_HEIGHT, LETTER = 19, 8.5
"""Of a category's name, in the drawing's units: its line, and about one letter of it."""


@dataclass(frozen=True)
class Scatter:
    """svg: the drawing. variance: the share of the vectors' variance along the two directions, each 0 to 1."""

    svg: Markup
    variance: tuple[float, float]


def scatter(vectors: np.ndarray, rows: np.ndarray, titles: list[str], categories: MainCategories, alt: str) -> Scatter:
    """vectors: float32 [n, d] of the items at `rows`, n and d at least 3; titles: of all items, shown on pointing."""
    places, variance = projected(vectors)
    at = _drawn(places)
    codes = categories.codes[rows]
    # In random order, as a category drawn last would hide the others; grey ones first, they matter least.
    order = np.random.default_rng(SEED).permutation(len(rows))
    order = order[np.argsort(codes[order] != NONE, kind="stable")]
    dots = [_dot(at[i], codes[i], titles[rows[i]]) for i in order]
    names = _names(at, codes, categories.names)
    head = f'<svg class="space" viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{escape(alt)}">'
    return Scatter(Markup(f"{head}{''.join(dots)}{''.join(names)}</svg>"), variance)


def projected(vectors: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """float32 [n, 2], the first two principal components, and the share of the variance that each holds.

    Seeded; scikit-learn fixes each direction's sign by its largest loading.
    """
    from sklearn.decomposition import PCA

    found = PCA(2, random_state=SEED)
    places = found.fit_transform(vectors)
    across, up = found.explained_variance_ratio_
    return places, (float(across), float(up))


def _drawn(places: np.ndarray) -> np.ndarray:
    """Places in the drawing, both directions on one scale, so that distances stay comparable."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    reach = np.ptp(places, axis=0).max() or 1.0
    return SIDE / 2 + (places - middle) / reach * (SIDE - 2 * MARGIN) * np.array([1, -1])


def _dot(at: np.ndarray, code: int, title: str) -> str:
    slot = COLOURS - 1 if code == NONE else code
    return f'<circle class="s{slot}" cx="{at[0]:.0f}" cy="{at[1]:.0f}" r="3"><title>{escape(title)}</title></circle>'


def _names(at: np.ndarray, codes: np.ndarray, names: list[str]) -> list[str]:
    """The categories' names at the mean of their items, or as near above or below as covers no other."""
    placed: dict[int, tuple[float, float, float]] = {}
    for code in np.unique(codes[codes != NONE]):
        half = min((len(names[code]) + 2) * LETTER, SIDE) / 2
        x, y = at[codes == code].mean(axis=0)
        x = np.clip(x, half, SIDE - half)
        free = (place for place in _from(y) if not any(_covers(x, place, half, other) for other in placed.values()))
        placed[code] = x, next(free, y), half
    return [_name(names[code], code, x, y) for code, (x, y, _) in placed.items()]


def _name(name: str, code: int, x: float, y: float) -> str:
    # The name in ink, as some of the colours are too pale to read; a dot before it in its own.
    dot = f'<tspan class="s{code}">●</tspan>'
    return f'<text class="name" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{dot} {escape(name)}</text>'


def _from(y: float) -> list[float]:
    """Heights inside the drawing, nearest to y first."""
    return sorted(range(LABEL_HEIGHT, SIDE - MARGIN // 2), key=lambda place: abs(place - y))


def _covers(x: float, y: float, half: float, other: tuple[float, float, float]) -> bool:
    return abs(x - other[0]) < half + other[2] and abs(y - other[1]) < LABEL_HEIGHT
