"""Data Docs: every check is on them, they need no network, run no script, and are made only when something changed."""

from __future__ import annotations

import html
import re

import dagster as dg
import pytest

from assets.validation import gx
from assets.validation.checks import CHECKED, data_docs_page
from assets.validation.checks import outcomes as outcomes_of
from assets.validation.suites import SUITES

NAME = "sample-shop"
DOCS = dg.AssetSelection.assets("data_docs")
HOSTILE = """<script>alert("a&b")</script> $item {x} {{ 7 * 7 }} <img src=x onerror=alert(1)>"""


def materialized(run, home) -> dict:
    """The asset's metadata, as plain values."""
    result = run(home, DOCS)
    assert result.success
    return {k: v.value for k, v in result.asset_materializations_for_node("data_docs")[0].metadata.items()}


@pytest.fixture(scope="module")
def built(good, run):
    """The site of the good sample."""
    metadata = materialized(run, good(NAME))
    return data_docs_page(good(NAME), NAME), metadata


def test_every_check_and_every_suite_is_there(built, good):
    page, metadata = built
    text = page.read_text(encoding="utf-8")
    for asset in CHECKED:
        assert f'id="{asset}"' in text
        assert all(f"<code>{o.check}</code>" in text for o in outcomes_of(good(NAME), asset, NAME)[0])
    links = set(re.findall(r'href="([^"#]+)"', text))
    assert len(links) == 2 * len(SUITES) and all((page.parent / link).is_file() for link in links)
    assert metadata["path"] == str(page) and metadata["not_passed"] == "none"


def test_pages_link_to_each_other_and_to_nothing_else(built):
    for path in built[0].parent.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Content-Security-Policy" in text
        assert not re.search(r"<script|<link|<img|https?://|url\(", text)
        for link in re.findall(r'href="([^"#]+)"', text):
            assert (path.parent / link).resolve().is_file(), (path, link)


def test_great_expectations_counts_what_the_checks_counted(built):
    (page,) = built[0].parent.glob("validations/interactions/**/*.html")
    text = page.read_text(encoding="utf-8")
    assert "Succeeded" in text and "values must belong to this set" in text and "1.0" in text


def test_unchanged_results_are_neither_checked_nor_written_again(built, good, run, monkeypatch):
    def never(*arguments, **options):
        raise AssertionError("validated again")

    monkeypatch.setattr(gx, "validate", never)
    page = built[0]
    before = page.stat().st_mtime_ns
    again = materialized(run, good(NAME))
    assert again["computed"] is False and page.stat().st_mtime_ns == before


def test_hostile_values_are_shown_and_not_run(home, spoil, run):
    quoted = HOSTILE.replace("'", "''")
    spoil(home, "items", f"SELECT * REPLACE (CASE WHEN n < 9 THEN '{quoted}' || chr(7) ELSE title END AS title) FROM t")
    metadata = materialized(run, home)
    assert metadata["computed"] is True
    assert {"items.title_clean", "items.title_printable"} <= set(metadata["not_passed"].split(", "))
    page = data_docs_page(home, NAME)
    (detail,) = page.parent.glob("validations/items/**/*.html")
    for path in (page, detail):
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text and "<img" not in text
        assert "&lt;script&gt;alert(" in text and "$item {x} {{ 7 * 7 }}" in text
    assert "8 unexpected values found" in detail.read_text(encoding="utf-8")


def test_a_failure_shows_its_row_its_query_and_whether_it_blocks(home, spoil, run):
    spoil(home, "items", "FROM t UNION ALL (FROM t WHERE n = 1)")
    spoil(home, "items", "SELECT * REPLACE (NULL AS description) FROM t")
    materialized(run, home)
    text = data_docs_page(home, NAME).read_text(encoding="utf-8")
    assert re.search(r'class="failed">✗ failed</td>\s*<td><code>item_keys', text)
    assert re.search(r'class="warning">! warning</td>\s*<td><code>text_coverage', text)
    assert "SELECT item_id, count(*) AS occurrences FROM items" in text and "occurrences&#34;: 2" in text


def test_an_expectation_that_could_not_be_evaluated_says_why(home, spoil, run):
    spoil(home, "items", "SELECT * EXCLUDE year FROM t")
    materialized(run, home)
    page = data_docs_page(home, NAME)
    (detail,) = page.parent.glob("validations/items/**/*.html")
    for path in (page, detail):
        assert 'could not be evaluated: Error: The column "year"' in html.unescape(path.read_text(encoding="utf-8"))


def test_checks_say_where_their_page_is(good, run):
    evaluations = run(good(NAME)).get_asset_check_evaluations()
    assert {e.metadata["data_docs"].value for e in evaluations} == {str(data_docs_page(good(NAME), NAME))}
