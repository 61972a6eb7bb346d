"""The winner on validation of every dataset and protocol, the check that it is sound, and the champion."""

import warnings
from typing import TYPE_CHECKING

import dagster as dg

from assets.cells import Cell
from assets.champions.history import History, promote
from assets.champions.limits import limits
from assets.champions.versions import collect, keep
from assets.evaluation import metrics, require_cells
from assets.files import digest
from assets.home import Home
from assets.limits import GPU
from assets.manifests import Manifest, Manifests
from assets.partitions import BY_DATASET_AND_PROTOCOL, DATASET_OF_CELL
from assets.recommendations import recommendations
from assets.splits import folds
from assets.steps import Output, Say, materialize, partition_of

if TYPE_CHECKING:
    from assets.champions.candidates import Gate

CODE_VERSION = "2"


def _keys(context: dg.AssetExecutionContext) -> tuple[str, str, str]:
    """Dataset, protocol, and the partition's name in manifests."""
    keys = context.partition_key.keys_by_dimension
    return keys["dataset"], keys["protocol"], f"{keys['dataset']}|{keys['protocol']}"


@dg.asset(
    deps=[dg.AssetDep(asset, partition_mapping=DATASET_OF_CELL) for asset in (recommendations, folds, "interactions")],
    group_name="champions",
    partitions_def=BY_DATASET_AND_PROTOCOL,
    kinds={"numpy"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def challenger(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The model with the best validation result under a protocol, and what was found when it was examined."""
    from assets.champions.candidates import Contest, told

    name, protocol, partition = _keys(context)
    contest = Contest(home, name, protocol)
    require_cells(home, name)
    cells = [manifest for trained in contest.cells.values() for manifest in trained]

    def compute(say: Say) -> Output:
        board = contest.board()
        winner = contest.winner(board)
        gates = contest.gates(winner, board) if winner else []
        made = {f"recommender@{m.partition}": m.data_version for m in cells}
        facts = {
            "winner": winner and winner.partition, "version": winner and winner.data_version,
            "measure": contest.measure, "value": winner and board[Cell.parse(winner.partition).model],
            "gates": told(gates), "board": _board(contest.measure, board),
        }  # fmt: skip
        say(f"{name} {protocol}: {_said(gates, winner)}")
        chosen = [facts["winner"], facts["version"], [gate.passed for gate in gates]]
        return Output(digest(chosen), len(board), [], facts, upstream=made)

    options = [[(m.partition, m.data_version) for m in cells], limits().model_dump()]
    return materialize(
        context, home, upstream={"interactions": name, "folds": name}, config=options, compute=compute,
        partition=partition,
    )  # fmt: skip


def _board(measure: str, board: dict[str, float]) -> str:
    return "\n".join([f"| model | {measure} |", "|---|---|", *(f"| {m} | {v:.4f} |" for m, v in board.items())])


def _said(gates: "list[Gate]", winner: Manifest | None) -> str:
    if winner is None:
        return "nothing but baselines is trained, so that there is nothing to choose"
    failed = [f"{gate.name} ({gate.found}; {gate.limit})" for gate in gates if not gate.passed]
    model = Cell.parse(winner.partition).model
    return f"{model} wins on validation" + (f", but is not sound: {'; '.join(failed)}" if failed else " and is sound")


def sound(examined: Manifest) -> bool:
    """Whether there is a winner that keeps to everything."""
    return bool(examined.metadata["gates"]) and all(gate["passed"] for gate in examined.metadata["gates"])


with warnings.catch_warnings():
    # A red check of one dataset is not to hold back the others; see assets/validation/checks.py.
    warnings.simplefilter("ignore", dg.PreviewWarning)
    SOUND = dg.AssetCheckSpec(
        "sound",
        asset=challenger,
        description="The winner beats the baselines on validation, predicts finite and calibrated ratings, and is "
        "quick; otherwise the champion stays who it is.",
        blocking=True,
        partitions_def=BY_DATASET_AND_PROTOCOL,
    )


@dg.multi_asset_check(name="challenger_checks", specs=[SOUND])
def challenger_is_sound(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """Green where only baselines were trained: then nothing is promoted, and there is nothing to object to."""
    partition = partition_of(context)
    examined = [Manifests(home.path).require("challenger", partition)] if partition else (
        Manifests(home.path).partitions("challenger", "")
    )  # fmt: skip
    gates = [(m.partition, gate) for m in examined for gate in m.metadata["gates"]]
    lines = ["| | | found | limit | why |", "|---|---|---|---|---|"]
    for where, gate in gates:
        cells = ("✓" if gate["passed"] else "✗", f"{where}: {gate['name']}", gate["found"], gate["limit"], gate["why"])
        lines.append(f"| {' | '.join(cells)} |")
    winners = ", ".join(f"{m.partition}: {m.metadata['winner']}" for m in examined)
    return dg.AssetCheckResult(
        passed=all(gate["passed"] for _, gate in gates), check_name="sound", asset_key=challenger.key,
        metadata={"gates": dg.MetadataValue.md("\n".join(lines)), "winners": winners},
    )  # fmt: skip


@dg.asset(
    # Nobody is promoted while a check calls the dataset's numbers wrong.
    deps=[challenger, dg.AssetDep(metrics, partition_mapping=DATASET_OF_CELL)],
    group_name="champions",
    partitions_def=BY_DATASET_AND_PROTOCOL,
    kinds={"json"},
    code_version=CODE_VERSION,
)
def champion(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The model that recommends: the challenger if it is sound, unless a person has pinned another. Keeps the files of
    the latest versions of all candidates, so that one can go back to them."""
    from assets.champions.candidates import Contest

    name, protocol, partition = _keys(context)
    examined, history = Manifests(home.path).require("challenger", partition), History(home, name, protocol)
    current = [manifest for trained in Contest(home, name, protocol).cells.values() for manifest in trained]

    def compute(say: Say) -> Output:
        for manifest in current:
            keep(home, manifest)
        winner, version = examined.metadata["winner"], examined.metadata["version"]
        if sound(examined):
            promote(history, winner, version, context.run.run_id, say)
        collect(home, name)
        present = history.present()
        if present is None:
            return Output(digest(None), 0, [], {"why": "no model has been found sound yet"})
        facts = {"model": present.model, "cell": present.cell, "pinned": present.pinned, "why": present.why,
                 "since": present.since, "challenger": winner}  # fmt: skip
        return Output(digest(present.cell, present.version, present.pinned), 1, [history.path], facts,
                      upstream={f"recommender@{present.cell}": present.version})  # fmt: skip

    lists = [m and m.data_version for m in (Manifests(home.path).current("lists", c.partition) for c in current)]
    by_hand = history.by_hand()
    options = [by_hand and vars(by_hand), lists]
    return materialize(
        context, home, upstream={"challenger": partition}, config=options, compute=compute, partition=partition
    )
