"""The metrics of every trained cell that is still current."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.cells import Cell, trained_cells
from assets.files import atomic_file, digest
from assets.home import Home
from assets.limits import GPU
from assets.manifests import Manifest, Manifests
from assets.partitions import BY_DATASET, DATASET_OF_CELL
from assets.recommenders import code_version, recommender
from assets.splits import folds
from assets.steps import Output, Say, materialize
from assets.studies.assets import study
from assets.studies.declared import study_of
from models.registry import recommender as recommender_class

if TYPE_CHECKING:
    import pandas as pd

CODE_VERSION = "5"
SHOWN = 10
"""Models of a protocol in the UI; the report has all."""


@dg.asset(
    deps=[
        dg.AssetDep(recommender, partition_mapping=DATASET_OF_CELL),
        dg.AssetDep(study, partition_mapping=DATASET_OF_CELL),
        folds,
        "interactions",
    ],
    group_name="evaluation",
    partitions_def=BY_DATASET,
    kinds={"numpy", "parquet"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def metrics(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Every metric of every trained model, studies included, with 95% bootstrap intervals; stale ones are left out."""
    name = context.partition_key
    cells = require_cells(home, name)

    def compute(say: Say) -> Output:
        from assets.judging import Judge

        judge = Judge(home, name)
        tables = judge.tables(cells, context.run.run_id, say)
        files = [home.lake / name / f"{table}.parquet" for table in tables]
        for target, rows in zip(files, tables.values(), strict=True):
            with atomic_file(target) as path:
                rows.to_parquet(path, index=False)
        made = {f"recommender@{m.partition}": m.data_version for m in cells}
        versions = [(m.partition, m.data_version) for m in cells]
        facts = told(tables["metrics"])
        return Output(digest(versions, CODE_VERSION), len(tables["metrics"]), files, facts, upstream=made)

    versions = [(m.partition, m.data_version, m.fingerprint) for m in cells]
    upstream = {"interactions": name, "folds": name}
    return materialize(context, home, upstream=upstream, config=versions, compute=compute)


def told(rows: "pd.DataFrame") -> dict[str, Any]:
    """For the UI: of every protocol the best value of its first metric, which it plots over time, and the leaderboard.

    rows: the table `metrics` of a dataset; studies are left out.
    """
    from assets.reports.leaderboard import board, shown

    plain, best, lines = rows[rows.study == ""], {}, ["| protocol | model | metric | value |", "|---|---|---|---|"]
    for protocol in plain.protocol.unique():
        if (found := board(plain, protocol, [])) is None:
            continue
        measure = shown(found.primary)
        best[f"best {measure} of {rows.dataset.iloc[0]}, {protocol}"] = found.best.value
        lines += [f"| {protocol} | {row.label} | {measure} | {row.value:.4f} |" for row in found.rows[:SHOWN]]
    return best | {"leaderboard": "\n".join(lines)}


def current_cells(home: Home, name: str) -> list[Manifest]:
    """Manifests of all trained cells of a dataset, those of studies too, whose inputs and code are still current."""
    manifests = Manifests(home.path)
    return [
        m for m in trained_cells(manifests, name)
        if _known(m) and manifests.fresh(m) and manifests.unchanged("recommender", m.partition, m.fingerprint)
    ]  # fmt: skip


def _known(trained: Manifest) -> bool:
    """Whether it was trained by this code: by the model as it is now, as a variant that there is."""
    cell = Cell.parse(trained.partition)
    model = recommender_class(cell.model)
    own = cell.variant in model.variants
    return trained.code_version == code_version(model) and (own or study_of(cell.model, cell.variant) != "")


def require_cells(home: Home, name: str) -> list[Manifest]:
    """The current cells. Raises LookupError saying what to do where there is none."""
    if not (cells := current_cells(home, name)):
        known = trained_cells(Manifests(home.path), name)
        why = "every model of {} was trained on earlier data" if known else "no model has been trained on {} yet"
        raise LookupError(f"{why.format(name)}; materialize `recommender` for it, or use `trifuse run {name}`.")
    return cells


def judged_cells(home: Home, name: str) -> list[Manifest]:
    """Manifests of the trained cells that `metrics` tells of, whether their data are still current or not; one that was
    trained again since is left out."""
    manifests = Manifests(home.path)
    made = manifests.current("metrics", name)
    versions = made.made_of("recommender") if made else {}
    found = (manifests.current("recommender", cell) for cell in versions)
    return [m for m in found if m and m.data_version == versions[m.partition]]


def behind(home: Home, name: str) -> bool:
    """Whether data have come since the models were judged that are too few to train them on."""
    manifests = Manifests(home.path)
    made = manifests.current("metrics", name)
    return made is not None and not manifests.fresh(made)
