"""Puts a report's parts together, and sums them up in Markdown."""

from __future__ import annotations

from typing import Any

from assets.reports import facts, plots
from assets.reports.attention import explained
from assets.reports.calibration import calibration_of
from assets.reports.cards import cards_of, file_of
from assets.reports.cold import cold_start
from assets.reports.comparisons import between, pairs_of, ranked_pairs
from assets.reports.definitions import definitions
from assets.reports.failures import gallery
from assets.reports.headline import headline, poster_sentence, published_sentence, ranking_agreement
from assets.reports.leaderboard import Board, board, shown
from assets.reports.material import Material
from assets.reports.papers import papers_of
from assets.reports.posters import Thumbnails
from assets.reports.provenance import code, efforts
from assets.reports.published import published_for
from assets.reports.quality import MEASURES, quality_of
from assets.reports.red_checks import verdict
from assets.reports.rendering import number
from assets.reports.residuals import folds_of
from assets.reports.sentiment import sentiment_of
from assets.reports.slices import beyond, sliced
from assets.reports.space import space
from assets.reports.studies import studies_of, sweep_of
from assets.reports.subsets import subsets_of
from assets.reports.tastes import tastes_of
from assets.reports.wall import two_models, wall
from assets.reports.worth import worth_of
from assets.steps import Say
from models.splits import ERRORS, Protocol

PARTS = {"rated": "stars", "curved": "curves", "missed": "gallery"} | {n: n for n in ("cold", "sliced", "beyond")}
"""Sections of pages.py that are shown where any protocol has this part."""


def contents(material: Material, say: Say) -> dict[str, Any]:
    """Everything that the page shows, as values at full precision."""
    about = material.about
    published = published_for(about.name)
    boards = [b for name in material.protocols if (b := board(material.boards, name, published)) is not None]
    sections, pictures = [], Thumbnails(material.home, about, material.images)
    for one in boards:
        say(f"{about.name}: report on {one.protocol.name}")
        sections.append(_section(material, one, pictures))
    there = {b.protocol.name for b in boards}
    first = sections[0] if sections else None
    models = two_models(boards[0] if boards else None, material.recommendations)
    say(f"{about.name}: report on studies and papers")
    studies = {"worth": worth_of(material, boards), "studies": studies_of(material), "papers": papers_of(material)}
    studies["sweeps"] = {study.name: sweep_of(study, tables) for study, tables in studies["studies"]}
    studies["subsets"] = subsets_of(material, [b.protocol for b in boards])
    studies |= {"sentiment": sentiment_of(material, pictures), "tastes": tastes_of(material)}
    say(f"{about.name}: report on what people are recommended, and why")
    people = wall(material, pictures, models)
    why = explained(material, [person.user_id for person in people], pictures)
    checked = quality_of(material)
    say(f"{about.name}: report on what the encoders see")
    return {
        "about": about, "verdict": verdict(material.home, about),
        "facts": facts.dataset_facts(material), "sections": sections,
        "headline": headline(boards[0], first["pairs"]) if boards else "No model has been measured yet.",
        "remarks": _remarks(boards, sections),
        **{name: any(section[part] for section in sections) for name, part in PARTS.items()},
        **studies, "elsewhere": [row for row in published if row.protocol not in there],
        "models": models, "people": people, "why": why,
        "encoders": facts.encoders(material.manifests), "space": space(material),
        "audit": material.audit.to_dict("records"),
        "reasons": facts.reasons(material.rejects), "pictures": facts.picture_outcomes(material.images),
        "clips": facts.picture_outcomes(material.media),
        "code": code(), "efforts": efforts(material),
        "raw_files": facts.raw_files(material.manifests), "manifests": list(material.manifests.values()),
        "cells": facts.cells(material.metrics).to_dict("records"),
        "quality": checked, "checked": checked.checks, "measures": list(MEASURES.values()),
        "cards": cards_of(material, sections), "card_of": file_of,
        "definitions": definitions([b.protocol for b in boards]),
    }  # fmt: skip


def _section(material: Material, one: Board, pictures: Thumbnails) -> dict[str, Any]:
    folds = folds_of(material, one.protocol.name, [(row.model, row.variant) for row in one.rows])
    plain = material.slices[material.slices.study == ""]
    rated = bool(folds) and rates(one.protocol)
    pairs = pairs_of(one, folds) if rated else ranked_pairs(one, material)
    return {
        "board": one,
        "intervals": plots.intervals(one),
        "pairs": pairs,
        "against_best": {row.label: between(pairs, one.best.label, row.label) for row in one.rows},
        "curves": plots.learning_curves(one, material.records),
        "stars": plots.by_star(one, folds, material.about.rating_values) if rated else None,
        "popularity": plots.by_popularity(one, folds) if rated else None,
        "calibration": calibration_of(one, folds, material.about.rating_values) if rated else None,
        "sliced": sliced(one, plain, rates(one.protocol)),
        "beyond": beyond(one, plain),
        "cold": cold_start(one, folds) if rated else None,
        "gallery": gallery(material, one, folds, pictures) if rated else None,
    }


def rates(protocol: Protocol) -> bool:
    """Whether the protocol is about the error of predicted ratings."""
    return any(measure.metric in ERRORS for measure in protocol.metrics)


def _remarks(boards: list[Board], sections: list[dict[str, Any]]) -> list[str]:
    """Further sentences below the headline, those that there is something to say for."""
    if not boards:
        return []
    said = [published_sentence(boards[0]), poster_sentence(boards[0], sections[0]["pairs"]), ranking_agreement(boards)]
    return [sentence for sentence in said if sentence]


def summary(page: dict[str, Any]) -> str:
    """The leaderboards and the headline in Markdown, for the Dagster UI."""
    red = [f"**Red: {one.asset}: {one.check}.** {one.summary}.\n" for one in page["verdict"].blocking]
    lines = [*red, f"**{page['headline']}**", ""]
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
    return "\n".join(lines[:-1])
