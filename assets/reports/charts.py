"""Inline SVG plots in the page's own colours, so that they read in light and dark and can be searched and copied."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 68, 12, 12, 44
COLOURS = 8
"""How many series the style sheet has colours for (classes s0 .. s7)."""


@dataclass(frozen=True)
class Series:
    """A line: (x, y) points, y None where there is nothing. slot: its colour."""

    name: str
    points: list[tuple[float, float | None]]
    slot: int
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing and its legend: (name, slot, dashed). marked: whether it shows published values."""

    svg: Markup
    legend: list[tuple[str, int, bool]] = field(default_factory=list)
    marked: bool = False


@dataclass(frozen=True)
class Axis:
    """Maps values between low and high to pixels between start and stop."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return round(self.start + (value - self.low) / span * (self.stop - self.start), 1)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers that cover low to high, about `wanted` of them."""
    raw = (high - low) / max(wanted - 1, 1) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def line_chart(series: list[Series], x_ticks: list[tuple[float, str]], x_name: str, y_name: str, alt: str) -> Chart:
    """Lines over a common x axis; x_ticks are (place, label)."""
    values = [y for one in series for _, y in one.points if y is not None]
    places = [x for x, _ in x_ticks] + [x for one in series for x, _ in one.points]
    marks = ticks(min(values), max(values))
    x = Axis(min(places), max(places), LEFT, WIDTH - RIGHT - 8)
    y = Axis(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    parts = [_grid_line(LEFT, WIDTH - RIGHT, y(mark), f"{mark:g}") for mark in marks]
    parts += [_text(x(place), HEIGHT - BOTTOM + 18, label, "middle") for place, label in x_ticks]
    parts += [_text((LEFT + WIDTH) / 2, HEIGHT - 6, x_name, "middle"), _turned(y_name)]
    parts += [_line(one, x, y) for one in series]
    return Chart(_svg(parts, HEIGHT, alt), [(one.name, one.slot, one.dashed) for one in series])


Estimate = tuple[str, float, float | None, float | None, float | None]
"""(label, value, low, high, published value)."""


def interval_chart(rows: list[Estimate], name: str, alt: str) -> Chart:
    """A dot with its interval per row."""
    values = [v for _, *numbers in rows for v in numbers if v is not None]
    marks = ticks(min(values), max(values))
    left, step = 214, 26
    height = TOP + step * len(rows) + BOTTOM
    x = Axis(marks[0], marks[-1], left, WIDTH - RIGHT - 16)
    parts = [_upright(x(mark), height, f"{mark:g}") for mark in marks]
    for i, (label, value, low, high, published) in enumerate(rows):
        y = TOP + step * i + step / 2
        parts.append(_text(left - 12, y + 4, label, "end"))
        if low is not None and high is not None:
            parts.append(f'<line class="interval" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x(value)}" cy="{y}" r="4.5"><title>{value:.4f}</title></circle>')
        if published is not None:
            at = x(published)
            points = f"{at},{y - 6} {at + 6},{y} {at},{y + 6} {at - 6},{y}"
            parts.append(f'<polygon class="published" points="{points}"><title>{published:g}</title></polygon>')
    parts.append(_text((left + WIDTH) / 2, height - 6, name, "middle"))
    return Chart(_svg(parts, height, alt), marked=any(published is not None for *_, published in rows))


def _svg(parts: list[str], height: float, alt: str) -> Markup:
    body = "".join(parts)
    return Markup(f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(alt)}">{body}</svg>')


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _turned(text: str) -> str:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{escape(text)}</text>'


def _grid_line(left: float, right: float, y: float, label: str) -> str:
    return f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>' + _text(left - 6, y + 4, label, "end")


def _upright(x: float, height: float, label: str) -> str:
    line = f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - BOTTOM}"/>'
    return line + _text(x, height - BOTTOM + 18, label, "middle")


def _line(one: Series, x: Axis, y: Axis) -> str:
    there = [(x(place), y(value)) for place, value in one.points if value is not None]
    points = " ".join(f"{px},{py}" for px, py in there)
    style = f"s{one.slot % COLOURS}{' dashed' if one.dashed else ''}"
    dotted = there if len(there) <= 12 else []
    dots = "".join(f'<circle class="{style}" cx="{px}" cy="{py}" r="2.5"/>' for px, py in dotted)
    return f'<polyline class="{style}" points="{points}"/>{dots}'
