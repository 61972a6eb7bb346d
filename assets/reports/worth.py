"""What content is worth: posters against none, another film's and noise; on cold items, content against none at all;
and the sentiment of reviews against doing without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assets.reports.comparisons import Errors, Pair, compared
from assets.reports.leaderboard import Board
from assets.reports.material import Material
from assets.reports.residuals import Name, folds_of
from assets.studies.declared import OF_REVIEWS, STUDIES, reference
from models.registry import recommender
from models.splits import Protocol

POSTER = "poster-transformer"
WITHOUT = ("sin", "shuffled-image", "gaussian-image")
"""What the poster transformer with posters, `cro`, is held against."""
FLOOR = ("bias", "")
"""What content models must beat where they alone know something of the item."""
LEVEL = 0.01


@dataclass(frozen=True)
class Worth:
    """Comparisons under one protocol that answer one question, and the answer in a sentence. error: what differs."""

    protocol: str
    question: str
    pairs: list[Pair]
    answer: str
    error: str = "RMSE"


def worth_of(material: Material, boards: list[Board]) -> list[Worth]:
    """The questions that can be answered from what was trained, protocol by protocol."""
    found = []
    for board in boards:
        if any(measure.metric in ("rmse", "mse") for measure in board.protocol.metrics):
            found.append(_posters(material, board.protocol.name))
            if board.protocol.kind == "cold-item":
                found.append(_content(material, board))
        found += _sentiment(material, board.protocol)
    return [worth for worth in found if worth is not None]


def _posters(material: Material, protocol: str) -> Worth | None:
    pairs = _compared(material, protocol, [((POSTER, "cro"), (POSTER, variant)) for variant in WITHOUT])
    if not pairs:
        return None
    better = [pair for pair in pairs if pair.result.difference < 0 and pair.significant]
    verdict = (
        "Real posters are better than all of these"
        if len(better) == len(pairs)
        else "Real posters are better than none of these"
        if not better
        else f"Real posters are better than {' and '.join(pair.second for pair in better)} only"
    )
    return Worth(protocol, "What are posters worth?", pairs, f"{verdict} (p below .05).")


def _content(material: Material, board: Board) -> Worth | None:
    reading = [(row.model, row.variant) for row in board.rows if recommender(row.model).uses_content]
    pairs = _compared(material, board.protocol.name, [(name, FLOOR) for name in reading])
    if not pairs:
        return None
    better = [pair for pair in pairs if pair.result.difference < 0 and pair.p < LEVEL]
    answer = f"{len(better)} of {len(pairs)} models that read content beat bias with p below .01."
    return Worth(board.protocol.name, "Does content help where no one has rated?", pairs, answer)


def with_and_without() -> list[tuple[Name, Name]]:
    """Models with the sentiment of reviews, each against itself without, whichever of the two it is of itself."""
    found = []
    for one in STUDIES[OF_REVIEWS].variations:
        varied, as_it_is = (one.model, one.variant), (one.model, reference(one.model))
        found.append((varied, as_it_is) if one.change.sentiment else (as_it_is, varied))
    return found


def _sentiment(material: Material, protocol: Protocol) -> Iterator[Worth]:
    """By the errors of ratings, which every protocol has; by likes told wrong where the protocol is about likes."""
    kinds: dict[str, Errors] = {"RMSE": "squared"}
    if any(measure.metric == "accuracy" for measure in protocol.metrics):
        kinds["the share of likes told wrong"] = "wrong"
    for error, errors in kinds.items():
        pairs = _compared(material, protocol.name, with_and_without(), errors)
        if not pairs:
            continue
        better, worse = (
            [pair for pair in pairs if pair.significant and sign * pair.result.difference < 0] for sign in (1, -1)
        )
        answer = f"{len(better)} of {len(pairs)} are better with it, {len(worse)} worse (p below .05)."
        yield Worth(protocol.name, "Does the sentiment of reviews help?", pairs, answer, error)


def _compared(
    material: Material, protocol: str, wanted: list[tuple[Name, Name]], errors: Errors = "squared"
) -> list[Pair]:
    return compared(folds_of(material, protocol, {name for pair in wanted for name in pair}), wanted, errors)
