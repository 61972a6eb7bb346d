"""What the report makes of `metric_slices`: errors of those who are hardly known, and lists beyond their hits."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.reports.leaderboard import board
from assets.reports.material import SLICED, Material
from assets.reports.page import contents
from assets.reports.slices import beyond, sliced
from tests.assets.finished_shop import Shop, html


def rows(protocol: str, metric: str, k: int | None, of_slice: dict[str, tuple[float | None, int]]) -> list[dict]:
    """A metric of each slice: (value, n), for two models and two seeds; the second model and seed a little more."""
    return [
        {
            "protocol": protocol, "seed": seed, "model": model, "variant": "", "study": "", "slice": name,
            "metric": metric, "k": k, "n": n,
            "value": None if value is None else value + seed / 10 + (model == "svd") / 100,
        }
        for seed in (0, 1) for model in ("bias", "svd") for name, (value, n) in of_slice.items()
    ]  # fmt: skip


@pytest.fixture
def material(tmp_path) -> Material:
    """Two models under a protocol that rates and one that ranks, with their slices."""
    shop = Shop(tmp_path)
    for seed in (0, 1):
        for protocol in ("xia2024", "global-time"):
            shop.train("bias", 0.4, protocol, seed).train("svd", 0.8, protocol, seed)
    made = shop.recommend("bias").material()
    errors = {"cold users": (None, 0), "sparse users": (1.5, 3), "warm users": (1.0, 27), "tail items": (1.2, 30),
              "head items": (None, 0), "with picture": (1.1, 10), "without picture": (1.3, 20)}  # fmt: skip
    found = rows("xia2024", "rmse", None, errors) + rows("global-time", "rmse", None, errors)
    found += rows("global-time", "recall", 20, {"sparse users": (0.1, 2), "warm users": (0.3, 7)})
    for name, value in (("coverage", 0.5), ("novelty", 3.0), ("users_left_out", 2)):
        found += rows("global-time", name, None if name == "users_left_out" else 20, {"all": (value, 9)})
    made.slices = pd.DataFrame(found, columns=SLICED).astype({"k": "Int32", "n": "Int64", "value": float})
    return made


def test_slices_are_means_over_seeds_and_those_that_say_nothing_are_left_out(material) -> None:
    (one,) = sliced(board(material.boards, "xia2024", []), material.slices, rates=True)
    assert (one.name, one.map.heads) == ("RMSE", ["sparse users", "warm users", "with picture", "without picture"])
    assert dict(one.map.rows)["bias"] == pytest.approx([1.55, 1.05, 1.15, 1.35])
    assert dict(one.map.rows)["svd"] == pytest.approx([1.56, 1.06, 1.16, 1.36])
    assert one.map.counts == [6, 54, 20, 40], "of both seeds"


def test_lists_are_sliced_by_what_they_find(material) -> None:
    (one,) = sliced(board(material.boards, "global-time", []), material.slices, rates=False)
    assert (one.name, one.map.heads, one.map.counts) == ("Recall@20", ["sparse users", "warm users"], [4, 14])


def test_beyond_accuracy_is_of_protocols_that_make_lists(material) -> None:
    assert beyond(board(material.boards, "xia2024", []), material.slices) is None
    one = beyond(board(material.boards, "global-time", []), material.slices)
    assert one.k == 20 and [name for name, _ in one.heads] == ["Coverage", "Novelty, bits"] and one.left_out == (2, 9)
    assert {row.label: values for row, values in one.rows}["bias"] == pytest.approx([0.55, 3.05])


def test_both_stand_where_a_reader_looks_and_nowhere_without_slices(material) -> None:
    from assets.reports.rendering import render

    pages = render(contents(material, lambda line: None))
    assert 'id="beyond"' in pages["index.html"] and "Novelty, bits" in pages["index.html"]
    assert 'id="slices"' in pages["errors.html"] and "sparse users" in pages["errors.html"]
    material.slices = material.slices[:0]
    bare = html(contents(material, lambda line: None))
    assert 'id="beyond"' not in bare and 'id="slices"' not in bare
