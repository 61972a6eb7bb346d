"""Trains the variations of a study, each like any other model's variant, so that it is judged by the same metrics."""

from dataclasses import asdict
from itertools import groupby

import dagster as dg
from pydantic import Field

from assets.cells import Cell
from assets.cluster import spread
from assets.datasets import Dataset, dataset
from assets.files import digest
from assets.home import Home
from assets.inputs import EMBEDDINGS, REVIEWS, TABLES, embeddings
from assets.limits import GPU
from assets.manifests import Manifest
from assets.partitions import BY_DATASET_AND_STUDY, DATASET_OF_CELL
from assets.recommenders import Workshop
from assets.sentiment.opinions import has_reviews
from assets.splits import Evaluation, folds
from assets.steps import Output, Say, materialize
from assets.studies.changes import SENTIMENT
from assets.studies.cross import obstacle
from assets.studies.declared import CROSS, STUDIES, Study, Variation
from models.registry import recommender as recommender_class
from models.splits import PROTOCOLS

CODE_VERSION = "1"


class Studying(Evaluation):
    """Where to study, and which of a study's models."""

    models: list[str] = Field(default=[], description="Models to vary; empty: all of the study's.")


@dg.asset(
    deps=[
        dg.AssetDep(folds, partition_mapping=DATASET_OF_CELL),
        *(dg.AssetDep(name, partition_mapping=DATASET_OF_CELL) for name in (*TABLES, *EMBEDDINGS, REVIEWS)),
    ],
    group_name="studies",
    partitions_def=BY_DATASET_AND_STUDY,
    kinds={"pytorch"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def study(context: dg.AssetExecutionContext, config: Studying, home: Home) -> dg.MaterializeResult:
    """Models trained with one thing changed: a modality, the learning rate, the amount of data. Beside them the same
    models unchanged, which are trained too where they are not there yet. Takes long, so that only people start it."""
    keys = context.partition_key.keys_by_dimension
    about, one = dataset(keys["dataset"]), STUDIES[keys["study"]]
    if one.name == CROSS and (why := obstacle(home, about.name)):
        raise LookupError(why)
    cells = cells_of(one, about, config)

    def compute(say: Say) -> Output:
        trained = Trainer(home, about, context.run.run_id, say).train(cells)
        lines = ["| model | variant | protocol | seed | valid RMSE | seconds |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {c.model} | {c.variant} | {c.protocol} | {c.seed} | {m['valid_rmse']:.4f} | {m['fit_seconds']:.1f} |"
            for c, m in ((cell, manifest.metadata) for cell, manifest in trained)
        ]
        made = {f"recommender@{cell.partition}": manifest.data_version for cell, manifest in trained}
        return Output(digest(sorted(made.items())), len(trained), [], {"cells": "\n".join(lines)}, upstream=made)

    read = (*TABLES, *embeddings(home, about.name), "folds", *((REVIEWS,) if has_reviews(home, about.name) else ()))
    upstream = dict.fromkeys(read, about.name)
    options = [[asdict(cell), variation.change.facts(), _model(cell.model)] for cell, variation in cells]
    return materialize(
        context, home, upstream=upstream, config=options, compute=compute, partition=f"{about.name}|{one.name}"
    )


def _model(name: str) -> list:
    model = recommender_class(name)
    return [model.version, model.Config().model_dump()]


def cells_of(one: Study, about: Dataset, config: Studying) -> list[tuple[Cell, Variation]]:
    """What the study trains, model by model. Raises ValueError where it makes no sense under any protocol asked for, or
    varies none of the models asked for."""
    wanted = [(p, seed) for p, seed in config.cells(about) if PROTOCOLS[p].kind not in one.not_under]
    if not wanted:
        raise ValueError(f"the study {one.name} makes no sense under {', '.join(config.protocols or about.protocols)}")
    variations = [v for v in one.of(about.name) if not config.models or v.model in config.models]
    if not variations:
        raise ValueError(f"the study {one.name} varies {', '.join(one.models)}, not {', '.join(config.models)}")
    return [
        (Cell(about.name, variation.model, protocol, seed, variation.variant), variation)
        for variation in variations
        for protocol, seed in wanted
    ]


class Trainer:
    """Trains the cells of a study on one dataset."""

    def __init__(self, home: Home, about: Dataset, run_id: str, say: Say) -> None:
        self.home, self.about, self.run_id, self.say = home, about, run_id, say

    def train(self, cells: list[tuple[Cell, Variation]]) -> list[tuple[Cell, Manifest]]:
        """Every cell that makes sense on this dataset, with the manifest of its training."""
        done = []
        for name, group in groupby(sorted(cells, key=lambda c: c[0].model), key=lambda c: c[0].model):
            model = recommender_class(name)
            # The same configuration as the model's own assets have: what differs is the change alone.
            workshop = Workshop(self.home, self.about, model, model.Config())
            possible = [(cell, one.change) for cell, one in group if self._possible(workshop, one)]
            jobs = [{"cell": cell, "run_id": self.run_id, "change": change} for cell, change in possible]
            trained = spread(workshop, Workshop.train, jobs, self.say)
            done += [(cell, manifest) for (cell, _), manifest in zip(possible, trained, strict=True)]
        return done

    def _possible(self, workshop: Workshop, variation: Variation) -> bool:
        from models.modalities import present

        _, features, reviews = workshop.data()
        modality = variation.change.modality
        there = not modality or modality in present(features) or (modality == "text" and reviews is not None)
        there = there or (modality == SENTIMENT and has_reviews(self.home, self.about.name))
        if not there:
            self.say(f"{self.about.name} has no {modality}: {variation.model} {variation.variant} is passed over")
        return there
