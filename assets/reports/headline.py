"""What the numbers say, in sentences."""

from __future__ import annotations

from assets.reports.comparisons import Pair, between
from assets.reports.leaderboard import Board, Row, shown
from models.splits import Measure

NAMED = 4
"""Models that a sentence names; it counts the others."""


def headline(board: Board, pairs: list[Pair]) -> str:
    """Which model is best under the first protocol, and whether its lead matters."""
    best, name = board.best, shown(board.primary)
    seeds = f", mean of {len(best.seeds)} seeds" if len(best.seeds) > 1 else ", one seed"
    interval = "" if best.low is None or best.high is None else f"; 95% interval {best.low:.4f} to {best.high:.4f}"
    said = (
        f"{best.label} has the {'lowest' if board.lower_is_better else 'highest'} test {name} under "
        f"{board.protocol.name}: {best.value:.4f} ({_over(best, board)}{seeds}{interval})."
    )
    if len(board.rows) == 1:
        return f"{said} No other model has been trained, so there is nothing to compare it with."
    return f"{said} {_lead(board, pairs)}"


def _over(row: Row, board: Board) -> str:
    unit = "users" if board.protocol.ranks and board.primary.metric != "rmse" else "ratings"
    return f"{row.n:,} {unit}" if row.n else "test fold"


def _lead(board: Board, pairs: list[Pair]) -> str:
    best, second = board.rows[:2]
    gap = abs(second.value - best.value)
    pair = between(pairs, best.label, second.label)
    if pair is None:
        return f"{second.label} follows {gap:.4f} behind; their predictions could not be compared row by row."
    beaten = [p for p in pairs if best.label in (p.first, p.second) and p.better == best.label and p.significant]
    if not pair.significant:
        tail = f" Its lead over {_listed([_other(p, best.label) for p in beaten])} is significant." if beaten else ""
        return (
            f"Its lead of {gap:.4f} over {second.label} is within chance ({_p(pair.p)}, paired bootstrap over "
            f"users, Holm-corrected): call it a tie.{tail}"
        )
    everyone = "" if len(beaten) < len(board.rows) - 1 or len(beaten) < 2 else ", as is its lead over every other model"
    return (
        f"It is {gap:.4f} ahead of the next, {second.label}; the difference is significant "
        f"({_p(pair.p)}, paired bootstrap over users, Holm-corrected){everyone}."
    )


def _other(pair: Pair, name: str) -> str:
    return pair.second if pair.first == name else pair.first


def _listed(names: list[str]) -> str:
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p below 0.001"


def published_sentence(board: Board) -> str | None:
    """The best row against the best number published under the same protocol; None where none was."""
    papers = board.papers
    if not papers:
        return None
    pick = min if board.lower_is_better else max
    best = pick(papers, key=lambda p: p.value)
    gap = board.best.value - best.value
    place = "level with" if abs(gap) < 0.0005 else f"{abs(gap):.4f} {'above' if gap > 0 else 'below'}"
    return (
        f"The best number published under this protocol is {best.value:g} ({best.label}; {best.source}, {best.place}); "
        f"the best model here is {place} it. The paper's folds are not public: the test ratings differ."
    )


def poster_sentence(board: Board, pairs: list[Pair]) -> str | None:
    """What the picture brings to the poster transformer; None where it was not measured both ways."""
    pair = between(pairs, "poster-transformer cro", "poster-transformer sin")
    if pair is None:
        return None
    with_it = pair.result.difference if pair.first.endswith("cro") else -pair.result.difference
    direction = "lowers" if with_it < 0 else "raises"
    verdict = "significant" if pair.significant else "within chance"
    return (
        f"Adding the picture (cro against sin) {direction} the RMSE of poster-transformer by {abs(with_it):.4f}, "
        f"which is {verdict} ({_p(pair.p)})."
    )


ERROR, RANKING = Measure("rmse"), Measure("ndcg", 20)


def ranking_agreement(boards: list[Board]) -> str | None:
    """Kendall's tau between the models' orders by RMSE under the first random split and by NDCG@20 under global-time.

    None where either was not run, and below 3 models.
    """
    random = next((b for b in boards if b.protocol.kind == "random" and ERROR in b.protocol.metrics), None)
    honest = next((b for b in boards if b.protocol.kind == "time"), None)
    if random is None or honest is None:
        return None
    errors, ranked = _values(random, ERROR), _values(honest, RANKING)
    shared = [name for name in errors if name in ranked]
    if len(shared) < 3:
        return None
    from scipy.stats import kendalltau

    tau = kendalltau([-errors[name] for name in shared], [ranked[name] for name in shared]).statistic
    return (
        f"Ordering {len(shared)} models by RMSE under {random.protocol.name}, a random split, and by NDCG@20 under "
        f"{honest.protocol.name} agrees with Kendall's tau {tau:.2f} (1: the same order, -1: reversed)."
    )


def _values(board: Board, measure: Measure) -> dict[str, float]:
    at = board.protocol.metrics.index(measure)
    return {row.label: value for row in board.rows if (value := row.values[at]) is not None}
