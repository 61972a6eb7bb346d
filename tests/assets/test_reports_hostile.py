"""Titles, reasons and rejected records that try to break a page: none becomes markup, none fills the page."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from assets.reports.material import REASON_LENGTH, TITLE_LENGTH
from assets.reports.rendering import render
from tests.assets.finished_shop import NAME, Shop

VOID = {"meta", "img", "br", "hr", "link", "input"}
NASTY = {
    "script": "<script>alert(1)</script>",
    "closing": "</td></table></main></body><h1>mine</h1>",
    "right to left": "سلام \u202eevil\u202c עברית",
    "quotes": '"onmouseover="alert(2)" x=\'',
    "style": "</style><style>*{display:none}",
    "comment": "<!-- never closed",
    "template": "{{ 7 * 7 }}{% raw %}",
    "nothing to break at": "x" * 10_000,
    "controls": "a\x00b\x07c\ufeff",
}


class Strict(HTMLParser):
    """Fails where a tag is not closed in turn; keeps elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, tag == "bdi" or dict(attributes).get("dir") == "auto"))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, f"</{tag}> where another element is open"

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if "\u202e" in data:
            assert any(isolated for _, isolated in self.open), f"not kept to itself: {data!r} in {self.open}"


def parsed(html: str) -> Strict:
    strict = Strict()
    strict.feed(html)
    strict.close()
    assert not strict.open, strict.open
    return strict


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A report in which every text that comes from data is one of NASTY."""
    shop = Shop(tmp_path_factory.mktemp("nasty"), categories=[[text] for text in NASTY.values()] + [["Drama"]])
    shop.with_pictures()
    for table, column in (("items", "title"), ("users", "attributes")):
        path = shop.home.table(NAME, table)
        rows = pd.read_parquet(path)
        texts = (list(NASTY.values()) * 2)[: len(rows)]
        rows[column] = [f'{{"occupation": {text!r}}}' for text in texts] if column == "attributes" else texts
        if column == "attributes":
            rows[column] = pd.Series([pd.Series({"occupation": text}).to_json() for text in texts])
        rows.to_parquet(path, index=False)
    rejected = [
        {"source_file": text[:200], "line": 7, "stage": "staging", "reason": f"{key} {text[:50]}", "raw": text}
        for key, text in NASTY.items()
    ]  # fmt: skip
    pd.DataFrame(rejected).to_parquet(shop.home.lake / NAME / "staging" / "rejects.parquet")
    shop.train("svd", 0.1).train("bias", 1.5).recommend("svd").recommend("bias")
    for row, text in zip(shop.lists, list(NASTY.values()) * 10, strict=False):
        row["why"] = f"near {text}, which you liked"
    return render(shop.page())


def test_every_page_is_whole_and_runs_only_our_script(pages: dict[str, str]) -> None:
    assert len(pages) > 6
    for name, html in pages.items():
        found = parsed(html)
        tags = [tag for tag, _ in found.elements]
        assert (tags.count("script"), tags.count("style"), tags.count("h1")) == (1, 1, 1), name
        assert not {"iframe", "object", "embed", "base", "link"} & set(tags), name
        for tag, attributes in found.elements:
            assert not [key for key in attributes if key.startswith("on")], (name, tag, attributes)
            assert "javascript:" not in (attributes.get("href") or ""), name


def test_the_texts_are_shown_as_they_are(pages: dict[str, str]) -> None:
    people, quality = ("".join(parsed(pages[name]).text) for name in ("people.html", "quality.html"))
    assert "<script>alert(1)</script>" in people and "</td></table></main></body><h1>mine</h1>" in people
    for text in ("</style><style>*{display:none}", "{{ 7 * 7 }}{% raw %}", "<!-- never closed", '"onmouseover='):
        assert text in quality


def test_no_text_fills_a_page(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        assert "x" * (max(TITLE_LENGTH, REASON_LENGTH) + 1) not in html, name


def test_right_to_left_text_stays_in_its_own_element(pages: dict[str, str]) -> None:
    assert "\u202e" in pages["people.html"] and "\u202e" in pages["quality.html"]
    for html in pages.values():
        parsed(html)  # fails where it does not
