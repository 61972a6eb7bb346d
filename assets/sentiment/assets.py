"""Sentiment models of a dataset's reviews, and what the best of them says of every review."""

from typing import TYPE_CHECKING, Literal

import dagster as dg
import numpy as np
from pydantic import Field

from assets.datasets import dataset
from assets.files import atomic_file, digest
from assets.home import Home
from assets.limits import GPU
from assets.manifests import Manifest, Manifests
from assets.partitions import BY_DATASET, BY_DATASET_AND_SENTIMENT, DATASET_OF_CELL
from assets.sentiment.tables import MEASURED, SCORED, empty
from assets.steps import Output, Say, hashed, materialize
from models.sentiment.registry import SENTIMENT, sentiment_model

if TYPE_CHECKING:
    import pandas as pd

CODE_VERSION = "1"
TEXTS = ("reviews", "further_texts")
HEADS = ("binary", "stars")
MEASURES = ("accuracy", "precision", "recall", "f1", "macro_f1", "auc", "calibration_error", "rmse")


class SentimentTraining(dg.Config):
    """How a dataset's reviews are split and how long training may take."""

    split: Literal["90/5/5", "80/10/10", "60/40"] = Field("90/5/5", description="Shares of train, valid and test.")
    seed: int = Field(0, ge=0, description="Of the split and of the training.")
    minutes: float = Field(0, ge=0, description="For each head of the model; 0: as long as it takes.")


@dg.asset(
    name="sentiment_model",
    deps=[dg.AssetDep(name, partition_mapping=DATASET_OF_CELL) for name in (*TEXTS, "retraining_trigger")],
    group_name="sentiment",
    partitions_def=BY_DATASET_AND_SENTIMENT,
    kinds={"pytorch", "scikitlearn"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def sentiment(context: dg.AssetExecutionContext, config: SentimentTraining, home: Home) -> dg.MaterializeResult:
    """A sentiment model of the dataset's reviews by their stars, with two heads: negative or positive, and one to five
    stars. Near-duplicate reviews, and those of one item, stay on one side of the split."""
    keys = context.partition_key.keys_by_dimension
    about, model = dataset(keys["dataset"]), sentiment_model(keys["model"])

    def compute(say: Say) -> Output:
        from assets.sentiment.reviews import task_of, workshop_of, written_reviews

        reviews, records, folders = written_reviews(home, about.name), {}, []
        for head in HEADS if len(reviews) else ():
            task = task_of(about, reviews, head, config.split, config.seed)
            workshop = workshop_of(home, about.name, head, config.seed)

            def tell(line: str, head: str = head) -> None:
                say(f"{about.name} {head} {line}")

            records[head] = workshop.train(model.name, task, 60 * config.minutes or None, tell)
            folders.append(workshop.folder / model.name)
        lines = ["| head | test accuracy | macro-F1 | AUC | seconds |", "|---|---|---|---|---|"]
        lines += [
            f"| {head} | {r['test']['accuracy']:.4f} | {r['test']['macro_f1']:.4f} | {r['test']['auc']:.4f} "
            f"| {r['fit_seconds']:.1f} |"
            for head, r in records.items()
        ]
        files = [path for folder in folders for path in (folder / "model.safetensors", folder / "record.json")]
        facts = {"measured": "\n".join(lines)} if records else {"why": "the dataset has no written reviews"}
        hashes = hashed(*files[::2])
        return Output(digest([*hashes.values()]), len(reviews), files, facts, hashes=hashes)

    options = [config.model_dump(), model.version, model.Config().model_dump(), _members(home, about.name, model.name)]
    return materialize(
        context, home, upstream=dict.fromkeys(TEXTS, about.name), config=options, compute=compute,
        partition=f"{about.name}|{model.name}",
    )  # fmt: skip


def _members(home: Home, name: str, model: str) -> list[str]:
    """What an ensemble is made of besides the reviews: the models that are there."""
    return [m.data_version for m in current_models(home, name) if m.partition != f"{name}|{model}"] * (
        model == "ensemble"
    )


def current_models(home: Home, name: str) -> list[Manifest]:
    """Manifests of a dataset's sentiment models whose reviews and code are still current."""
    manifests = Manifests(home.path)
    known = [m for m in manifests.partitions("sentiment_model", f"{name}|") if m.partition.split("|")[1] in SENTIMENT]
    return [m for m in known if manifests.fresh(m) and m.metadata.get("rows")]


@dg.asset(
    deps=[dg.AssetDep("sentiment_model", partition_mapping=DATASET_OF_CELL), *TEXTS],
    group_name="sentiment",
    partitions_def=BY_DATASET,
    kinds={"pytorch", "parquet"},
    pool=GPU,
    code_version=CODE_VERSION,
)
def review_sentiment(context: dg.AssetExecutionContext, config: SentimentTraining, home: Home) -> dg.MaterializeResult:
    """What the champion by validation says of every written review, and how good every model is; `fold` says which
    reviews it was trained on, as of those it knows more than of others."""
    name = context.partition_key
    trained = current_models(home, name)

    def compute(say: Say) -> Output:
        from assets.sentiment.reviews import written_reviews

        reviews = written_reviews(home, name)
        rows = _scored(home, name, reviews, config, say) if trained else empty(SCORED)
        made = {
            home.review_sentiment(name): rows,
            home.sentiment_metrics(name): _measured(home, name) if trained else empty(MEASURED),
        }
        for path, table in made.items():
            with atomic_file(path) as part:
                table.to_parquet(part, index=False)
        models = {f"sentiment_model@{m.partition}": m.data_version for m in trained}
        hashes = hashed(*made)
        return Output(digest([*hashes.values()]), len(rows), list(made), upstream=models, hashes=hashes)

    versions = [(m.partition, m.data_version) for m in trained]
    return materialize(
        context, home, upstream=dict.fromkeys(TEXTS, name), config=[versions, config.model_dump()], compute=compute
    )


def _scored(home: Home, name: str, reviews: "pd.DataFrame", config: SentimentTraining, say: Say) -> "pd.DataFrame":
    import pandas as pd

    from assets.sentiment.reviews import fold_names, folds_of, workshop_of

    workshop = workshop_of(home, name, "binary", config.seed)
    model = workshop.load(workshop.champion())
    probability = model.positive(reviews.text.tolist()).astype(np.float64)
    say(f"{name}: {len(reviews):,} reviews scored by {model.name}")
    return pd.DataFrame(
        {
            "dataset": name,
            "review_id": reviews.review_id,
            "model": model.name,
            "probability": probability,
            "label": np.where(probability > 0.5, "positive", "negative"),
            "fold": fold_names(folds_of(reviews, config.split, config.seed)),
        }
    )


def _measured(home: Home, name: str) -> "pd.DataFrame":
    import pandas as pd

    from assets.sentiment.reviews import workshop_of

    rows = [
        {
            "dataset": name, "model": record["model"], "head": head, "fold": fold, "metric": metric,
            "value": record[fold][metric], "n": record[fold]["n"], "fit_seconds": record["fit_seconds"],
            "parameters": record["parameters"],
        }
        for head in HEADS
        for record in workshop_of(home, name, head, 0).records()
        for fold in ("valid", "test")
        for metric in MEASURES
        if metric in record[fold]  # what was trained before a metric was added keeps its record
    ]  # fmt: skip
    return pd.DataFrame(rows).astype(MEASURED)
