"""The report's studies, the papers' tables rebuilt, what content is worth, and what is fair to compare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.datasets import dataset, datasets
from assets.reports.headline import ranking_agreement
from assets.reports.leaderboard import board
from assets.reports.papers import papers_of
from assets.reports.published import published_for, tables_for
from assets.reports.studies import place_of
from assets.sentiment.tables import MEASURED, empty
from assets.studies.declared import STUDIES, reference, study_of
from models.registry import recommender
from models.sentiment.registry import SENTIMENT
from models.splits import PROTOCOLS
from tests.assets.finished_shop import NAME, Shop
from tests.assets.finished_shop import html as html_of

POSTER = "poster-transformer"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A model that was varied, with another one beside it."""
    made = Shop(tmp_path)
    for seed in (0, 1):
        made.train(POSTER, 0.2, seed=seed, variant="cro").train(POSTER, 1.2, seed=seed, variant="sin")
        made.train(POSTER, 0.2, seed=seed, variant="lr=0.001").train(POSTER, 1.5, seed=seed, variant="lr=0.0001")
    return made


def value(shop: Shop, variant: str, metric: str = "rmse") -> float:
    rows = [r["value"] for r in shop.metrics if (r["variant"], r["metric"]) == (variant, metric)]
    return float(np.mean(rows))


def test_what_was_varied_stands_under_studies_and_on_no_leaderboard(shop: Shop) -> None:
    page = shop.page()
    assert [row.label for row in page["sections"][0]["board"].rows] == [f"{POSTER} cro", f"{POSTER} sin"]
    ((study, (table,)),) = page["studies"]
    assert (study.name, table.protocol.name) == ("learning-rate", "xia2024")
    assert [line.row.variant for line in table.lines] == ["cro", "lr=0.001", "lr=0.0001"]
    assert [line.reference for line in table.lines] == [True, False, False]
    html = html_of(page)
    assert 'id="studies"' in html and "lr=0.0001" in html and "learning rate" in table.chart.svg


def test_a_sweep_is_a_heat_map_of_distances_from_its_best(shop: Shop) -> None:
    page = shop.page()
    sweep = page["sweeps"]["learning-rate"]
    assert sweep.heads == ["0.0001", "0.001"] and [name for name, _ in sweep.rows] == [f"{POSTER}, xia2024"]
    far = value(shop, "lr=0.0001") - value(shop, "lr=0.001")
    assert sweep.rows[0][1] == [pytest.approx(far), 0.0]
    assert "The whole sweep" in html_of(page)


def test_a_difference_is_that_of_the_changed_model_minus_the_model_as_it_is(shop: Shop) -> None:
    none, same, worse = shop.page()["studies"][0][1][0].lines
    assert none.pair is None
    assert worse.pair.result.difference == pytest.approx(_pooled(shop, "lr=0.0001") - _pooled(shop, "cro"))
    assert worse.pair.significant and worse.pair.result.low > 0 and not same.pair.significant


def _pooled(shop: Shop, variant: str) -> float:
    cells = [r for r in shop.metrics if (r["variant"], r["metric"]) == (variant, "rmse")]
    return float(np.sqrt(sum(r["value"] ** 2 * r["n"] for r in cells) / sum(r["n"] for r in cells)))


def test_a_report_without_studies_says_nothing_of_them(tmp_path: Path) -> None:
    page = Shop(tmp_path).train("bias", 1.0).recommend("bias").page()
    assert page["studies"] == [] and page["worth"] == [] and 'id="studies"' not in html_of(page)


def test_a_protocol_whose_first_metric_was_not_measured_has_no_table(shop: Shop) -> None:
    for row in shop.metrics:
        row["metric"] = row["metric"].replace("rmse", "mae")
    assert shop.page()["studies"] == []


def test_numbers_in_variants_are_places_on_the_axis() -> None:
    share, rate = STUDIES["data-size"], STUDIES["learning-rate"]
    assert [place_of(share, v, "") for v in ("train=25%", "", "no-text")] == [25, 100, None]
    assert place_of(rate, "lr=0.0005", "cro") == 0.0005 and place_of(rate, "cro", "cro") is None
    assert place_of(STUDIES["batch-schedule"], "batch=growing", "") is None


# ---- papers' tables --------------------------------------------------------------------------------------------


def test_a_papers_table_is_rebuilt_line_by_line(shop: Shop) -> None:
    second, third = shop.page()["papers"]
    assert (second.table.place, second.heads) == ("Table 2, test A", ["Train RMSE", "RMSE"])
    lines = {line.label: (ours, numbers) for line, ours, numbers in second.lines}
    assert list(lines)[:3] == ["Item-CF", "User-CF", "SVD"] and lines["SVD"][1][1].ours is None
    ours, (train, test) = lines["Xia et al., cro"]
    assert ours == f"{POSTER} cro" and (train.printed, test.printed) == (0.965, 0.902)
    assert train.ours == pytest.approx(value(shop, "cro", "train_rmse"))
    assert test.ours == pytest.approx(value(shop, "cro")) and test.low == pytest.approx(test.ours - 0.1)
    rates = [(line.values[1], ours, numbers[1].ours) for line, ours, numbers in third.lines]
    assert rates == [
        (0.991, f"{POSTER} lr=0.001", pytest.approx(value(shop, "lr=0.001"))),
        (0.902, f"{POSTER} lr=0.0005", None),
        (1.058, f"{POSTER} lr=0.0001", pytest.approx(value(shop, "lr=0.0001"))),
    ]
    html = shop.html()
    assert "predicting the global mean already gives about 1.13" in html and "Table 3, test B" in html


@pytest.mark.parametrize("name", datasets())
def test_every_line_names_a_model_and_a_variant_that_there_are(name: str) -> None:
    for table in tables_for(dataset(name)):
        known = {measure.metric for measure in PROTOCOLS[table.protocol].metrics} | {"train_rmse"}
        assert set(table.metrics) <= known and table.note
        for line in table.rows:
            assert len(line.values) == len(table.metrics)
            if line.model in SENTIMENT:
                continue
            for variant in filter(None, (line.variant, line.setting)):
                assert variant in recommender(line.model).variants or study_of(line.model, variant)


def test_what_a_paper_does_not_print_is_shown_beside_what_reads_the_very_reviews(tmp_path: Path) -> None:
    """In the Amazon table: the share of likes, the recommender, and the classifier of the review itself."""
    shop, amazon = Shop(tmp_path), dataset(NAME).model_copy(update={"source": "amazon"})
    for model, variant in (("global-mean", ""), ("bert-cnn-mlp", ""), ("bert-cnn-mlp", "image-only")):
        shop.train(model, 1.0, "alexander2024", variant=variant)
    for row in shop.metrics:
        row["metric"] = {"rmse": "accuracy"}.get(row["metric"], row["metric"])
    told = empty(MEASURED).to_dict("list") | {
        "model": ["bilstm"] * 2, "metric": ["accuracy", "precision"], "value": [0.91, 0.93], "head": "binary",
    }  # fmt: skip
    path = shop.home.sentiment_metrics(NAME)
    path.parent.mkdir(parents=True)
    pd.DataFrame({key: value or 0 for key, value in told.items()}).assign(fold="test", dataset=NAME).to_parquet(path)
    (table,) = papers_of(replace(shop.material(), about=amazon))
    assert table.heads == ["Accuracy", "Precision", "Recall", "F1", "AUC"]
    lines = {line.label: (ours, numbers) for line, ours, numbers in table.lines}
    likes = [r["value"] for r in shop.metrics if (r["model"], r["metric"]) == ("global-mean", "accuracy")]
    assert [lines["everything is liked"][1][0].ours] == likes
    ours, (accuracy, precision, recall, *_) = lines["Unimodal (text), the review itself"]
    assert (ours, accuracy.ours, precision.ours, recall.ours) == ("bilstm", 0.91, 0.93, None)
    assert (accuracy.printed, recall.printed) == (0.78, 0.75) and np.isnan(precision.printed)
    ours, numbers = lines["Unimodal (image)"]
    assert ours == "the data has no pictures" and {number.ours for number in numbers} == {None}


def test_numbers_of_other_data_and_settings_of_studies_stand_on_no_leaderboard() -> None:
    assert {t.protocol for t in tables_for(dataset(NAME))} == {"xia2024", "jiang2024", "alexander2024"}
    assert {row.protocol for row in published_for(NAME)} == {"xia2024", "u1"}
    assert not [row for row in published_for(NAME) if study_of(row.model, row.variant)]


# ---- what content is worth -------------------------------------------------------------------------------------


def test_posters_are_held_against_none_and_other_films_and_noise(tmp_path: Path) -> None:
    shop = Shop(tmp_path).train(POSTER, 0.2, variant="cro").train(POSTER, 1.5, variant="sin")
    (worth,) = shop.train(POSTER, 0.2, variant="shuffled-image").page()["worth"]
    assert [(p.first, p.second) for p in worth.pairs] == [
        (f"{POSTER} cro", f"{POSTER} sin"), (f"{POSTER} cro", f"{POSTER} shuffled-image"),
    ]  # fmt: skip
    assert worth.answer == f"Real posters are better than {POSTER} sin only (p below .05)."


def test_on_cold_items_content_models_are_held_against_bias(tmp_path: Path) -> None:
    shop = Shop(tmp_path).train("bias", 2.0, "cold-item").train("svd", 0.1, "cold-item")
    shop.train("jiang", 0.1, "cold-item").train("content", 2.0, "cold-item")
    (worth,) = shop.page()["worth"]
    assert [(p.first, p.second) for p in worth.pairs] == [("jiang", "bias"), ("content", "bias")]
    assert worth.answer == "1 of 2 models that read content beat bias with p below .01."


def test_sentiment_is_held_against_doing_without_it_whichever_a_model_does_of_itself(tmp_path: Path) -> None:
    shop = Shop(tmp_path).train("bert-cnn-mlp", 0.1).train("bert-cnn-mlp", 1.5, variant="no-sentiment")
    shop.train("item-cf", 0.1).train("item-cf", 1.5, variant="sentiment").train("early-fusion", 1.0)
    (worth,) = shop.page()["worth"]
    assert [(p.first, p.second) for p in worth.pairs] == [
        ("bert-cnn-mlp", "bert-cnn-mlp no-sentiment"), ("item-cf sentiment", "item-cf"),
    ]  # fmt: skip
    assert [pair.result.difference < 0 for pair in worth.pairs] == [True, False]
    assert worth.answer == "1 of 2 are better with it, 1 worse (p below .05)."
    assert "Does the sentiment of reviews help?" in html_of(shop.page())


def test_where_likes_are_told_sentiment_is_also_judged_by_those_told_wrong(tmp_path: Path) -> None:
    protocol = "alexander2024"
    shop = Shop(tmp_path).train("item-cf", 3.0, protocol).train("item-cf", 0.1, protocol, variant="sentiment")
    for row in [row for row in shop.metrics if row["metric"] == "rmse"]:
        shop.metrics.append(row | {"metric": "accuracy", "value": 0.5})
    for path in shop.home.artifacts.rglob("record.json"):
        path.write_text('{"curve": [], "like_cutoff": 3.5}')
    by_rating, by_like = shop.page()["worth"]
    assert (by_rating.error, by_like.error) == ("RMSE", "the share of likes told wrong")
    assert by_like.pairs[0].significant and -1 <= by_like.pairs[0].result.difference < -0.1


# ---- what is fair ----------------------------------------------------------------------------------------------


def test_unlike_trial_budgets_are_warned_of(shop: Shop) -> None:
    assert "more than twice as many trials" not in shop.html()
    for row in shop.metrics:
        row["trials"] = 12 if row["variant"] == "cro" else 5
    page = shop.page()
    assert page["sections"][0]["board"].budgets == [(12, [f"{POSTER} cro"]), (5, [f"{POSTER} sin"])]
    assert "more than twice as many trials" in html_of(page)
    for row in shop.metrics:
        row["trials"] = 12 if row["variant"] == "cro" else 6
    assert shop.page()["sections"][0]["board"].budgets == []


@pytest.mark.parametrize(
    ("ndcg", "tau"), [([0.3, 0.2, 0.1], "1.00"), ([0.1, 0.2, 0.3], "-1.00"), ([0.3, 0.1, 0.2], "0.33")]
)
def test_agreement_of_orders_by_rmse_and_by_ndcg(ndcg: tuple[int, ...], tau: str) -> None:
    rows = [("xia2024", "rmse", None, model, value) for model, value in zip("abc", (0.8, 0.9, 1.0), strict=True)]
    rows += [("global-time", "ndcg", 20, model, value / 10) for model, value in zip("abc", ndcg, strict=True)]
    # The order by Recall@20, by which the board is sorted, is another one.
    rows += [("global-time", "recall", 20, model, 1 - value / 10) for model, value in zip("abc", ndcg, strict=True)]
    metrics = pd.DataFrame(rows, columns=["protocol", "metric", "k", "model", "value"])
    metrics = metrics.assign(variant="", seed=0, n=9, ci_low=np.nan, ci_high=np.nan, fit_seconds=1.0, trials=1)
    metrics = metrics.assign(peak_memory_mb=1.0).astype({"k": "Int32"})
    said = ranking_agreement([board(metrics, name, []) for name in ("xia2024", "global-time")])
    assert f"tau {tau} " in said and "3 models" in said
    assert ranking_agreement([board(metrics, "xia2024", [])]) is None


def test_the_variant_that_studies_compare_with_is_the_models_first() -> None:
    for study in STUDIES.values():
        assert all(reference(model) == recommender(model).variants[0] for model in study.models)
