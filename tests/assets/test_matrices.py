"""Structured features have the codes that models count on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.datasets import dataset
from assets.home import Home
from assets.manifests import Manifest, Manifests
from assets.matrices import item_fields, load_features, user_fields


def test_user_fields_in_the_papers_order_with_zero_for_unknown():
    users = pd.DataFrame({"attributes": [
        '{"gender": "F", "age": 24, "occupation": "writer", "zip": "85711"}',
        '{"gender": "M", "age": 1, "occupation": "artist", "zip": "85799"}',
        "{}",
    ]})  # fmt: skip
    fields = user_fields(users)
    assert list(fields) == ["age", "zip", "occupation", "gender"]
    assert fields["age"].values.tolist() == [2, 1, 0]
    assert fields["zip"].values.tolist() == [1, 1, 0], "a ZIP code is its region"
    assert fields["gender"].values.tolist() == [1, 2, 0]
    assert all(field.values.max() < field.size for field in fields.values())


def test_item_fields_are_those_that_the_dataset_has():
    items = pd.DataFrame({
        "categories": [["b", "a"], [], ["a"]], "brand": ["x", "x", "once"], "price": [1.0, None, 9.0],
        "year": pd.array([1902, 1995, None], dtype="Int32"),
    })  # fmt: skip
    fields = item_fields(items)
    assert fields["genre"].values.tolist() == [[1, 1], [0, 0], [1, 0]]
    assert fields["brand"].values.tolist() == [1, 1, 0], "a brand of one item says nothing"
    assert fields["price"].values[1] == 0 and np.all(fields["price"].values < fields["price"].size)
    assert fields["year"].values.tolist() == [1, 16, 0] and fields["year"].size == 17, "five years are one period"
    bare = item_fields(pd.DataFrame({"categories": [[]], "brand": [None], "price": [None], "year": [None]}))
    assert bare == {}


def test_vectors_of_other_items_than_there_are_now_are_refused(tmp_path):
    home, name = Home(root=str(tmp_path)), "sample-shop"

    def made(asset, version, upstream):
        manifest = Manifest(asset, name, "run", "1", f"{asset} {version}", version, upstream)
        Manifests(home.path).save(manifest)

    made("items", "new", {})
    made("text_embeddings", "t", {f"items@{name}": "new"})
    made("image_embeddings", "i", {f"items@{name}": "old"})
    with pytest.raises(LookupError, match="image_embeddings of sample-shop was made from other items"):
        load_features(home, dataset(name), None)
