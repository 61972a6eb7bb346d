"""Profiles by period, from a small catalog to the table and the report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.datasets import dataset
from assets.profiles import FEWEST, leanings, profiles, unit_of
from assets.reports.page import contents
from assets.reports.tastes import tastes_of
from tests.assets.finished_shop import NAME, USERS, Shop, two_groups
from tests.assets.finished_shop import html as html_of


@pytest.mark.parametrize(
    ("days", "unit"), [(2000, "year"), (600, "quarter"), (200, "month"), (40, "week"), (10, "day"), (1, "day")]
)
def test_the_unit_is_the_coarsest_that_fills_four_periods(days: int, unit: str) -> None:
    times = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.linspace(0, days, 200), unit="D"))
    assert unit_of(times) == unit


def test_a_few_ratings_long_ago_do_not_make_the_periods_coarse() -> None:
    times = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.linspace(0, 200, 200), unit="D"))
    assert unit_of(pd.concat([times, pd.Series([pd.Timestamp("1999-01-01")] * 5)])) == "month"


def test_leanings_are_what_stands_out_and_not_what_is_common() -> None:
    categories = pd.Series([["Drama", "War"], ["Drama"], ["Drama", "Comedy"], None])
    found = leanings(categories, np.array([0, 0, 2, 3]), np.array([0, 0, 1, 2]), 4)
    assert found == [["War"], ["Comedy"], [], []]


def shop(tmp_path) -> Shop:
    """12 users, each of whom rates eight items a month from January on, six in April; half the items are of a kind."""
    made = Shop(tmp_path, items=30, categories=[["A"] if i % 2 else ["B"] for i in range(30)]).train("bias", 1.0)
    path = made.home.table(NAME, "interactions")
    rows = pd.read_parquet(path)
    month = pd.to_timedelta(31 * (rows.item_id.str[1:].astype(int) // 8), unit="D")
    rows.assign(ts=(pd.Timestamp("2020-01-02") + month).astype("datetime64[us]")).to_parquet(path)
    items = pd.read_parquet(made.home.table(NAME, "items"))
    items.assign(price=np.nan, year=np.nan).to_parquet(made.home.table(NAME, "items"))
    vectors, _ = two_groups(30)
    for field, table in (("image", vectors), ("title", vectors), ("introduction", vectors)):
        made.with_vectors(field, table)
        keys = pd.DataFrame({"item_id": made.items, "encoder": "e", "key": "k"})
        keys.to_parquet(made.home.embedding(NAME, field))
    return made


def test_a_row_for_each_user_period_and_modality(tmp_path) -> None:
    made = shop(tmp_path)
    rows = profiles(made.home, dataset(NAME))
    interactions = pd.read_parquet(made.home.table(NAME, "interactions"))
    assert set(rows.modality) == {"image", "text"} and set(rows.unit) == {"month"}
    assert not rows.duplicated(["user_id", "period", "modality"]).any() and rows.interactions.min() >= FEWEST
    assert (rows.groupby("user_id").period.nunique() == 4).all() and rows.mean_sentiment.isna().all()
    one = rows[rows.modality == "text"].iloc[0]
    month = interactions.ts.dt.to_period("M").dt.start_time == one.period
    of = interactions[(interactions.user_id == one.user_id) & month]
    assert (one.interactions, one.liked) == (len(of), int((of.rating >= 4).sum()))
    assert one.mean_rating == pytest.approx(of.rating.mean())
    assert (rows.groupby(["user_id", "modality"]).similarity.count() >= 1).all()
    assert set(rows.leans_to.explode().dropna()) <= {"A", "B"}


def test_sentiment_of_what_was_written_joins_in(tmp_path) -> None:
    made = shop(tmp_path)
    path = made.home.table(NAME, "interactions")
    rows = pd.read_parquet(path)
    rows.assign(review_id=[f"r{n}" for n in range(len(rows))]).to_parquet(path)
    made.home.review_sentiment(NAME).parent.mkdir(parents=True)
    scored = pd.DataFrame({"review_id": [f"r{n}" for n in range(len(rows))], "probability": 0.75})
    scored[::2].to_parquet(made.home.review_sentiment(NAME))
    assert profiles(made.home, dataset(NAME)).mean_sentiment.tolist() == pytest.approx([0.75] * 2 * 4 * USERS)


def test_without_times_there_are_no_profiles(tmp_path) -> None:
    made = Shop(tmp_path, times=False).train("bias", 1.0)
    rows = profiles(made.home, dataset(NAME))
    assert rows.empty and "similarity" in rows
    rows.to_parquet(made.home.profiles_over_time(NAME))
    assert tastes_of(made.material()) is None
    assert 'id="tastes"' not in html_of(contents(made.material(), lambda line: None))


def test_the_report_tells_how_far_tastes_moved(tmp_path) -> None:
    made = shop(tmp_path)
    rows = profiles(made.home, dataset(NAME))
    rows["similarity"], rows["similarity_by_chance"] = rows.similarity * 0 + 0.2, rows.similarity * 0 + 0.5
    rows.to_parquet(made.home.profiles_over_time(NAME))
    found = tastes_of(made.material())
    assert [one.modality for one in found.moved] == ["image", "text"] and found.unit == "month"
    assert all(one.moved == pytest.approx(0.3) and one.told for one in found.moved)
    assert found.periods[0]["period"] == "2020-01" and not found.has_sentiment
    page = html_of(contents(made.material(), lambda line: None))
    section = page[page.index('id="tastes"') : page.index("</section>", page.index('id="tastes"'))]
    assert "+0.300" in section and "text, by chance" in section and "2020-01" in section
