"""Contradictions, and the report's section on reviews."""

from __future__ import annotations

import pandas as pd

from assets.reports.page import contents
from assets.reports.sentiment import sentiment_of
from assets.sentiment.tables import BLAME, NO_METRICS, NO_ROWS, PRAISE, contradictions
from tests.assets.finished_shop import HOSTILE, NAME, Shop
from tests.assets.finished_shop import html as html_of

REVIEWS = pd.DataFrame(
    {
        "review_id": ["a", "b", "c", "d", "e"],
        "item_id": "i1",
        "text": [f"furious {HOSTILE}", "delighted", "so so", "fine", "delighted too"],
        "rating": [5.0, 1.0, 3.0, 5.0, 2.0],
    }
)
SCORED = pd.DataFrame(
    {"dataset": NAME, "review_id": ["a", "b", "c", "d", "e"], "model": "nbsvm", "fold": "test", "label": "positive",
     "probability": [0.02, 0.99, 0.99, 0.95, 0.6]}
)  # fmt: skip


def test_stars_and_words_that_say_opposite_things() -> None:
    """A middling rating contradicts nothing, nor do words that are not clear."""
    found = contradictions(REVIEWS, SCORED, (1, 2, 3, 4, 5))
    assert dict(zip(found.review_id, found.kind, strict=True)) == {"a": BLAME, "b": PRAISE}
    assert contradictions(REVIEWS, NO_ROWS, (1, 2, 3, 4, 5)).empty


def shop_with_sentiment(tmp_path) -> Shop:
    shop = Shop(tmp_path).train("bias", 1.0)
    rows = [
        {"dataset": NAME, "model": model, "head": "binary", "fold": fold, "metric": metric, "value": value, "n": 50,
         "fit_seconds": 1.5, "parameters": 9}
        for model, value in (("nbsvm", 0.91), ("majority", 0.62))
        for fold in ("valid", "test")
        for metric in ("accuracy", "macro_f1", "auc", "calibration_error", "rmse")
    ]  # fmt: skip
    home = shop.home
    home.review_sentiment(NAME).parent.mkdir(parents=True)
    SCORED.to_parquet(home.review_sentiment(NAME))
    pd.DataFrame(rows).astype(NO_METRICS.dtypes.to_dict()).to_parquet(home.sentiment_metrics(NAME))
    contradictions(REVIEWS, SCORED, (1, 2, 3, 4, 5)).to_parquet(home.contradictions(NAME))
    return shop


def test_the_report_says_what_accuracy_is_worth_and_escapes_reviews(tmp_path) -> None:
    page = html_of(contents(shop_with_sentiment(tmp_path).material(), lambda line: None))
    section = page[page.index('id="sentiment"') : page.index("</section>", page.index('id="sentiment"'))]
    assert "The most frequent class alone is right in 62.0%" in section
    assert section.index("nbsvm") < section.index("majority")
    assert "furious &lt;script&gt;" in section and HOSTILE not in page


def test_without_sentiment_the_report_says_nothing_of_it(tmp_path) -> None:
    shop = Shop(tmp_path).train("bias", 1.0)
    assert sentiment_of(shop.material()) is None
    assert 'id="sentiment"' not in html_of(contents(shop.material(), lambda line: None))
