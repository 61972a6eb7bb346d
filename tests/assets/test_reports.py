"""The report page: what a reader must find on it, and what must not be on it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.cells import Cell
from assets.files import digest
from assets.manifests import Manifest, Manifests
from assets.reports.charts import ticks
from assets.reports.comparisons import LEVEL, pairs_of, resamples
from assets.reports.leaderboard import board
from assets.reports.material import popularity
from assets.reports.page import summary
from assets.reports.posters import thumbnail
from assets.reports.published import published_for
from assets.reports.residuals import Fold, rmse_by
from models.registry import RECOMMENDERS
from tests.assets.finished_shop import HOSTILE, NAME, Shop
from tests.assets.finished_shop import html as html_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two models, two seeds, pictures and lists."""
    made = Shop(tmp_path).with_pictures()
    for seed in (0, 1):
        made.train("svd", 0.1, seed=seed).train("bias", 1.5, seed=seed)
    return made.recommend("svd").recommend("bias")


def test_text_from_data_is_escaped(shop: Shop) -> None:
    html = shop.html()
    assert HOSTILE not in html and "<b>bad</b>" not in html and "<i>Film</i>" not in html
    assert "&lt;script&gt;alert(&#39;film&#39;)&lt;/script&gt;" in html and "&lt;b&gt;bad&lt;/b&gt;" in html


def test_nothing_is_loaded_from_elsewhere(shop: Shop) -> None:
    html = shop.html()
    sources = re.findall(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", html)
    assert sources and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not re.search(r"<(link|iframe|object|embed|base)\b|@import|url\(|<script[^>]+src", html)


def test_items_without_a_whole_picture_get_a_placeholder(shop: Shop) -> None:
    html = shop.html()
    assert 'alt="Picture of Film 1 &amp; more"' in html
    assert 'aria-label="No picture of Film 2 &amp; more"' in html, "its file is an HTML error page"
    assert 'aria-label="No picture of Film 3 &amp; more"' in html, "it never had one"


def test_published_numbers_stand_beside_ours(shop: Shop) -> None:
    page = shop.page()
    one = page["sections"][0]["board"]
    assert [(row.label, [p.value for p in row.published]) for row in one.rows] == [("svd", [2.298]), ("bias", [])]
    assert {0.994, 0.947, 1.004, 0.992, 0.987, 0.902, 2.812, 2.31} <= {p.value for p in one.published_only}
    html = html_of(page)
    assert "2.298" in html and "Siet&#39;s work" in html and "0.902" in html
    assert "GLocal-K" in html, "u1 was not run, so its records stand apart"


def test_page_says_what_is_best_and_that_random_splits_leak(shop: Shop) -> None:
    page = shop.page()
    assert (
        page["headline"].startswith("svd has the lowest test RMSE under xia2024") and "significant" in page["headline"]
    )
    assert "leaky by design" in html_of(page)
    text = summary(page)
    assert text.startswith(f"**{page['headline']}**") and "| svd |" in text
    assert "file://" not in text, "no browser follows such a link from the UI"


def test_provenance_names_files_versions_and_metric_ids(shop: Shop) -> None:
    html = shop.html()
    assert "ab" * 32 in html and digest(Cell(NAME, "svd", "xia2024", 0, "").partition)[:16] in html
    assert all(row["metric_id"] in html for row in shop.metrics if row["metric"] == "rmse")
    assert "12345" not in html, "ZIP codes are not for readers"


def test_same_inputs_give_the_same_bytes(shop: Shop) -> None:
    assert shop.html() == shop.html()


def test_one_model_one_seed_no_pictures_no_times(tmp_path: Path) -> None:
    html = Shop(tmp_path, times=False).train("bias", 1.0).recommend("bias").html()
    assert "nothing to compare it with" in html and "no times in the source" in html and "<img" not in html


def test_ranking_protocol_alone_and_no_lists(tmp_path: Path) -> None:
    page = Shop(tmp_path).train("bias", 1.0, "global-time").train("svd", 1.0, "global-time").page()
    assert page["headline"].startswith("bias has the highest test Recall@20 under global-time")
    html = html_of(page)
    assert "There are no lists to show." in html and "no pair of models" in html and "leaky by design" not in html


def test_a_training_newer_than_the_metrics_is_not_mixed_in(shop: Shop) -> None:
    cell = Cell(NAME, "bias", "xia2024", 0, "")
    Manifests(shop.home.path).save(Manifest("recommender", cell.partition, "run", "1", "f", "newer", {}))
    folds = shop.page()["sections"][0]["pairs"]
    assert [pair.ratings for pair in folds] == [len(shop.ratings) // 4], (
        "only seed 1 has both of the measured trainings"
    )


def test_leaderboard_is_the_mean_over_seeds_best_first(shop: Shop) -> None:
    one = shop.page()["sections"][0]["board"]
    values = [row["value"] for row in shop.metrics if (row["model"], row["metric"]) == ("svd", "rmse")]
    assert one.best.value == pytest.approx(np.mean(values)) and one.best.sd == pytest.approx(np.std(values, ddof=1))
    assert one.best.seeds == [0, 1] and one.best.value < one.rows[1].value


def test_equal_models_are_called_a_tie(shop: Shop) -> None:
    page = shop.page()
    one = page["sections"][0]["board"]
    errors = np.abs(shop.random.normal(1, 0.1, 60))
    same = Fold(np.arange(60) % 12, np.full(60, 3.0), np.full(60, 5), {("svd", ""): errors, ("bias", ""): errors})
    (pair,) = pairs_of(one, [same])
    assert pair.p == 1 and not pair.significant and pair.result.difference == 0


def test_the_same_rating_in_every_seed_is_no_further_evidence(shop: Shop) -> None:
    one = shop.page()["sections"][0]["board"]
    rng = shop.random
    squared = {("svd", ""): rng.uniform(0, 1, 40), ("bias", ""): rng.uniform(0, 1.4, 40)}
    fold = Fold(np.arange(40), np.full(40, 3.0), np.full(40, 5), squared)
    once, thrice = pairs_of(one, [fold]), pairs_of(one, [fold] * 3)
    assert once[0].result.standard_error == pytest.approx(thrice[0].result.standard_error)


def test_enough_resamples_for_holm_over_every_registered_model() -> None:
    assert 2 / (resamples(6040) + 1) * len(RECOMMENDERS) < LEVEL / 2
    assert resamples(10**6) == 1000, "large data must not take for ever"


def test_error_by_rating_is_the_rmse_of_those_rows() -> None:
    fold = Fold(np.arange(3), np.array([1.0, 1.0, 5.0]), np.array([1, 1, 2]), {("svd", ""): np.array([1.0, 9.0, 4.0])})
    assert rmse_by([fold], ("svd", ""), "ratings", (1, 3, 5)) == [pytest.approx(5**0.5), None, 2.0]


def test_popularity_puts_equal_counts_into_one_decile() -> None:
    assert popularity(np.array([9, 9, 9]), 10).tolist() == [5] * 9 + [10]


def test_every_published_row_names_a_known_source() -> None:
    rows = [row for name in ("ml-100k", "ml-1m") for row in published_for(name)]
    assert {row.value for row in rows if row.protocol == "u1"} == {0.905, 0.890, 0.8889}
    assert [row.value for row in rows if (row.datasets, row.variant) == (("ml-1m",), "cro")] == [0.893]
    assert published_for("sample-shop") == []


def test_a_board_without_its_first_metric_is_none(shop: Shop) -> None:
    shop.page()
    assert board(pd.DataFrame(shop.metrics), "jiang2024", []) is None


@pytest.mark.parametrize(("low", "high"), [(0.8, 1.2), (0, 0), (3, 3), (-1, 250)])
def test_ticks_cover_the_values(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert marks[0] <= low and marks[-1] >= high and 2 <= len(marks) <= 12


def test_thumbnail_of_something_that_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    assert thumbnail(path) is None and thumbnail(tmp_path / "absent.jpg") is None
