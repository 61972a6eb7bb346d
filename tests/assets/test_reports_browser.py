"""Pages in headless Chromium: nothing wider than a phone, tables that sort, no serious fault by axe-core."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from assets.reports.rendering import render
from tests.assets.browser import AXE, CHROMIUM, seen
from tests.assets.finished_shop import NAME, Shop

PAGES = ("index.html", "errors.html", "people.html")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A report of texts that have nothing to break at."""
    shop = Shop(tmp_path_factory.mktemp("shop"), categories=[["x" * 500]] * 10).with_pictures()
    users = shop.home.table(NAME, "users")
    pd.read_parquet(users).assign(attributes=json.dumps({"occupation": "W" * 500})).to_parquet(users)
    shop.train("svd", 0.1).train("bias", 1.5).recommend("svd").recommend("bias")
    for row in shop.lists:
        row["why"] = "near " + "y" * 10_000
    return render(shop.page())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_its_tables_sort(pages: dict[str, str], name: str) -> None:
    found = seen(pages[name], width=400)
    assert found["width"] == 400
    assert found["overflow"] <= 0 and found["wide"] == []
    assert found["sorted"] in (None, "ascending")
    if name == "index.html":
        assert found["sorted"] == "ascending"


@pytest.mark.skipif(not AXE, reason="AXE_CORE does not name axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault(pages: dict[str, str], name: str, dark: bool) -> None:
    found = seen(pages[name], width=1000, dark=dark)
    assert found["dark"] == dark
    assert [fault for fault in found["axe"] if fault[0] in ("serious", "critical")] == []
