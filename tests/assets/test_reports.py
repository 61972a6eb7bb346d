"""The report page: what a reader must find on it, and what must not be on it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from assets.datasets import dataset
from assets.files import digest, write_json
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.recommenders import Cell
from assets.reports.charts import ticks
from assets.reports.comparisons import LEVEL, pairs_of, resamples
from assets.reports.leaderboard import board
from assets.reports.material import load_material, popularity
from assets.reports.page import contents, render, summary
from assets.reports.posters import thumbnail
from assets.reports.published import published_for
from assets.reports.residuals import Fold, rmse_by
from models.registry import RECOMMENDERS
from models.splits import TEST

NAME = "ml-100k"
USERS, ITEMS = 12, 10
HOSTILE = "<script>alert('film')</script>"


class Shop:
    """A small finished dataset, written as the assets write it. Ratings follow the item; item 0 has a hostile title."""

    def __init__(self, root: Path, *, times: bool = True) -> None:
        self.home = Home(root=str(root / "home"), raw=str(root / "raw"))
        self.metrics: list[dict] = []
        self.lists: list[dict] = []
        self.random = np.random.default_rng(0)
        self._catalog(times)
        self._staging()

    def _catalog(self, times: bool) -> None:
        users, items = np.divmod(np.arange(USERS * ITEMS), ITEMS)
        self.ratings = np.clip(np.round(3 + (items % 3) - 1 + self.random.normal(0, 1, len(items))), 1, 5)
        self.users, self.items = [f"u{u:02}" for u in range(USERS)], [f"i{i}" for i in range(ITEMS)]
        times_of = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(users)), unit="D")
        titles = [HOSTILE, *(f"Film {i} & more" for i in range(1, ITEMS))]
        pictured = [i == 1 for i in range(ITEMS)]
        self._table(
            "users", {"user_id": self.users, "attributes": '{"age": 30, "zip": "12345"}', "interactions": ITEMS}
        )
        self._table(
            "items",
            {"item_id": self.items, "title": titles, "has_text": True, "has_image": pictured, "brand": None},
        )
        self._table(
            "interactions",
            {
                "user_id": np.array(self.users)[users], "item_id": np.array(self.items)[items],
                "rating": self.ratings, "ts": times_of if times else pd.NaT, "official_test": False,
            },
        )  # fmt: skip
        self.owner = users
        manifest = Manifest("interactions", NAME, "run", "1", "f", "v1", {})
        Manifests(self.home.path).save(manifest)

    def _table(self, name: str, columns: dict) -> None:
        frame = pd.DataFrame(columns)
        path = self.home.table(NAME, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if "ts" in frame:
            frame["ts"] = frame.ts.astype("datetime64[us]")
        frame.to_parquet(path, index=False)

    def _staging(self) -> None:
        folder = self.home.lake / NAME / "staging"
        folder.mkdir(parents=True)
        audit = {"source_file": "u.data", "sha256": "0" * 64, "bytes": 5, "rows_read": 121, "rows_loaded": 120}
        pd.DataFrame([audit | {"rows_rejected": 1, "rows_duplicate": 0}]).to_parquet(folder / "ingest_audit.parquet")
        reject = {"source_file": "u.data", "line": 7, "stage": "staging", "reason": "no rating", "raw": "<b>bad</b>"}
        pd.DataFrame([reject]).to_parquet(folder / "rejects.parquet")
        upstream = {"file:ml-100k/u.data": "ab" * 32}
        Manifests(self.home.path).save(Manifest("raw_files", NAME, "run", "1", "f", "v", upstream))

    def with_pictures(self) -> Shop:
        """Item 1 has a picture that is there, item 2 one that is broken."""
        folder = Path(self.home.raw)
        folder.mkdir(parents=True)
        Image.new("CMYK", (300, 450), (0, 200, 200, 0)).save(folder / "one.jpg")
        (folder / "two.jpg").write_text("<html>404</html>")
        rows = {
            "item_id": ["i1", "i2"],
            "path": ["one.jpg", "two.jpg"],
            "status": "found",
            "reason": None,
            "fetched_at": pd.NaT,
        }
        self._table("images", rows)
        return self

    def train(self, model: str, spread: float, protocol: str = "xia2024", seed: int = 0, variant: str = "") -> Shop:
        """Pretend that a model predicted every test rating with errors of this standard deviation."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        fold = (np.arange(len(self.ratings)) * 7 + seed) % 4
        fold = np.where(fold == 3, TEST, np.minimum(fold, 1)).astype(np.int8)
        path = self.home.fold(NAME, protocol, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"fold": fold}).replace_schema_metadata({"interactions": "v1"}), path)
        truth = self.ratings[fold == TEST]
        predicted = truth + self.random.normal(0, spread, len(truth))
        self._record(Cell(NAME, model, protocol, seed, variant), truth, predicted)
        return self

    def _record(self, cell: Cell, truth: np.ndarray, predicted: np.ndarray) -> None:
        folder, version = cell.folder(self.home), digest(cell.partition)
        folder.mkdir(parents=True)
        pd.DataFrame({"prediction": predicted}).to_parquet(folder / "predictions.parquet")
        curve = (
            [{"epoch": e, "train_rmse": 1 / e, "valid_rmse": 1.1 / e} for e in (1, 2, 3)] if cell.model == "svd" else []
        )
        write_json(folder / "record.json", {"curve": curve})
        Manifests(self.home.path).save(Manifest("recommender", cell.partition, "run", "1", "f", version, {}))
        common = vars(cell) | {"fit_seconds": 1.0, "peak_memory_mb": 100.0, "device": "cpu", "run_id": "run" * 4}
        common |= {"data_version": version, "code_version": "1", "ci_low": None, "ci_high": None, "n": None, "k": None}
        rmse = float(np.sqrt(np.mean((truth - predicted) ** 2)))
        measured = {"metric": "rmse", "value": rmse, "ci_low": rmse - 0.1, "ci_high": rmse + 0.1, "n": len(truth)}
        if cell.protocol == "global-time":
            measured = {"metric": "recall", "k": 20, "value": 0.2, "n": 9}
        for row in (measured, {"metric": "valid_rmse", "value": rmse}, {"metric": "train_rmse", "value": rmse / 2}):
            self.metrics.append(common | row | {"metric_id": digest(version, row["metric"])[:16]})

    def recommend(self, model: str) -> Shop:
        """Three items for every user, each with a hostile reason."""
        for user in self.users:
            rows = {"dataset": NAME, "model": model, "user_id": user, "why": "near <i>Film</i>"}
            self.lists += [rows | {"rank": r + 1, "item_id": self.items[r], "score": 5.0 - r} for r in range(3)]
        return self

    def page(self) -> dict:
        """The contents of the report."""
        lake = self.home.lake / NAME
        rows = pd.DataFrame(self.metrics).astype({"k": "Int32", "n": "Int64", "ci_low": float, "ci_high": float})
        rows.to_parquet(lake / "metrics.parquet", index=False)
        columns = ["dataset", "model", "user_id", "rank", "item_id", "score", "why"]
        pd.DataFrame(self.lists, columns=columns).to_parquet(lake / "recommendations.parquet", index=False)
        return contents(load_material(self.home, dataset(NAME)), lambda line: None)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two models, two seeds, pictures and lists."""
    made = Shop(tmp_path).with_pictures()
    for seed in (0, 1):
        made.train("svd", 0.1, seed=seed).train("bias", 1.5, seed=seed)
    return made.recommend("svd").recommend("bias")


def test_text_from_data_is_escaped(shop: Shop) -> None:
    html = render(shop.page())
    assert HOSTILE not in html and "<b>bad</b>" not in html and "<i>Film</i>" not in html
    assert "&lt;script&gt;alert(&#39;film&#39;)&lt;/script&gt;" in html and "&lt;b&gt;bad&lt;/b&gt;" in html


def test_nothing_is_loaded_from_elsewhere(shop: Shop) -> None:
    html = render(shop.page())
    sources = re.findall(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", html)
    assert sources and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not re.search(r"<(link|iframe|object|embed|base)\b|@import|url\(|<script[^>]+src", html)


def test_items_without_a_whole_picture_get_a_placeholder(shop: Shop) -> None:
    html = render(shop.page())
    assert 'alt="Picture of Film 1 &amp; more"' in html
    assert 'aria-label="No picture of Film 2 &amp; more"' in html, "its file is an HTML error page"
    assert 'aria-label="No picture of Film 3 &amp; more"' in html, "it never had one"


def test_published_numbers_stand_beside_ours(shop: Shop) -> None:
    page = shop.page()
    one = page["sections"][0]["board"]
    assert [(row.label, [p.value for p in row.published]) for row in one.rows] == [("svd", [2.298]), ("bias", [])]
    assert {0.994, 0.947, 1.004, 0.992, 0.987, 0.902, 2.812, 2.31} <= {p.value for p in one.published_only}
    html = render(page)
    assert "2.298" in html and "Siet&#39;s work" in html and "0.902" in html
    assert "GLocal-K" in html, "u1 was not run, so its records stand apart"


def test_page_says_what_is_best_and_that_random_splits_leak(shop: Shop, tmp_path: Path) -> None:
    page = shop.page()
    assert (
        page["headline"].startswith("svd has the lowest test RMSE under xia2024") and "significant" in page["headline"]
    )
    assert "leaky by design" in render(page)
    text = summary(page, tmp_path / "index.html")
    assert text.startswith(f"**{page['headline']}**") and "| svd |" in text and "file://" in text


def test_provenance_names_files_versions_and_metric_ids(shop: Shop) -> None:
    html = render(shop.page())
    assert "ab" * 32 in html and digest(Cell(NAME, "svd", "xia2024", 0, "").partition)[:16] in html
    assert all(row["metric_id"] in html for row in shop.metrics if row["metric"] == "rmse")
    assert "12345" not in html, "ZIP codes are not for readers"


def test_same_inputs_give_the_same_bytes(shop: Shop) -> None:
    assert render(shop.page()) == render(shop.page())


def test_one_model_one_seed_no_pictures_no_times(tmp_path: Path) -> None:
    html = render(Shop(tmp_path, times=False).train("bias", 1.0).recommend("bias").page())
    assert "nothing to compare it with" in html and "no times in the source" in html and "<img" not in html


def test_ranking_protocol_alone_and_no_lists(tmp_path: Path) -> None:
    page = Shop(tmp_path).train("bias", 1.0, "global-time").train("svd", 1.0, "global-time").page()
    assert page["headline"].startswith("bias has the highest test Recall@20 under global-time")
    html = render(page)
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
