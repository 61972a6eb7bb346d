"""The Great Expectations suites of the catalog, as data: what must hold for every row of a table.

Only plain values stand here; `gx.py` makes expectations of them, so that naming a check imports no Great Expectations.
Facts about a whole table (keys, references, sums) are SQL: see `facts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from assets.datasets import Dataset
from assets.validation.thresholds import thresholds


@dataclass(frozen=True)
class Expectation:
    """One check. kind: the class in great_expectations.expectations; arguments: what it is given."""

    name: str
    kind: str
    description: str
    arguments: dict[str, Any]
    blocking: bool = True


ID = r"^\S{1,64}$"
CONTROL_CHARACTERS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
MARKUP = r"(?i)</?(?:a|b|br|div|font|i|li|p|script|span|style|table|td|tr|ul)\b[^<>]*>|&(?:amp|nbsp|quot|lt|gt|#\d+);"
STATUSES = ("found", "missing", "refused", "corrupt", "too large", "blocked")
PROVIDERS = ("disk", "tmdb", "omdb", "page", "url", "folder")
SOURCE_IDS = {
    "movielens": {"user_id": r"^[1-9][0-9]{0,6}$", "item_id": r"^[1-9][0-9]{0,6}$"},
    "amazon": {"user_id": r"^A[A-Z0-9]{8,31}$", "item_id": r"^[A-Z0-9]{10}$"},
    "yelp": {"user_id": r"^[A-Za-z0-9_-]{22}$", "item_id": r"^[A-Za-z0-9_-]{22}$"},
}
"""Numbers, ASINs and reviewer ids, and 22 characters of base 64: what ids look like, by source and column."""


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


def of_source(about: Dataset, column: str) -> Expectation:
    """A warning: most identifiers look like the source's."""
    mostly = thresholds(about).id_form.mostly
    made = expect(f"{column}_of_source", "ColumnValuesToMatchRegex", "Ids look like those of the source.",
                  column=column, regex=SOURCE_IDS[about.source][column], mostly=mostly)  # fmt: skip
    return replace(made, blocking=False)


def length(about: Dataset, column: str, longest: int) -> Expectation:
    """Text in the column has 1 to `longest` characters; an empty text should be NULL."""
    mostly = thresholds(about).imperfect.mostly
    what = f"Text of 1 to {longest:,} characters, NULL where there is none; in {mostly:.1%} of the rows."
    return expect(f"{column}_length", "ColumnValueLengthsToBeBetween", what,
                  column=column, min_value=1, max_value=longest, mostly=mostly)  # fmt: skip


def printable(column: str) -> Expectation:
    """Text in the column holds no control characters."""
    what = "No control characters."
    return expect(f"{column}_printable", "ColumnValuesToNotMatchRegex", what, column=column, regex=CONTROL_CHARACTERS)


def clean(about: Dataset, column: str) -> Expectation:
    """Text in the column has been freed of HTML."""
    mostly = thresholds(about).free_of_markup.mostly
    what = f"No HTML tags or entities are left in {mostly:.0%} of the texts: models would read them as words."
    return expect(f"{column}_clean", "ColumnValuesToNotMatchRegex", what, column=column, regex=MARKUP, mostly=mostly)


def between(
    column: str, low: float | datetime | None, high: float | datetime | None, what: str, mostly: float = 1.0
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
        of_source(about, "user_id"),
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
    year, price = thresholds(about).year, thresholds(about).price
    return [
        schema(*columns),
        own(about),
        present("item_id", "Every item has an identifier."),
        identifier("item_id"),
        of_source(about, "item_id"),
        length(about, "title", 2000),
        clean(about, "title"),
        printable("title"),
        length(about, "description", 200_000),
        clean(about, "description"),
        present("categories", "An item without categories has the empty list."),
        between(
            "year",
            year.low,
            year.high or datetime.now().year + 1,
            "A year, at most the next one, or NULL.",
            year.mostly,
        ),
        between("price", price.low, price.high, "A price in dollars, or NULL.", price.mostly),
        length(about, "brand", 500),
        present("attributes", "An item without attributes has the empty object."),
        json_object("attributes"),
        present("has_text", "It is known whether there is text."),
        present("has_image", "It is known whether there is an image."),
    ]


def interactions(about: Dataset) -> list[Expectation]:
    """What holds for every interaction."""
    scale = f"One of {about.rating_low:g} to {about.rating_high:g} stars in steps of {about.rating_step:g}."
    since = thresholds(about).rated_at
    start = datetime.combine(since.low, time())
    return [
        schema("user_id", "item_id", "rating", "ts", "review_id", "official_test"),
        own(about),
        present("user_id", "Every rating is somebody's."),
        present("item_id", "Every rating is of something."),
        identifier("user_id"),
        identifier("item_id"),
        present("rating", "Every interaction has a rating."),
        expect("rating_on_scale", "ColumnValuesToBeInSet", scale, column="rating", value_set=list(about.rating_values)),
        between(
            "ts",
            start,
            datetime(2100, 1, 1),
            f"A time since {since.low}, when the source began, or NULL.",
            since.mostly,
        ),
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
        length(about, "title", 2000),
        length(about, "text", 100_000),
        clean(about, "text"),
        printable("text"),
        between("helpful_votes", 0, 1_000_000, "A count of votes, or NULL.", thresholds(about).imperfect.mostly),
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
