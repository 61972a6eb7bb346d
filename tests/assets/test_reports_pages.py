"""What stands beside the leaderboards: cold start, calibration, failures, cards, quality, why, the index."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from assets.files import write_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.reports.assets import report_index
from assets.reports.attention import hidden
from assets.reports.calibration import pooled
from assets.reports.cold import cold_start
from assets.reports.heat import STRONGEST, HeatMap
from assets.reports.index import SUMMARY, index_of, index_page, index_summary, runs_of, summary_of
from assets.reports.pages import PAGES
from assets.reports.rendering import render
from assets.reports.residuals import Fold
from tests.assets.finished_shop import HOSTILE, NAME, Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two models, one seed, pictures and lists."""
    made = Shop(tmp_path_factory.mktemp("shop")).with_pictures().train("svd", 0.1).train("bias", 1.5)
    return made.recommend("svd").recommend("bias")


@pytest.fixture(scope="module")
def page(shop: Shop) -> dict:
    return shop.page()


@pytest.fixture(scope="module")
def pages(page: dict) -> dict[str, str]:
    return render(page)


def test_every_page_leads_to_every_other_and_to_the_index(pages: dict[str, str]) -> None:
    shared = {one.file for one in PAGES} & set(pages)
    assert len(shared) >= 6
    for name in shared:
        assert 'href="../index.html"' in pages[name]
        assert all(f'href="{other}"' in pages[name] for other in shared), name
        assert pages[name].count('aria-current="page"') == 1
    assert 'href="model-svd.html"' in pages["index.html"] and 'href="models.html"' in pages["model-svd.html"]


def test_significance_stands_in_the_leaderboard_and_is_bold_only_below_the_level(page: dict, shop: Shop) -> None:
    (section,) = page["sections"]
    pair = section["against_best"]["bias"]
    row = pages_row(render(page)["index.html"], "bias")
    assert pair.significant and f"<strong>{pair.gap:.4f}</strong>" in row
    tied = Shop(Path(shop.home.root) / "tie").train("svd", 1.0).train("bias", 1.0).page()
    pair = tied["sections"][0]["against_best"][tied["sections"][0]["board"].rows[1].label]
    row = pages_row(render(tied)["index.html"], tied["sections"][0]["board"].rows[1].label)
    assert not pair.significant and f"{pair.gap:.4f}" in row and "<strong>" not in row


def pages_row(html: str, model: str) -> str:
    start = html.index(f'<th scope="row"><a href="model-{model}.html">')
    return html[start : html.index("</tr>", start)]


def test_cold_start_tells_bands_of_training_ratings_apart(page: dict) -> None:
    squared = {("svd", ""): np.array([4.0, 1.0, 1.0, 0.0]), ("bias", ""): np.zeros(4)}
    counts = np.array([0, 3, 4, 150])
    fold = Fold(np.arange(4), np.full(4, 3.0), np.ones(4), squared, of_item=counts, of_user=np.full(4, 7))
    found = cold_start(page["sections"][0]["board"], [fold])
    assert found.of_user is None, "all users are alike"
    assert (found.of_item.heads, found.of_item.counts) == (["0", "1–4", "100 or more"], [1, 2, 1])
    assert dict(found.of_item.rows)["svd"] == [2.0, 1.0, 0.0]


def test_heat_goes_from_nothing_to_the_strongest_and_not_through_gaps() -> None:
    heat = HeatMap("Model", ["a", "b", "c"], [("svd", [1.0, 2.0, None])])
    assert [heat.shade(value) for value in (1.0, 2.0, None)] == [0, STRONGEST, 0]
    assert HeatMap("Model", ["a"], [("svd", [1.0])]).shade(1.0) == 0


def test_calibration_is_of_all_seeds_together() -> None:
    folds = [
        Fold(np.arange(2), np.full(2, seed), np.ones(2), predicted={("svd", ""): np.arange(2.0)}) for seed in (1, 2)
    ]
    given, predicted = pooled(folds, ("svd", ""))
    assert given.tolist() == [1, 1, 2, 2] and predicted.tolist() == [0, 1, 0, 1]
    assert pooled(folds, ("bias", "")) is None


def test_the_gallery_shows_the_largest_errors_first(page: dict, pages: dict[str, str]) -> None:
    found = page["sections"][0]["gallery"]
    gaps = [abs(one.predicted - one.given) for one in found.shown]
    assert found.model == "svd" and gaps == sorted(gaps, reverse=True) and len(gaps) == 12
    assert all((one.usual is None) == (one.of_user == 0) for one in found.shown)
    assert 'id="failures"' in pages["errors.html"]


def test_a_card_says_what_the_model_is_where_it_stands_and_what_files_hold_it(pages: dict[str, str]) -> None:
    card = pages["model-svd.html"]
    assert "matrix factorisation" in card and "1 of 2" in card and "artifacts/ml-100k/svd/xia2024/seed-0/plain" in card
    assert "knows nothing of an item that nobody has rated" in card and "leaky by design" in card


def test_quality_tells_red_checks_and_drift(tmp_path: Path) -> None:
    shop = Shop(tmp_path).train("bias", 1.0)
    moved = {"check": "drift", "passed": False, "summary": f"rows gone {HOSTILE}"}
    moved |= {"observed": {"vanished_rows_usual": {"value": 0.25, "where": "", "limit": "at most 5%"}}}
    moved |= {"measured": {which: {"rows": n, "created_at": "2026"} for which, n in (("before", 160), ("now", 120))}}
    fine = {"check": "vanished_rows", "passed": True, "summary": ""}
    write_json(shop.home.lake / NAME / "checks" / "users.json", {"fingerprint": "f", "outcomes": [moved, fine]})
    page = shop.page()
    (drift,) = page["quality"].drifts
    assert (drift.rows, drift.changes[0], drift.passed) == ((160, 120), (0.25, ""), False)
    html = render(page)["quality.html"]
    assert "25.0%" in html and "rows gone &lt;script&gt;" in html and HOSTILE not in html


def test_hiding_goes_over_every_part_once() -> None:
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 256, (60, 40, 3), dtype=np.uint8)
    whole = Image.fromarray(noise)
    changed = np.stack([(np.asarray(one) != noise).any(axis=2) for one in hidden(whole, (6, 4))])
    assert changed.shape == (24, 60, 40) and (changed.sum(axis=0) <= 1).all()
    assert changed.any(axis=0).mean() > 0.99


def test_the_index_leads_to_every_report_and_lists_runs_latest_first(shop: Shop, page: dict, pages: dict) -> None:
    home = shop.home
    write_json(home.reports / NAME / SUMMARY, summary_of(page, list(pages)))
    manifest = Manifest("report", NAME, "later", "1", "f", "v", {}, created_at="2030-01-01T00:00:00+00:00")
    Manifests(home.path).save(manifest)
    found = index_of(home)
    html = index_page(found)
    assert f'href="{NAME}/index.html"' in html and f'href="{NAME}/quality.html"' in html and "svd" in html
    assert found["runs"][0].run_id == "later" and found["runs"][0].made == {"report": 1}
    assert f"| {NAME} | xia2024 | svd |" in index_summary(found)


def test_of_a_moved_home_the_ui_says_where_the_page_is_now(tmp_path: Path) -> None:
    def told(root: Path) -> dict:
        done = dg.materialize([report_index], selection=[report_index], resources={"home": Home(root=str(root))})
        return done.asset_materializations_for_node("report_index")[0].metadata

    before = told(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    after = told(tmp_path / "there")
    assert (before["computed"].value, after["computed"].value) == (True, False)
    assert after["path"].value == str(tmp_path / "there/reports/index.html")


def test_what_comes_after_the_index_is_not_listed_there() -> None:
    made = [Manifest(asset, "", "run", "1", "f", "v", {}) for asset in ("report_index", "serving_snapshot")]
    assert runs_of(made) == [], "else publishing would make the index stale, and a second run would compute"
