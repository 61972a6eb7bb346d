"""The report's embedding spaces: what is drawn, counted, found near and pasted, on data whose answer is plain."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from assets.manifests import Manifest
from assets.reports import item_space, neighbours
from assets.reports.categories import NONE, MainCategories, main_categories
from assets.reports.facts import encoders
from assets.reports.item_space import matrix_of, sampled, unit
from assets.reports.likeness import Likeness, likeness
from assets.reports.neighbours import known_items
from assets.reports.scatter import LABEL_HEIGHT, SIDE, projected, scatter
from assets.reports.space import FieldSpace, sentence, space
from tests.assets.finished_shop import HOSTILE, NAME, Shop, two_groups

ITEMS = 60


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two kinds of film that titles tell apart perfectly and introductions not at all; item 5 has no title's vector."""
    vectors, codes = two_groups()
    vectors[5] = 0
    made = Shop(tmp_path, items=ITEMS, categories=[[("Comedy", "<b>Drama</b>")[code], "Film"] for code in codes])
    noise = np.random.default_rng(1).normal(size=(ITEMS, 8))
    made.with_pictures().with_vectors("title", vectors).with_vectors("introduction", noise)
    return made.train("bias", 1.0)


def content(shop: Shop) -> str:
    """The section of the page, as HTML."""
    return re.search(r'<section aria-labelledby="space".*?</section>', shop.html(), re.DOTALL)[0]


def test_two_kinds_that_the_encoder_tells_apart(shop: Shop) -> None:
    shop.page()
    shown = space(shop.material())
    titles, introductions = shown.fields
    assert (titles.name, titles.items, introductions.items) == ("titles", ITEMS - 1, ITEMS)
    assert titles.likeness.share == 1.0 and titles.likeness.chance == pytest.approx(0.5, abs=0.02)
    assert titles.likeness.telling and not introductions.likeness.telling
    assert shown.sentence == (
        "The titles tell most about the category: of an item's 10 nearest, 100% share its main category, where chance "
        "gives 49%. The introductions tell no more than chance."
    )
    assert shown.categories == [("<b>Drama</b>", 30), ("Comedy", 30)], "every item is a Film, which tells nothing"


def test_nothing_is_told_apart(shop: Shop) -> None:
    shop.page()
    _, introductions = space(shop.material()).fields
    assert "no more often than chance" in sentence([introductions])
    assert sentence([FieldSpace("titles", 3, False, introductions.scatter, None)]) == ""


def test_the_two_kinds_stand_apart_in_the_picture() -> None:
    vectors, codes = two_groups()
    places, variance = projected(vectors)
    assert (
        places[codes == 0, 0].max() < places[codes == 1, 0].min()
        or places[codes == 1, 0].max() < places[codes == 0, 0].min()
    )
    assert 0.5 < variance[0] <= 1 and variance[0] > variance[1]


def test_signs_are_fixed() -> None:
    vectors, _ = two_groups()
    places, _ = projected(vectors)
    again, _ = projected(vectors[::-1].copy())
    assert places == pytest.approx(again[::-1], abs=1e-4), "the order of the items must not mirror the picture"


def test_same_inputs_give_the_same_section(shop: Shop) -> None:
    assert content(shop) == content(shop)


def test_hostile_titles_and_categories_are_escaped(shop: Shop) -> None:
    html = content(shop)
    assert HOSTILE not in html and "<b>Drama" not in html
    assert f"<title>{escape(HOSTILE)}</title>" in html and "&lt;b&gt;Drama&lt;/b&gt;" in html


def test_items_without_vectors_are_nobodys_neighbours(shop: Shop) -> None:
    shop.page()
    shown = space(shop.material())
    lists = [near for item in shown.known for name, near in item.lists if name == "titles"]
    assert all(len(near) == neighbours.NEAREST for near in lists)
    assert all(one.title != "Film 5 & more" for near in lists for one in near)
    assert all(item.title != "Film 5 & more" for item in shown.known), "items with every field come first"


class NoPictures:
    """As Thumbnails of a dataset that has none."""

    def of(self, item_id: str) -> None:
        """There is no picture."""


def test_no_content_is_not_nearer_than_unlike_content(shop: Shop) -> None:
    vectors = np.eye(ITEMS) - 1 / ITEMS  # every cosine is below zero, which is that with a row of zeros
    vectors[20:] = 0
    vectors[5] = 0
    shop.page()
    categories = main_categories(shop.material().catalog.items)
    known = known_items(shop.material().catalog, {"titles": vectors.astype(np.float32)}, categories, NoPictures())
    assert all(one.similarity < 0 for item in known for one in item.lists[0][1])


def test_a_known_item_without_one_field_says_so(shop: Shop) -> None:
    even = (np.arange(ITEMS) % 2 == 0)[:, None]
    vectors, _ = two_groups()
    shop.with_vectors("title", np.where(even, vectors, 0)).with_vectors("introduction", np.where(even, 0, vectors))
    assert content(shop).count("It has none.") == neighbours.KNOWN, "every item has one of the two"
    shop.with_vectors("title", np.zeros((ITEMS, 4)))
    assert [one.name for one in space(shop.material()).fields] == ["introductions"]


def test_neighbours_are_the_nearest_by_cosine(shop: Shop) -> None:
    shop.page()
    material = shop.material()
    vectors = unit(np.load(shop.home.matrix(NAME, "introduction")))
    similar = vectors @ vectors.T
    for item in space(material).known:
        row = material.catalog.items.title.tolist().index(item.title)
        near = dict(item.lists)["introductions"]
        expected = np.sort(np.delete(similar[row], row))[::-1][: neighbours.NEAREST]
        assert [one.similarity for one in near] == pytest.approx(expected, abs=1e-5)


def test_without_pictures_there_are_titles_only(tmp_path: Path) -> None:
    vectors, _ = two_groups()
    made = Shop(tmp_path, items=ITEMS).with_vectors("title", vectors).train("bias", 1.0)
    html = content(made)
    assert "<img" not in html and 'class="none"' not in html and "Film 1 &amp; more" in html
    assert "no categories to colour them by" in html and "<table" not in html


def test_pictures_stand_beside_titles_and_gaps_where_there_is_none(shop: Shop) -> None:
    html = content(shop)
    assert 'src="data:image/jpeg;base64,' in html and '<span class="none"></span>' in html


def test_without_vectors_the_section_says_so(tmp_path: Path) -> None:
    made = Shop(tmp_path, items=ITEMS).train("bias", 1.0)
    assert "No content field has vectors" in content(made)
    made.with_vectors("image", np.zeros((ITEMS, 0))).with_vectors(
        "title", np.eye(ITEMS)[:ITEMS] * (np.arange(ITEMS) < 9)
    )
    assert "No content field has vectors" in content(made), "none has a picture, and nine titles show nothing"


def test_vectors_of_other_items_are_refused(shop: Shop) -> None:
    shop.page()
    shop.with_vectors("title", np.ones((ITEMS + 1, 4)))
    with pytest.raises(ValueError, match="materialize text_embeddings and image_embeddings again"):
        matrix_of(shop.material(), "title")


class Counting(np.ndarray):
    """An array that counts how many rows were read of it."""

    read = 0

    def __getitem__(self, key):
        Counting.read += len(key)
        return super().__getitem__(key).view(np.ndarray)


def test_a_sample_reads_no_more_than_it_needs() -> None:
    matrix = np.ones((200_000, 1), dtype=np.float32)
    matrix[::2] = 0
    rows = sampled(matrix.view(Counting), 500)
    assert Counting.read == item_space.BLOCK
    assert len(rows) == 500 and (rows % 2 == 1).all() and (np.diff(rows) > 0).all()
    assert 80_000 < rows.mean() < 120_000, "drawn from everywhere"
    assert (rows == sampled(matrix, 500)).all()


def test_copies_count_once() -> None:
    vectors, _ = two_groups(200)
    codes = np.random.default_rng(2).integers(0, 2, 200)
    copied = likeness(np.repeat(vectors, 12, axis=0), np.repeat(codes, 12))
    assert copied.items == 200 and not copied.telling, "twelve copies of each would be each other's neighbours"


def test_items_without_a_category_and_too_few_are_left_out() -> None:
    vectors, codes = two_groups()
    found = likeness(vectors, np.where(np.arange(ITEMS) < 20, NONE, codes))
    assert isinstance(found, Likeness) and found.items == ITEMS - 20
    assert likeness(vectors, np.where(np.arange(ITEMS) < 50, NONE, codes)) is None
    assert likeness(vectors, np.zeros(ITEMS, dtype=int)) is None


def test_the_main_category_is_the_rarest_of_the_frequent() -> None:
    listed = [["Drama"], ["Drama", "War"], ["War"], ["Comedy", "Rare"], ["Comedy"], ["Comedy"], ["Drama"], None, []]
    found = main_categories(pd.DataFrame({"categories": listed}))
    assert found.names[:2] == ["Comedy", "Drama"] and found.counts()[found.names.index("War")] == 2
    assert [found.of(row) for row in range(9)] == [
        "Drama", "War", "War", "Rare", "Comedy", "Comedy", "Drama", "", "",
    ]  # fmt: skip


def test_a_category_that_rarer_ones_use_up_makes_room() -> None:
    listed = [["Japanese", "Sushi"]] * 20 + [["Japanese", "Ramen"]] * 15 + [[f"C{i % 6}"] for i in range(60)]
    found = main_categories(pd.DataFrame({"categories": listed}))
    assert "Japanese" not in found.names and set(found.names) > {"Sushi", "Ramen"} and min(found.counts()) >= 10


def test_names_never_cover_one_another() -> None:
    codes = np.arange(70) % 7
    vectors = np.random.default_rng(0).normal(size=(70, 5)).astype(np.float32)
    categories = MainCategories([f"Category {k}" for k in range(7)], codes)
    drawn = scatter(vectors, np.arange(70), ["x"] * 70, categories, "alt").svg
    heights = sorted(int(y) for y in re.findall(r'<text [^>]*y="(\d+)"', drawn))
    assert len(heights) == 7 and min(np.diff(heights)) >= LABEL_HEIGHT - 1 and 0 < heights[0] < heights[-1] < SIDE


def test_encoders_tell_what_their_manifests_know() -> None:
    old = {"encoder": "histogram", "seconds": 2.0, "identity": {"dimension": 184}}
    new = {"encoder": "MiniLM", "identity": {"dimension": 384, "pooling": "mean", "precision": "bfloat16"}}
    new["engine"] = {
        "encoded": 0,
        "from_cache": 1200,
        "items_per_second": None,
        "padding_share": 0.031,
        "device": "cpu",
    }
    manifests = {
        name: Manifest(name, NAME, "run", "1", "f", "v", {}, metadata=metadata)
        for name, metadata in (("text_embeddings", new), ("image_embeddings", old))
    }
    told = encoders(manifests)
    rows = dict(told.rows)
    assert told.contents == ["titles and introductions", "pictures"] and rows["Encoder"] == ["MiniLM", "histogram"]
    assert rows["Contents encoded"] == ["0", "–"] and rows["Found in the cache"] == ["1,200", "–"]
    assert rows["Padding among tokens"] == ["3.1%", "–"] and rows["Seconds"] == ["–", "2.0"]
    assert rows["Precision"] == ["bfloat16", "–"] and "Contents per second" not in rows and "Revision" not in rows
    assert encoders({}).contents == []
