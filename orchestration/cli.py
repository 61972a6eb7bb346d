"""The `trifuse` command: a thin front over Dagster and DuckDB."""

from __future__ import annotations

import os
import sys
import time
import traceback
import uuid

import click

from orchestration.champion import champion
from orchestration.diff import diff
from orchestration.faults import Unusable, way_out
from orchestration.lineage import trace
from orchestration.progress import terminal_progress
from orchestration.publishing import publish
from orchestration.sentiment import sentiment
from orchestration.settings import Settings, SettingsError

EPILOG = "Exit status: 0 done, 1 failed with a message, 2 bad usage. Settings are read from TRIFUSE_* (see README)."


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="trifuse")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure; may stand anywhere.")
def cli(debug: bool) -> None:
    """From raw shop, film and place data to recommendations and reports that can be trusted."""
    # `invoke` looks for --debug itself, so that it may also stand behind a subcommand; here it is only documented.


def _listed(_context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _known(names: tuple[str, ...], known: list[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise click.UsageError(f"no {what} {name!r}; there are: {', '.join(known)}")


class RunCommand(click.Command):
    """Lists what there is under its help; the registries are read only then."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Datasets, models, protocols and groups as definition lists."""
        from assets.datasets import datasets
        from assets.studies.declared import STUDIES
        from models.registry import RECOMMENDERS
        from models.sentiment.registry import SENTIMENT
        from models.splits import PROTOCOLS
        from orchestration.groups import FLOW

        with formatter.section("Datasets"):
            formatter.write_dl([(d.name, f"{d.title}; {', '.join(d.protocols)}") for d in datasets().values()])
        with formatter.section("Protocols"):
            formatter.write_dl([(p.name, p.description) for p in PROTOCOLS.values()])
        with formatter.section("Studies"):
            formatter.write_dl([(study.name, study.description) for study in STUDIES.values()])
        for title, names in (("Models", RECOMMENDERS), ("Sentiment models", SENTIMENT), ("Groups", FLOW)):
            with formatter.section(title):
                formatter.write_text(", ".join(names))


@cli.command(cls=RunCommand)
@click.argument("dataset")
@click.option(
    "--models",
    default="",
    callback=_listed,
    help="Models, comma-separated. Default: all recommenders, and the sentiment models that take seconds.",
)
@click.option("--protocol", "protocols", default="", callback=_listed, help="Protocols. Default: the dataset's own.")
@click.option("--seeds", default="", callback=_listed, help="Seeds, e.g. 0,1,2. Default: the dataset's own.")
@click.option(
    "--studies",
    default="",
    callback=_listed,
    help="Studies, or all. Default: none, as they take long. With --models, of those that the study varies.",
)
@click.option("--until", default="serving", help="Stop after this group, e.g. catalog or embeddings.")
@click.option("--since", default="", hidden=True)  # for the demo, which publishes when all its datasets are done
def run(
    dataset: str,
    models: tuple[str, ...],
    protocols: tuple[str, ...],
    seeds: tuple[str, ...],
    studies: tuple[str, ...],
    until: str,
    since: str,
) -> None:
    """Materialize DATASET's part of the graph in one go; what is unchanged is not computed again.

    A run that was interrupted or killed goes on where it was: give the same command again.
    """
    from assets.datasets import datasets
    from assets.studies.declared import STUDIES
    from models.registry import RECOMMENDERS
    from models.sentiment.registry import SENTIMENT
    from models.splits import PROTOCOLS
    from orchestration import plan
    from orchestration.groups import FLOW

    _known((dataset,), list(datasets()), "dataset")
    _known(models, [*RECOMMENDERS, *SENTIMENT], "model")
    _known(protocols, list(PROTOCOLS), "protocol")
    _known(studies, [*STUDIES, plan.ALL], "study")
    since = since or FLOW[0]
    _known((since, until), list(FLOW), "group")
    if studies and FLOW.index(until) < FLOW.index("studies"):
        raise click.UsageError(f"--studies: nothing is studied with --until {until}")
    if not all(seed.isdecimal() for seed in seeds):
        raise click.UsageError(f"--seeds: {','.join(seeds)!r} is not a list of whole numbers")
    request = plan.Request(dataset, models, protocols, tuple(map(int, seeds)), until, studies, since)
    settings = Settings.from_environment()
    started, command = time.monotonic(), str(uuid.uuid4())
    with terminal_progress() as tell:
        counts = plan.run(request, settings, lambda title: tell(f"— {title}"), command)
    seconds = time.monotonic() - started
    if counts["computed"]:
        made = f"{counts['computed']} computed, {counts['unchanged']} unchanged"
        click.echo(f"{dataset}: {made}, {seconds:.0f} s, run {command[:8]}")
    else:
        click.echo(
            f"{dataset}: nothing has changed, nothing was computed ({counts['unchanged']} unchanged, {seconds:.0f} s)"
        )
    show_result(settings, dataset)


def show_result(settings: Settings, dataset: str) -> None:
    """Print the leaderboard, if it is published, and where the report is."""
    from orchestration import tables

    if settings.serving.exists():
        tables.show_leaderboard(settings.serving, dataset)
    report = settings.home / "reports" / dataset / "index.html"
    if report.exists():
        click.echo(f"report: {report}")


@cli.command()
@click.argument("query")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False), help="Write a .csv, .json or .parquet file instead.")
def sql(query: str, style: str, output: str | None) -> None:
    """Answer QUERY from the serving snapshot, e.g. "from leaderboard('ml-100k', 'rmse')".

    Tables and columns are explained by "from duckdb_columns()"; docs/queries.md has twenty questions with answers. A
    refresh that runs meanwhile is not held up, nor is the query.
    """
    from pathlib import Path

    from orchestration import tables

    serving = Settings.from_environment().serving
    if output:
        click.echo(f"{tables.write(serving, query, Path(output)):,} rows: {output}")
    else:
        tables.show(tables.answer(serving, query), style)


@cli.command()
@click.argument("dataset")
@click.argument("user")
@click.option("-k", type=click.IntRange(1, 20), default=10, show_default=True, help="How many items.")
@click.option("--model", help="The model that recommends. Default: the champion.")
@click.option("--without", default="", callback=_listed, help="Modalities to withhold, e.g. audio,video: scores anew.")
def recommend(dataset: str, user: str, k: int, model: str | None, without: tuple[str, ...]) -> None:
    """USER's list from the snapshot, and why each item is on it.

    With --without, a fusion model scores now, as if these modalities were missing: beside each score stands that with
    all of them, and which modalities were missing, withheld or not there.
    """
    from orchestration import tables

    if without:
        from assets.datasets import datasets
        from assets.withheld import recommended_without
        from orchestration.resources import home

        _known((dataset,), list(datasets()), "dataset")
        rows = recommended_without(home(Settings.from_environment()), dataset, user, k, model, without)
        tables.show(rows, "table")
        return
    tables.show(tables.recommendations(Settings.from_environment().serving, dataset, user, k, model), "table")


@cli.command()
@click.option(
    "--collect", is_flag=True, help="Delete the stale ones: vectors that no dataset's contents have any more."
)
def vectors(collect: bool) -> None:
    """Which encoders made how many vectors, and how many of those are stale.

    Texts and pictures that changed, and encoders that are not asked for any more, leave stale vectors behind. They do
    no harm but take room, and are used again should the content or the encoder come back.
    """
    from assets.vectors.collect import collect as delete_stale
    from assets.vectors.collect import shelves
    from orchestration import tables
    from orchestration.resources import home

    found = (delete_stale if collect else shelves)(home(Settings.from_environment()))
    if not found:
        click.echo("There are no vectors yet. `trifuse run DATASET --until embeddings` makes some.")
        return
    tables.show_vectors(found)
    stale = sum(shelf.stale for shelf in found)
    click.echo(f"{stale:,} stale vectors {'were deleted' if collect else 'can be deleted with --collect'}.")


@cli.command()
@click.option("--repair", is_flag=True, help="Read every file, and put right what can be: see what it says first.")
def doctor(repair: bool) -> None:
    """What is installed, which device, which data and weights are found, what is damaged, and what to do about it.

    With --repair, damaged files are removed, to be made anew by the next run, and so is what killed runs left behind.
    """
    from orchestration.doctor import examine

    if not examine(Settings.from_environment(), repair):
        raise click.exceptions.Exit(1)


for command in (sentiment, trace, champion, diff, publish):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: failures become one readable paragraph on stderr and exit status 1."""
    arguments = sys.argv[1:] if arguments is None else arguments
    leave(invoke(arguments))


def leave(code: int) -> None:
    """End the process with this status; all that has to be closed is closed by now."""
    sys.stdout.flush()
    sys.stderr.flush()
    # At an ordinary exit DuckDB's bindings print what they think leaked, whenever Dagster still holds a traceback.
    os._exit(code)


def invoke(arguments: list[str]) -> int:
    """Run the command in this process; returns its exit status instead of leaving."""
    debug = "--debug" in arguments
    try:
        return cli.main(args=[a for a in arguments if a != "--debug"], standalone_mode=False) or 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.UsageError, SettingsError) as error:
        _complain(error.format_message() if isinstance(error, click.UsageError) else str(error))
        return 2
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted. Give the same command again to go on from here.")
        return 1
    except Exception as error:
        if debug:
            traceback.print_exc()
        message = " ".join(str(error).split()) or type(error).__name__
        _complain(message if isinstance(error, Unusable) else f"{message} {way_out(message)}".rstrip())
        return 1


def _complain(message: str) -> None:
    click.echo(f"trifuse: {message}", err=True)


if __name__ == "__main__":
    main()
