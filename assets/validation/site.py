"""The Data Docs of a dataset: a first page with every check, and Great Expectations' own pages behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.datasets import Dataset
from assets.validation import gx_pages
from assets.validation.facts import Fact
from assets.validation.outcomes import Outcome
from assets.validation.running import checks_of, suite_of
from assets.validation.suites import Expectation

FOLDER = Path(__file__).parent / "pages"
STATES = ("failed", "warning", "passed")
"""In the order in which they are shown."""


def build(folder: Path, about: Dataset, found: dict[str, list[Outcome]]) -> None:
    """Write the site into the folder. found: asset -> its outcomes, as `running.outcomes` gives them."""
    suites = {asset: (suite, known) for asset, known in found.items() if (suite := suite_of(asset, about))}
    pages = gx_pages.write(folder, about.name, suites)
    sections = [_section(asset, about, known) for asset, known in found.items()]
    (folder / "index.html").write_text(_first_page(about, sections, pages), encoding="utf-8")


def _first_page(about: Dataset, sections: list[dict[str, Any]], pages: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["json"] = lambda value, indent=None: json.dumps(value, indent=indent, ensure_ascii=False)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    return environment.get_template("index.html.j2").render(
        about=about, sections=sections, pages=pages, states=STATES, policy=gx_pages.POLICY, made=made
    )


def _section(asset: str, about: Dataset, found: list[Outcome]) -> dict[str, Any]:
    rows = [_row(check, outcome) for check, outcome in zip(checks_of(asset, about), found, strict=True)]
    rows.sort(key=lambda row: STATES.index(row["state"]))
    counts = {state: sum(row["state"] == state for row in rows) for state in STATES}
    return {"asset": asset, "rows": rows, "counts": counts}


def _row(check: Any, outcome: Outcome) -> dict[str, Any]:
    severe = check.blocking and outcome.checked
    return {
        "check": check,
        "outcome": outcome,
        "state": "passed" if outcome.passed else "failed" if severe else "warning",
        "by": "Great Expectations" if isinstance(check, Expectation) else "comparison",
        "query": check.query if isinstance(check, Fact) else "",
    }
