"""`trifuse sentiment`: trains sentiment models on a file of reviews, and scores files with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.sentiment.registry import SENTIMENT
from orchestration.progress import terminal_progress
from orchestration.settings import Settings, resolve_device

if TYPE_CHECKING:
    import pandas as pd

    from assets.sentiment.workshop import Task, Workshop

ALL, BEST = "all", "best"
SPLITS = ("90/5/5", "80/10/10", "60/40")
_input = click.option(
    "--input", "source", required=True, type=click.Path(path_type=Path),
    help='JSON lines, plain or gzipped: {"text": "...", "rating": 4}.',
)  # fmt: skip
_scale = click.option("--scale", type=click.Choice(["5", "10"]), help="Highest rating. Default: found in the file.")
_head = click.option(
    "--head", type=click.Choice(["binary", "stars"]), default="binary", show_default=True,
    help="What is told apart: negative and positive (above the middle of the scale), or one to five stars.",
)  # fmt: skip
_name = click.option("--name", default="reviews", show_default=True, help="Of the collection of trained models.")


@click.group()
def sentiment() -> None:
    """Train sentiment models on reviews, and score reviews with them.

    Trained models lie in $TRIFUSE_HOME/artifacts/sentiment/NAME/HEAD/MODEL, with what was measured in record.json.
    """


@sentiment.command(epilog=f"Models: {', '.join(SENTIMENT)}.")
@click.option("--model", required=True, help="A model, several with commas, or all.")
@_input
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Time that all of it may take, about.")
@_scale
@_head
@click.option("--split", type=click.Choice(SPLITS), default=SPLITS[0], show_default=True, help="Train/valid/test.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the split and the training.")
@click.option(
    "--word-vectors", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A GloVe or word2vec text file, plain or .gz. Default: vectors are trained on the reviews.",
)  # fmt: skip
@_name
def train(
    model: str, source: Path, minutes: float | None, scale: str | None, head: str, split: str, seed: int,
    word_vectors: Path | None, name: str,
) -> None:  # fmt: skip
    """Train MODEL on a file of reviews with ratings.

    Near-duplicate texts, and texts on the same item where the file names one (item_id, asin, business_id, imdb_id),
    stay on one side of the split. Settings, epochs and the champion are chosen on the validation part; the test part
    is looked at once a model. A training that was killed goes on from its last epoch: give the same command again.
    """
    names = _names(model)
    settings = Settings.from_environment()
    started = time.monotonic()
    with terminal_progress() as tell:
        from assets.sentiment.tasks import task_of, told_corpus
        from assets.sentiment.workshop import Tools, Workshop

        task = task_of(told_corpus(source, tell), scale and int(scale), head, split, seed, tell)
        tools = Tools(resolve_device(settings.device), settings.threads, _encoder(settings), word_vectors, seed)
        workshop = Workshop(_folder(settings, name, head), tools)
        if "bert" in names and tools.weights is None and model == ALL:
            tell("bert: passed over, there is no text encoder; TRIFUSE_WEIGHTS names a folder of them")
            names.remove("bert")
        _train_all(workshop, names, task, minutes and started + 60 * minutes, tell)
    _show(workshop, names)


def _train_all(
    workshop: Workshop, names: list[str], task: Task, until: float | None, tell: Callable[[str], None]
) -> None:
    from assets.sentiment.workshop import allowances

    for place, one in enumerate(names):
        left = None if until is None else max(until - time.monotonic(), 1.0)
        allowed = None if left is None else allowances(names[place:], left)[one]
        workshop.train(one, task, allowed or None, tell)


@sentiment.command()
@click.option("--model", default=BEST, show_default=True, help="A trained model, or best: the champion by validation.")
@_input
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Parquet to write.")
@_scale
@_head
@_name
def score(model: str, source: Path, output: Path, scale: str | None, head: str, name: str) -> None:
    """Write the probability of every review of a file; where it has ratings, print accuracy and AUC.

    One row per line of the file, in its order: line, id, rating, probability (of positive), label, model, and the
    reason where a line could not be scored. With --head stars, label is the likeliest number of stars.
    """
    if model not in (BEST, *SENTIMENT):
        raise click.UsageError(f"no sentiment model {model!r}; there are: {BEST}, {', '.join(SENTIMENT)}")
    settings = Settings.from_environment()
    with terminal_progress() as tell:
        from assets.files import atomic_file
        from assets.sentiment.scoring import scored
        from assets.sentiment.tasks import told_corpus
        from assets.sentiment.workshop import Tools, Workshop

        tools = Tools(resolve_device(settings.device), settings.threads)
        trained = Workshop(_folder(settings, name, head), tools).load(model)
        rows = scored(trained, told_corpus(source, tell), tell)
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(output) as path:
            rows.to_parquet(path, index=False)
    lost = int(rows.reason.notna().sum())
    click.echo(f"{output}: {len(rows) - lost:,} reviews scored by {trained.name}, {lost:,} could not be")
    if rows.rating.notna().any():
        _show_judgement(rows, scale)
    else:
        click.echo("no review has a rating, so nothing can be said of the accuracy")


def _show_judgement(rows: pd.DataFrame, scale: str | None) -> None:
    from assets.sentiment.corpus import scale_of
    from assets.sentiment.scoring import judged

    used = int(scale) if scale else scale_of(rows.rating)
    found = judged(rows, used)
    click.echo(
        f"accuracy {found['accuracy']:.4f} ({found['n']:,} reviews; positive is above {(1 + used) / 2:g} of {used})"
    )
    click.echo(f"AUC {found['auc']:.4f}" if found["auc"] == found["auc"] else "AUC: all reviews are of one kind")


def _names(model: str) -> list[str]:
    asked = list(SENTIMENT) if model == ALL else [part.strip() for part in model.split(",") if part.strip()]
    for one in asked:
        if one not in SENTIMENT:
            raise click.UsageError(f"no sentiment model {one!r}; there are: {ALL}, {', '.join(SENTIMENT)}")
    if not asked:
        raise click.UsageError("--model names no model")
    return [name for name in SENTIMENT if name in asked]


def _encoder(settings: Settings) -> Path | None:
    from models.encoders.loading import locate

    return locate("text", settings.text_encoder, settings.weights)[0]


def _folder(settings: Settings, name: str, head: str) -> Path:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise click.UsageError(f"--name: {name!r} is to be letters, digits, - and _")
    return settings.home / "artifacts" / "sentiment" / name / head


def _show(workshop: Workshop, names: list[str]) -> None:
    import pandas as pd

    from orchestration import tables

    best = workshop.champion()
    columns = ("accuracy", "macro_f1", "auc", "calibration_error")
    rows = [
        {"model": r["model"] + (" *" if r["model"] == best else ""), "valid accuracy": r["valid"]["accuracy"]}
        | {f"test {name.replace('_', ' ')}": r["test"][name] for name in columns}
        | {"minutes": r["fit_seconds"] / 60}
        for r in workshop.records()
        if r["model"] in names
    ]
    tables.show(pd.DataFrame(rows), "table")
    click.echo(f"* the champion by validation. Models: {workshop.folder}")
