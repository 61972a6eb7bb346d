"""Writes a report's contents as HTML. All text from data is escaped."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from assets.reports.leaderboard import shown as metric_name
from assets.reports.pages import PAGES, shown

TEMPLATES = Path(__file__).parent / "templates"


def render(contents: dict[str, Any]) -> dict[str, str]:
    """File name -> HTML, the first page first, the model cards last; a page without any section is left out."""
    there = [(page, sections) for page in PAGES if (sections := shown(page, contents))]
    site = [page for page, _ in there]
    pages = {page.file: written("page.html.j2", contents, page=page, parts=kept, site=site) for page, kept in there}
    return pages | {card.file: written("card.html.j2", contents, card=card) for card in contents["cards"]}


def written(template: str, contents: dict[str, Any], **more: Any) -> str:
    """One template filled in, with the style and the script that every page carries."""
    return (
        _environment()
        .get_template(template)
        .render(contents, style=_text("style.css"), script=_text("sort.js"), **more)
    )


@cache
def _environment():
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters |= {"number": number, "printed": printed, "signed": signed, "percent": percent, "p": p_value}
    environment.filters |= {"size": size, "metric": metric_name, "ticked": ticked}
    return environment


def _text(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # ours, not from data


def ticked(text: str) -> Markup:
    """A docstring's text, with what stands in backticks as code."""
    return Markup(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))


def number(value: Any, digits: int = 4) -> str:
    """A number with so many decimals; a dash where there is none."""
    return "–" if value is None or value != value else f"{value:,.{digits}f}"


def printed(value: float) -> str:
    """A published number as it was printed: three decimals, four where there are four."""
    return f"{value:.3f}" if round(value, 3) == value else f"{value:.4f}"


def signed(value: float, digits: int = 4) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "−")


def p_value(p: float) -> str:
    """A p-value with three decimals."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def percent(share: float) -> str:
    """A share of one in percent."""
    return f"{share:.1%}"


def size(value: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"
