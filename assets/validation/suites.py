"""The Great Expectations suites of the catalog, as data: what must hold for every row of a table.

Only plain values stand here; `gx.py` makes expectations of them, so that naming a check imports no Great Expectations.
Facts about a whole table (keys, references, sums) are SQL: see `facts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.datasets import Dataset


@dataclass(frozen=True)
class Expectation:
    """One blocking check. kind: the class in great_expectations.expectations; arguments: what it is given."""

    name: str
    kind: str
    description: str
    arguments: dict[str, Any]
    blocking: bool = True


ID = r"^\S{1,64}$"
CONTROL_CHARACTERS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
MARKUP = r"(?i)</?(?:a|b|br|div|font|i|li|p|script|span|style|table|td|tr|ul)\b[^<>]*>|&(?:amp|nbsp|quot|lt|gt|#\d+);"
STATUSES = ("found", "missing", "corrupt", "too large", "refused")
PROVIDERS = ("disk", "tmdb", "omdb", "page", "url", "folder")
MOST = 0.999
"""For what real sources get wrong now and then: one row in a thousand may differ."""


def expect(name: str, kind: str, description: str, **arguments: Any) -> Expectation:
    """An expectation; `kind` without its leading "Expect"."""
    return Expectation(name, f"Expect{kind}", description, arguments)


def schema(*columns: str) -> Expectation:
    """The table has exactly these columns."""
    return expect("schema", "TableColumnsToMatchSet", "Exactly the columns of the shared schema.",
                  column_set=["dataset", *columns], exact_match=True)  # fmt: skip


def own(about: Dataset) -> Expectation:
    """Every row belongs to the partition's dataset."""
    return expect(
        "own_dataset", "ColumnValuesToBeInSet", "Rows of this dataset only.", column="dataset", value_set=[about.name]
    )


def present(column: str, what: str) -> Expectation:
    """The column is never NULL."""
    return expect(f"{column}_present", "ColumnValuesToNotBeNull", what, column=column)


def identifier(column: str) -> Expectation:
    """The column holds identifiers."""
    what = "An identifier is 1 to 64 characters without white space."
    return expect(f"{column}_form", "ColumnValuesToMatchRegex", what, column=column, regex=ID)


def length(column: str, longest: int, mostly: float = MOST) -> Expectation:
    """Text in the column has 1 to `longest` characters; an empty text should be NULL."""
    what = f"Text of 1 to {longest:,} characters, NULL where there is none; in {mostly:.1%} of the rows."
    return expect(f"{column}_length", "ColumnValueLengthsToBeBetween", what,
                  column=column, min_value=1, max_value=longest, mostly=mostly)  # fmt: skip


def printable(column: str) -> Expectation:
    """Text in the column holds no control characters."""
    what = "No control characters."
    return expect(f"{column}_printable", "ColumnValuesToNotMatchRegex", what, column=column, regex=CONTROL_CHARACTERS)


def clean(column: str) -> Expectation:
    """Text in the column has been freed of HTML."""
    what = "No HTML tags or entities are left in 99% of the texts: models would read them as words."
    return expect(f"{column}_clean", "ColumnValuesToNotMatchRegex", what, column=column, regex=MARKUP, mostly=0.99)


def between(
    column: str, low: float | datetime, high: float | datetime | None, what: str, mostly: float = 1.0
) -> Expectation:
    """Numbers or times in the column lie in a range, ends included."""
    return expect(f"{column}_range", "ColumnValuesToBeBetween", what,
                  column=column, min_value=low, max_value=high, mostly=mostly)  # fmt: skip


def json_object(column: str) -> Expectation:
    """The column holds JSON."""
    return expect(f"{column}_json", "ColumnValuesToBeJsonParseable", "Attributes are JSON.", column=column)


def users(about: Dataset) -> list[Expectation]:
    """What holds for every user."""
    return [
        schema("user_id", "attributes", "interactions"),
        own(about),
        present("user_id", "Every user has an identifier."),
        identifier("user_id"),
        present("attributes", "A user without attributes has the empty object."),
        json_object("attributes"),
        between("interactions", 0, None, "A count of interactions, 0 or more."),
    ]


def items(about: Dataset) -> list[Expectation]:
    """What holds for every item."""
    columns = (
        "item_id",
        "title",
        "description",
        "categories",
        "year",
        "price",
        "brand",
        "attributes",
        "has_text",
        "has_image",
    )
    return [
        schema(*columns),
        own(about),
        present("item_id", "Every item has an identifier."),
        identifier("item_id"),
        length("title", 2000),
        clean("title"),
        printable("title"),
        length("description", 200_000),
        clean("description"),
        present("categories", "An item without categories has the empty list."),
        between("year", 1870, 2100, "A year since the first films, or NULL."),
        between("price", 0, 1_000_000, "A price in dollars, or NULL.", MOST),
        length("brand", 500),
        present("attributes", "An item without attributes has the empty object."),
        json_object("attributes"),
        present("has_text", "It is known whether there is text."),
        present("has_image", "It is known whether there is an image."),
    ]


def interactions(about: Dataset) -> list[Expectation]:
    """What holds for every interaction."""
    scale = f"One of {about.rating_low:g} to {about.rating_high:g} stars in steps of {about.rating_step:g}."
    return [
        schema("user_id", "item_id", "rating", "ts", "review_id", "official_test"),
        own(about),
        present("user_id", "Every rating is somebody's."),
        present("item_id", "Every rating is of something."),
        identifier("user_id"),
        identifier("item_id"),
        present("rating", "Every interaction has a rating."),
        expect("rating_on_scale", "ColumnValuesToBeInSet", scale, column="rating", value_set=list(about.rating_values)),
        between("ts", datetime(1994, 1, 1), datetime(2100, 1, 1), "A time since the first shops on the web, or NULL."),
        present("official_test", "It is known whether the source holds the rating out for testing."),
    ]


def reviews(about: Dataset) -> list[Expectation]:
    """What holds for every review."""
    return [
        schema("review_id", "user_id", "item_id", "title", "text", "helpful_votes", "verified"),
        own(about),
        present("review_id", "Every review has an identifier."),
        present("user_id", "Every review is somebody's."),
        present("item_id", "Every review is of something."),
        length("title", 2000),
        length("text", 100_000),
        clean("text"),
        printable("text"),
        between("helpful_votes", 0, 1_000_000, "A count of votes, or NULL.", MOST),
    ]


def images(about: Dataset) -> list[Expectation]:
    """What holds for every picture, whatever became of it."""
    return [
        schema("item_id", "image_id", "source", "url", "path", "sha256", "width", "height", "bytes", "status", "reason",
               "fetched_at"),
        own(about),
        present("item_id", "Every picture shows something."),
        present("image_id", "Every picture has an identifier."),
        expect("source_known", "ColumnValuesToBeInSet", f"One of: {', '.join(PROVIDERS)}.", column="source",
               value_set=list(PROVIDERS)),
        present("status", "What became of a picture is recorded."),
        expect("status_known", "ColumnValuesToBeInSet", f"One of: {', '.join(STATUSES)}.", column="status",
               value_set=list(STATUSES)),
        expect("sha256_form", "ColumnValuesToMatchRegex", "64 hexadecimal digits, or NULL.", column="sha256",
               regex="^[0-9a-f]{64}$"),
        between("width", 1, 100_000, "Pixels, or NULL."),
        between("height", 1, 100_000, "Pixels, or NULL."),
        between("bytes", 0, None, "The file's size, or NULL."),
    ]  # fmt: skip


SUITES: dict[str, Callable[[Dataset], list[Expectation]]] = {
    "users": users,
    "items": items,
    "interactions": interactions,
    "reviews": reviews,
    "images": images,
}
"""Catalog table -> its suite, given the dataset; names and descriptions' meaning are the same for every dataset."""

ROW_KEYS = {
    "users": ["user_id"],
    "items": ["item_id"],
    "interactions": ["user_id", "item_id"],
    "reviews": ["review_id"],
    "images": ["item_id", "image_id"],
}
"""Catalog table -> the columns by which an example row is named."""
