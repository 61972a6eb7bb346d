"""The page on what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import jinja2

from assets.reports.page import TEMPLATES, number, signed
from assets.runs.comparing import Comparison


def rendered(comparison: Comparison) -> str:
    """One HTML page that needs nothing beside it; everything from data is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters |= {"number": number, "signed": signed}
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return environment.get_template("changes.html.j2").render(c=comparison, style=style)
