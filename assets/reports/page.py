"""Puts a report's parts together and writes them as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.reports import facts, plots
from assets.reports.comparisons import pairs_of, ranked_pairs
from assets.reports.definitions import definitions
from assets.reports.headline import headline, poster_sentence, published_sentence, ranking_agreement
from assets.reports.leaderboard import Board, board, shown
from assets.reports.material import Material
from assets.reports.papers import papers_of
from assets.reports.posters import Thumbnails
from assets.reports.published import published_for
from assets.reports.red_checks import verdict
from assets.reports.residuals import folds_of
from assets.reports.sentiment import sentiment_of
from assets.reports.space import space
from assets.reports.studies import studies_of
from assets.reports.subsets import subsets_of
from assets.reports.wall import two_models, wall
from assets.reports.worth import worth_of
from assets.steps import Say
from models.splits import Protocol

TEMPLATES = Path(__file__).parent / "templates"


def contents(material: Material, say: Say) -> dict[str, Any]:
    """Everything that the page shows, as values at full precision."""
    about = material.about
    published = published_for(about.name)
    boards = [b for name in material.protocols if (b := board(material.boards, name, published)) is not None]
    sections = []
    for one in boards:
        say(f"{about.name}: report on {one.protocol.name}")
        sections.append(_section(material, one))
    there = {b.protocol.name for b in boards}
    first = sections[0] if sections else None
    models = two_models(boards[0] if boards else None, material.recommendations)
    pictures = Thumbnails(material.home, about, material.images)
    say(f"{about.name}: report on studies and papers")
    studies = {"worth": worth_of(material, boards), "studies": studies_of(material), "papers": papers_of(material)}
    studies["subsets"] = subsets_of(material, [b.protocol for b in boards])
    studies["sentiment"] = sentiment_of(material)
    say(f"{about.name}: report on what the encoders see")
    return {
        "about": about, "verdict": verdict(material.home, about),
        "facts": facts.dataset_facts(material), "sections": sections,
        "headline": headline(boards[0], first["pairs"]) if boards else "No model has been measured yet.",
        "remarks": _remarks(boards, sections),
        **studies, "elsewhere": [row for row in published if row.protocol not in there],
        "models": models, "people": wall(material.catalog, material.recommendations, pictures, models),
        "encoders": facts.encoders(material.manifests), "space": space(material),
        "audit": material.audit.to_dict("records"),
        "reasons": facts.reasons(material.rejects), "pictures": facts.picture_outcomes(material.images),
        "clips": facts.picture_outcomes(material.media),
        "raw_files": facts.raw_files(material.manifests), "manifests": list(material.manifests.values()),
        "cells": facts.cells(material.metrics).to_dict("records"),
        "definitions": definitions([b.protocol for b in boards]),
    }  # fmt: skip


def _section(material: Material, one: Board) -> dict[str, Any]:
    folds = folds_of(material, one.protocol.name, [(row.model, row.variant) for row in one.rows])
    rated = bool(folds) and rates(one.protocol)
    return {
        "board": one,
        "intervals": plots.intervals(one),
        "pairs": pairs_of(one, folds) if rated else ranked_pairs(one, material),
        "curves": plots.learning_curves(one, material.records),
        "stars": plots.by_star(one, folds, material.about.rating_values) if rated else None,
        "popularity": plots.by_popularity(one, folds) if rated else None,
    }


def rates(protocol: Protocol) -> bool:
    """Whether the protocol is about the error of predicted ratings."""
    return any(measure.metric in ("rmse", "mae", "mse") for measure in protocol.metrics)


def _remarks(boards: list[Board], sections: list[dict[str, Any]]) -> list[str]:
    """Further sentences below the headline, those that there is something to say for."""
    if not boards:
        return []
    said = [published_sentence(boards[0]), poster_sentence(boards[0], sections[0]["pairs"]), ranking_agreement(boards)]
    return [sentence for sentence in said if sentence]


def render(page: dict[str, Any]) -> str:
    """The page as HTML. All text from data is escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters |= {"number": number, "printed": printed, "signed": signed, "percent": percent, "p": p_value}
    environment.filters |= {"size": size, "metric": shown}
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "sort.js"))
    return environment.get_template("page.html.j2").render(page, style=style, script=script)


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


def summary(page: dict[str, Any], target: Path) -> str:
    """The leaderboards and the headline in Markdown, for the Dagster UI."""
    red = [f"**Red: {one.asset}: {one.check}.** {one.summary}." for one in page["verdict"].blocking]
    lines = [*red, *([""] if red else []), f"**{page['headline']}**", ""]
    for section in page["sections"]:
        one = section["board"]
        leaky = " (random split: leaky by design)" if one.protocol.leaky_by_design else ""
        name = shown(one.primary)
        lines += [f"{one.protocol.name}{leaky}", "", f"| model | {name} | 95% | seeds | published |"]
        lines.append("|---|---|---|---|---|")
        for row in one.rows:
            papers = ", ".join(f"{p.value:g}" for p in row.published)
            interval = f"{number(row.low)} – {number(row.high)}"
            lines.append(f"| {row.label} | {number(row.value)} | {interval} | {len(row.seeds)} | {papers} |")
        lines.append("")
    return "\n".join([*lines, f"[Open the report]({target.as_uri()})"])
