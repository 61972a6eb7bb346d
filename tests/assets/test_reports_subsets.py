"""The error from each subset of modalities, as the report tells it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.cells import Cell
from assets.reports.page import contents
from assets.reports.subsets import subsets_of
from assets.subsets import PAIRS, SUBSETS, asked_rows, subsets
from models.splits import PROTOCOLS
from tests.assets.finished_shop import NAME, Shop
from tests.assets.finished_shop import html as html_of

MODALITIES = ("text", "audio", "behaviour")


def test_subsets_are_all_that_are_not_empty_the_largest_first():
    made = subsets(MODALITIES)
    assert len(made) == 7 and made[0] == MODALITIES and made[1] == ("text", "audio") and made[-1] == ("behaviour",)


def test_no_more_pairs_than_so_many_are_asked_for_and_each_once():
    for n in (0, 1, 7, PAIRS, 3 * PAIRS + 5):
        rows = asked_rows(n)
        assert len(rows) == min(n, PAIRS) == len(set(rows)) and (not n or (rows[0], rows[-1]) == (0, n - 1))


def shop_with(tmp_path, errors: dict[str, float], model: str = "early-fusion") -> Shop:
    """One whose model is so far off from each subset."""
    shop = Shop(tmp_path).train(model, 0.1).train("bias", 1.0)
    cell = Cell(NAME, model, "xia2024", 0, "")
    n = len(pd.read_parquet(cell.folder(shop.home) / "predictions.parquet"))
    fold = (np.arange(len(shop.ratings)) * 7) % 4 == 3
    truth = shop.ratings[fold]
    parts = [pd.DataFrame({"row": np.arange(n), "subset": s, "prediction": truth + e}) for s, e in errors.items()]
    pd.concat(parts).to_parquet(cell.folder(shop.home) / SUBSETS)
    return shop


def test_every_subset_has_its_error_and_what_is_missing(tmp_path):
    errors = {"+".join(some): 0.1 * (4 - len(some)) for some in subsets(MODALITIES)}
    material = shop_with(tmp_path, errors).material()
    (table,) = subsets_of(material, [PROTOCOLS["xia2024"]])
    assert table.models == ["early-fusion"] and not table.sampled and not table.lines[0].missing
    for line in table.lines:
        ((value, difference),) = line.values
        assert value == pytest.approx(0.1 * (4 - len(line.modalities)))
        assert difference == pytest.approx(0.1 * len(line.missing), abs=1e-9)
        assert set(line.modalities) | set(line.missing) == set(MODALITIES)
    page = html_of(contents(material, lambda line: None))
    assert "When modalities are missing" in page and "text, behaviour" in page and "--without text" in page


def test_without_fusion_models_there_is_no_such_section(tmp_path):
    material = Shop(tmp_path).train("bias", 1.0).material()
    assert subsets_of(material, [PROTOCOLS["xia2024"]]) == []
    assert "When modalities are missing" not in html_of(contents(material, lambda line: None))
