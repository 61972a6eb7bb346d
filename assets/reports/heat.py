"""Tables whose cells are shaded by their value: heat maps that a screen reader reads as the numbers they are."""

from __future__ import annotations

from dataclasses import dataclass, field

STRONGEST = 55
"""Per cent of the accent colour behind the largest value: text on it keeps its contrast."""


@dataclass(frozen=True)
class HeatMap:
    """rows: (label, a value for each head, None where there is none). counts: what each column is over, if known."""

    corner: str
    heads: list[str]
    rows: list[tuple[str, list[float | None]]]
    counts: list[int] = field(default_factory=list)

    def shade(self, value: float | None) -> int:
        """Per cent of colour: 0 for the lowest value of the whole map, STRONGEST for the highest."""
        known = [one for _, values in self.rows for one in values if one is not None]
        low, high = min(known), max(known)
        return 0 if value is None or high == low else round(STRONGEST * (value - low) / (high - low))
