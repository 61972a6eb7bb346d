"""A red check stops what comes after it, stands at the top of the report, and is told with what it saw."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from assets import evaluation, recommenders, splits
from assets.cells import Cell
from assets.datasets import dataset
from assets.home import Home
from assets.mistakes import CHECKS
from assets.partitions import BY_DATASET
from assets.reports.red_checks import verdict
from assets.studies import assets as studies
from models.baselines.bias import Bias
from tests.assets.finished_shop import HOSTILE, NAME, Shop
from tests.assets.finished_shop import html as html_of


@dg.asset(deps=["metrics"], partitions_def=BY_DATASET)
def published() -> None:
    """Whatever is made of the metrics."""


def evaluated(home: Home) -> dg.ExecuteInProcessResult:
    """Materialize the metrics, their checks, and what comes after them."""
    of_metrics = [check for check in CHECKS if {str(key.asset_key.path[-1]) for key in check.check_keys} == {"metrics"}]
    return dg.materialize(
        [*dg.load_assets_from_modules([evaluation, recommenders, splits, studies]), published, *of_metrics],
        selection=dg.AssetSelection.assets("metrics", "published"), partition_key=NAME, resources={"home": home},
        instance=dg.DagsterInstance.ephemeral(), raise_on_error=False,
    )  # fmt: skip


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def test_honest_numbers_are_published_with_the_evidence(honest) -> None:
    result = evaluated(honest)
    assert result.success and made(result) == {"metrics", "published"}
    of_name = {e.check_name: e for e in result.get_asset_check_evaluations()}
    assert of_name["two_splits"].metadata["measured"].value["kendall_tau"]
    assert of_name["enough_seeds"].severity == dg.AssetCheckSeverity.WARN and not of_name["enough_seeds"].passed
    assert verdict(honest, dataset(NAME)).blocking == [] and {w.check for w in verdict(honest, dataset(NAME)).warnings}
    assert all(not e.metadata["computed"].value for e in evaluated(honest).get_asset_check_evaluations())


def test_sampled_candidates_are_not_published(home, honest, monkeypatch) -> None:
    from tests.assets.mistakes.conftest import trained

    monkeypatch.setattr(Bias, "score", lambda self, users: np.full((len(users), 30), -np.inf, np.float32))
    trained(home, "bias", "global-time")
    result = evaluated(home)
    assert not result.success and made(result) == {"metrics"}
    (red,) = [
        e for e in result.get_asset_check_evaluations() if not e.passed and e.severity == dg.AssetCheckSeverity.ERROR
    ]
    assert red.check_name == "full_catalogue" and red.metadata["examples"].value[0]["candidates"] == 0
    (shown,) = verdict(home, dataset(NAME)).blocking
    assert (shown.asset, shown.check) == ("metrics", "full_catalogue") and "candidates 0" in shown.example


@pytest.mark.parametrize("blocking", [True, False])
def test_the_report_says_it_before_any_number(tmp_path, blocking) -> None:
    from assets.reports.page import summary
    from assets.validation.outcomes import Outcome, keep

    shop = Shop(tmp_path).train("bias", 0.4).train("svd", 0.8).recommend("bias")
    name = "full_catalogue" if blocking else "two_splits"
    red = Outcome(name, False, "18 of 18 rankings are sampled", examples=[{"model": HOSTILE}])
    place = shop.home.lake / NAME / "checks" / "metrics.json"
    keep(place, "f", [red, Outcome("full_precision", True, "fine")])
    page = shop.page()
    html = html_of(page)
    assert HOSTILE not in html and "18 of 18 rankings are sampled" in html
    assert ("1 red check" in html) == blocking and ("1 of 2 checks warns" in html) == (not blocking)
    assert html.index("18 of 18 rankings") < html.index('<p class="headline">')
    told = summary(page)
    assert told.startswith("**Red: metrics: full_catalogue.**") == blocking


def test_rankings_are_compared_user_by_user(finished, tmp_path) -> None:
    from assets.manifests import Manifests
    from assets.reports.comparisons import ranked_pairs
    from assets.reports.leaderboard import board
    from assets.reports.material import Material

    metrics = pd.read_parquet(finished.lake / NAME / "metrics.parquet")
    cells = [Cell.parse(m.partition) for m in Manifests(finished.path).partitions("recommender", f"{NAME}|")]
    nothing = pd.DataFrame()
    material = Material(finished, dataset(NAME), metrics, None, *[nothing] * 5, records={cell: {} for cell in cells})
    one = board(metrics, "global-time", [])
    pairs = ranked_pairs(one, material)
    assert len(pairs) == 2 and {pair.first for pair in pairs} == {one.best.label}
    values = {row.label: row.value for row in one.rows}
    for pair in pairs:
        assert pair.result.difference == pytest.approx(values[pair.first] - values[pair.second])
        assert not pair.lower_is_better and pair.metric.metric == "recall" and pair.ratings == pair.users
    assert ranked_pairs(board(metrics, "xia2024", []), material) == [], "errors are compared rating by rating"
