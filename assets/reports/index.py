"""The first page of all reports: every dataset with its best models, and the runs that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assets.files import read_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.reports.pages import PAGES
from assets.reports.rendering import written
from assets.validation.checks import data_docs_page

SUMMARY = "summary.json"
"""What a report says of itself, in its folder."""
RUNS = 100
"""Runs that are listed, the latest."""
AFTER = ("report_index", "challenger", "champion", "serving_snapshot")
"""Assets that are made after this page: it cannot list them."""


@dataclass(frozen=True)
class Run:
    """One Dagster run: what it computed. made: asset -> partitions of it; seconds: of computing, together."""

    run_id: str
    ended: str
    datasets: list[str]
    made: dict[str, int]
    seconds: float


def summary_of(contents: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """What the first page tells of a dataset, as JSON can hold it."""
    boards = [section["board"] for section in contents["sections"]]
    best = [
        {"protocol": one.protocol.name, "leaky": one.protocol.leaky_by_design, "metric": one.primary.metric,
         "k": one.primary.k, "model": one.best.label, "value": one.best.value, "low": one.best.low,
         "high": one.best.high, "models": len(one.rows), "seeds": len(one.best.seeds)}
        for one in boards
    ]  # fmt: skip
    about = contents["about"]
    facts = [fact for fact in contents["facts"] if fact[0] in ("Users", "Items", "Ratings")]
    return {"name": about.name, "title": about.title, "headline": contents["headline"], "facts": facts, "best": best,
            "files": files}  # fmt: skip


def index_of(home: Home) -> dict[str, Any]:
    """What the page shows: the datasets that have a report, in order of their names, and the latest runs first."""
    manifests = Manifests(home.path)
    datasets = [
        _dataset(home, manifest) for manifest in manifests.partitions("report", "")
        if (home.reports / manifest.partition / SUMMARY).exists()
    ]  # fmt: skip
    return {"datasets": datasets, "runs": runs_of(manifests.history())[:RUNS]}


def _dataset(home: Home, made: Manifest) -> dict[str, Any]:
    found = read_json(home.reports / made.partition / SUMMARY)
    docs = data_docs_page(home, made.partition)
    pages = [(page.title, page.about, page.file) for page in PAGES if page.file in found["files"]]
    return found | {
        "pages": pages, "made": made.created_at, "version": made.data_version, "run": made.run_id,
        "docs": docs.relative_to(home.reports).as_posix() if docs.exists() else "",
    }  # fmt: skip


def runs_of(history: list[Manifest]) -> list[Run]:
    """The runs that the manifests are of, latest first."""
    by_run: dict[str, list[Manifest]] = {}
    for manifest in history:
        if manifest.asset not in AFTER:
            by_run.setdefault(manifest.run_id, []).append(manifest)
    runs = [_run(run_id, made) for run_id, made in by_run.items()]
    return sorted(runs, key=lambda run: (run.ended, run.run_id), reverse=True)


def _run(run_id: str, made: list[Manifest]) -> Run:
    counts: dict[str, int] = {}
    for manifest in made:
        counts[manifest.asset] = counts.get(manifest.asset, 0) + 1
    datasets = sorted({manifest.partition.partition("|")[0] for manifest in made if manifest.partition})
    seconds = sum(float(manifest.metadata.get("seconds") or 0) for manifest in made)
    return Run(run_id, max(manifest.created_at for manifest in made), datasets, counts, seconds)


def index_page(contents: dict[str, Any]) -> str:
    """The page as HTML."""
    return written("index.html.j2", contents)


def index_summary(contents: dict[str, Any]) -> str:
    """The best model of every dataset in Markdown, for the Dagster UI."""
    lines = ["| dataset | protocol | best model | value |", "|---|---|---|---|"]
    lines += [
        f"| {one['name']} | {best['protocol']} | {best['model']} | {best['metric']} {best['value']:.4f} |"
        for one in contents["datasets"] for best in one["best"]
    ]  # fmt: skip
    return "\n".join(lines)
