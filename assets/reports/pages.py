"""Which pages a report has, and which sections stand on each: a section is a template of its name in `sections/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """A part of a page. needs: the key of the contents without which it is left out, '' where it is always there."""

    name: str
    title: str
    needs: str = ""


@dataclass(frozen=True)
class Page:
    """One file of the report. about: what a reader finds there, in a sentence."""

    file: str
    title: str
    about: str
    sections: tuple[Section, ...]


PAGES = (
    Page(
        "index.html", "Results", "Which model is best, and whether its lead matters.",
        (Section("data", "The data"), Section("boards", "Leaderboards"),
         Section("differences", "Do the differences matter?"), Section("beyond", "Beyond accuracy", "beyond"),
         Section("definitions", "Definitions")),
    ),
    Page("models.html", "Models", "A card for each model.", (Section("cards", "Model cards", "cards"),)),
    Page(
        "studies.html", "Papers and studies", "The papers' tables beside ours, and what one change at a time does.",
        (Section("papers", "The papers' tables, line by line", "papers"),
         Section("worth", "What content is worth", "worth"), Section("studies", "Studies", "studies"),
         Section("subsets", "When modalities are missing", "subsets")),
    ),
    Page(
        "errors.html", "Where models err", "Errors by slice, calibration, the largest errors, and learning curves.",
        (Section("slices", "Known and unknown users and items", "sliced"),
         Section("errors", "Errors by rating and popularity", "rated"), Section("cold", "Cold start", "cold"),
         Section("calibration", "Calibration", "rated"), Section("failures", "The largest errors", "missed"),
         Section("curves", "Learning curves", "curved")),
    ),
    Page(
        "content.html", "Texts and pictures", "Which encoders read the content, and what they see in it.",
        (Section("content", "What read the texts and pictures"), Section("space", "What the encoders see"),
         Section("sentiment", "What the reviews say", "sentiment")),
    ),
    Page(
        "people.html", "Recommendations", "What a few users liked, what two models recommend them, and why.",
        (Section("wall", "What people are recommended"), Section("tastes", "How tastes move", "tastes")),
    ),
    Page(
        "quality.html", "Data quality", "What became of every record and picture, what the checks found, what drifted.",
        (Section("checks", "Checks", "checked"), Section("drift", "Drift since the version before", "checked"),
         Section("quality", "Records"), Section("pictures", "Pictures, sounds and films")),
    ),
    Page(
        "provenance.html", "Provenance", "The files, versions and runs that every number comes from.",
        (Section("provenance", "Where the numbers come from"),),
    ),
)  # fmt: skip


def shown(page: Page, contents: dict[str, Any]) -> tuple[Section, ...]:
    """The sections of a page that there is something to show in."""
    return tuple(one for one in page.sections if not one.needs or contents[one.needs])
