"""Contradictions, and the report's section on reviews."""

from __future__ import annotations

import pandas as pd

from assets.datasets import dataset
from assets.files import write_json
from assets.home import Home
from assets.reports.page import contents
from assets.reports.posters import Thumbnails
from assets.reports.sentiment import sentiment_of
from assets.sentiment.contradictions import one_space
from assets.sentiment.tables import (
    BLAME,
    CONTRADICTIONS,
    MEASURED,
    PRAISE,
    UNLIKE,
    against_pictures,
    against_stars,
)
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


BOTH = SCORED.merge(REVIEWS, on="review_id")
SCALE = (1, 2, 3, 4, 5)


def test_stars_and_words_that_say_opposite_things() -> None:
    """A middling rating contradicts nothing, nor do words that are not clear."""
    found = against_stars(BOTH, SCALE)
    assert dict(zip(found.review_id, found.kind, strict=True)) == {"a": BLAME, "b": PRAISE}
    assert against_stars(BOTH[:0], SCALE).empty


def test_praise_of_another_picture_is_kept_once_an_item() -> None:
    """Not blame, not what suits, and nothing at all where words tell nothing of pictures."""
    praise = BOTH.assign(rating=5.0, probability=[0.99, 0.95, 0.99, 0.97, 0.2], item_id=["i1", "i1", "i2", "i3", "i4"])
    fit = pd.Series({"a": 0.01, "b": 0.004, "c": 0.9, "d": 0.02, "e": 0.0, "f": 1.0, "g": 1.0, "h": 1.0, "i": 1.0})
    assert against_pictures(praise, fit, SCALE).empty, "a mean of 0.55 is too near to chance"
    found = against_pictures(praise, pd.concat([fit, pd.Series(1.0, list("jklmnop"))]), SCALE)
    assert list(zip(found.review_id, found.item_id, found.fit, strict=True)) == [("b", "i1", 0.004), ("d", "i3", 0.02)]
    assert set(found.kind) == {UNLIKE} and list(found) == list(CONTRADICTIONS)
    assert against_pictures(praise, fit[:0], SCALE).empty


def test_two_towers_of_one_model_share_a_space_and_nothing_else_does(tmp_path) -> None:
    home = Home(root=str(tmp_path))
    home.embedding(NAME, "image").parent.mkdir(parents=True)

    def encoded(field: str, key: str, **facts: str) -> None:
        about = {"name": "pair", "revision": "r1"} | facts
        write_json(home.vectors / f"pair-{key}" / "encoder.json", about)
        pd.DataFrame({"encoder": [key * 2]}).to_parquet(home.embedding(NAME, field))

    encoded("review", "a" * 16)
    encoded("image", "b" * 16)
    assert one_space(home, NAME)
    for facts in ({"revision": "r2"}, {"name": "another"}):
        encoded("image", "b" * 16, **facts)
        assert not one_space(home, NAME)


def shop_with_sentiment(tmp_path) -> Shop:
    shop = Shop(tmp_path).with_pictures().train("bias", 1.0)
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
    pd.DataFrame(rows).astype(MEASURED).to_parquet(home.sentiment_metrics(NAME))
    unlike = against_stars(BOTH, SCALE)[:1].assign(kind=UNLIKE, fit=0.004)
    pd.concat([against_stars(BOTH, SCALE), unlike]).astype(CONTRADICTIONS).to_parquet(home.contradictions(NAME))
    return shop


def test_the_report_says_what_accuracy_is_worth_and_escapes_reviews(tmp_path) -> None:
    page = html_of(contents(shop_with_sentiment(tmp_path).material(), lambda line: None))
    section = page[page.index('id="sentiment"') : page.index("</section>", page.index('id="sentiment"'))]
    assert "The most frequent class alone is right in 62.0%" in section
    assert section.index("nbsvm") < section.index("majority")
    assert "furious &lt;script&gt;" in section and HOSTILE not in page
    assert "1 of “kind words, another picture”" in section and "suits 0.4% of other pictures less" in section
    assert section.count('class="card"') == 1 and "Picture of Film 1" in section


def test_without_sentiment_the_report_says_nothing_of_it(tmp_path) -> None:
    shop = Shop(tmp_path).train("bias", 1.0)
    assert sentiment_of(shop.material(), Thumbnails(shop.home, dataset(NAME), shop.material().images)) is None
    assert 'id="sentiment"' not in html_of(contents(shop.material(), lambda line: None))
