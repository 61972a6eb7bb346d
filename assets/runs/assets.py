"""The asset that remembers what every run made of the numbers."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from assets.evaluation import metrics
from assets.files import digest, write_text
from assets.home import Home
from assets.manifests import Manifests
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize

if TYPE_CHECKING:
    import pandas as pd

    from assets.runs.comparing import Comparison

SHOWN = 10
"""Of the numbers that changed, those that the UI lists: the most changed ones. The page has all."""
COMMAND_TAG = "trifuse/command"
"""All Dagster runs of one `trifuse run` carry the same."""


@dg.asset(
    deps=[metrics, "review_sentiment"],
    group_name="evaluation",
    partitions_def=BY_DATASET,
    kinds={"parquet"},
    code_version="1",
)
def run_history(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """What the numbers of a dataset are after this run, and every file, code version and parameter that they rest on;
    a page says what changed since the run before."""
    from assets.runs.comparing import compare
    from assets.runs.states import About, State, chain, keep, kept, libraries, load, numbers_of, steps_of

    name = context.partition_key
    manifests = Manifests(home.path)
    manifests.require("metrics", name)
    found = chain(manifests, name)
    steps = steps_of(home, found)

    def compute(say: Say) -> Output:
        before = kept(home, name)
        state = State(
            About(name, context.run.run_id, context.run.tags.get(COMMAND_TAG, ""),
                  datetime.now(UTC).isoformat(timespec="microseconds"), libraries(),
                  _new_runs(steps, load(*before[-1]).steps if before else None)),
            steps, numbers_of(home, name, found),
        )  # fmt: skip
        files = [path for path in keep(home, state).iterdir()]
        facts = {}
        if before:
            comparison = compare(load(*before[-1]), state)
            from assets.reports.rendering import written

            page = home.reports / "changes" / f"{name}.html"
            write_text(page, written("changes.html.j2", {"c": comparison}))
            facts = {"changes": summary(comparison), "page": str(page)}
            say(f"{name}: {len(comparison.differences)} differences to run {before[-1][0].name}, "
                f"{len(comparison.changed)} numbers changed")  # fmt: skip
        return Output(digest(steps.drop(columns="run_id").to_json()), len(state.numbers), files, facts)

    options = digest(steps.drop(columns="run_id").to_json(), libraries())
    upstream = {"metrics": name}
    return materialize(context, home, upstream=upstream, config=options, compute=compute)


def _new_runs(steps: "pd.DataFrame", before: "pd.DataFrame | None") -> list[str]:
    """Run ids of the steps that the state before did not have."""
    known = set() if before is None else set(before.run_id)
    return sorted(set(steps.run_id) - known - {""})


def summary(comparison: "Comparison") -> str:
    """What differs, and the numbers that changed most, in Markdown for the Dagster UI."""
    lines = ["| | changed | before | after |", "|---|---|---|---|"]
    lines += [f"| {d.kind} | {d.what} | {d.before[:16]} | {d.after[:16]} |" for d in comparison.differences]
    lines += ["", f"{len(comparison.changed)} numbers changed, {comparison.same} did not."]
    if comparison.changed:
        lines += ["", "| number | metric | before | after | |", "|---|---|---|---|---|"]
    for e in comparison.changed[:SHOWN]:
        lines.append(f"| {e.label} | {e.metric} | {e.before:.5g} | {e.after:.5g} | {e.verdict} |")
    return "\n".join(lines)
