"""From which columns a column comes, for queries whose answer is known, and for those that make the catalog."""

from __future__ import annotations

import dagster as dg
import duckdb
import pytest

from assets.column_lineage import columns_of, shown, told
from assets.warehouse import sql, working


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA staging; CREATE TABLE staging.people (k INT, name VARCHAR, born INT)")
        connection.execute("CREATE TABLE visits (k INT, day INT); CREATE TABLE towns (k INT, town VARCHAR, day INT)")
        yield connection


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT name, born + 1 AS next FROM staging.people",
         {"name": ["staging.people.name"], "next": ["staging.people.born"]}),
        ("SELECT p.* FROM staging.people p JOIN visits v USING (k)",
         {"k": ["staging.people.k"], "name": ["staging.people.name"], "born": ["staging.people.born"]}),
        ("WITH counts AS (SELECT k, max(day) AS last, count(*) AS n FROM visits GROUP BY k) "
         "SELECT coalesce(p.k, c.k) AS k, last, n FROM staging.people p FULL JOIN counts c USING (k)",
         {"k": ["staging.people.k", "visits.k"], "last": ["visits.day"], "n": []}),
        ("FROM (SELECT k AS person FROM visits UNION SELECT k FROM towns)", {"person": ["towns.k", "visits.k"]}),
        ("SELECT * EXCLUDE (k) REPLACE (upper(town) AS town) FROM towns",
         {"town": ["towns.town"], "day": ["towns.day"]}),
        ("SELECT (SELECT max(day) FROM visits v WHERE v.k = p.k) AS last, 1 AS one FROM staging.people p",
         {"last": ["visits.day"], "one": []}),
        ("SELECT name FROM staging.people WHERE born > 1900 ORDER BY k", {"name": ["staging.people.name"]}),
        ("SELECT CASE WHEN v.day > 1 THEN t.town ELSE 'x' END AS at FROM visits v, towns t",
         {"at": ["towns.town", "visits.day"]}),
    ],
)  # fmt: skip
def test_a_column_comes_from_what_its_expression_names(connection, query, expected):
    assert told(columns_of(connection, query)) == expected


def test_a_column_that_is_nowhere_is_named(connection):
    with pytest.raises(ValueError, match="no table of the query has the column age"):
        columns_of(connection, "SELECT age FROM visits")
    with pytest.raises(ValueError, match="cannot parse"):
        columns_of(connection, "SELECT FROM WHERE")


@pytest.mark.parametrize("table", ["users", "items", "interactions", "reviews"])
def test_every_column_of_the_catalog_has_its_lineage(table):
    with working() as connection:
        connection.execute(sql("staging/tables"))
        connection.execute(sql("catalog/tables"))
        query = sql(f"catalog/{table}").replace("$dataset", "'x'")
        found = told(columns_of(connection, query))
        described = [row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()]
    assert list(found) == described
    assert {name for name, sources in found.items() if not sources} <= {"dataset", "interactions"}
    known = {
        "users": ("user_id", ["interactions.user_id", "staging.people.user_id"]),
        "items": ("has_image", ["images.item_id"]),
        "interactions": ("official_test", ["staging.official_tests.item_id"]),
        "reviews": ("text", ["staging.ratings.text"]),
    }
    column, sources = known[table]
    assert found[column] == sources
    if table == "items":
        of_text = ["fetched_pictures.text", "staging.products.description", "staging.texts.text"]
        assert found["description"] == of_text


def test_the_ui_is_shown_assets_and_columns():
    lineage = shown({"title": ["staging.products.title"], "n": ["interactions.rating"], "one": []}).deps_by_column
    assert lineage["title"] == [dg.TableColumnDep(dg.AssetKey("staged_records"), "products.title")]
    assert lineage["n"] == [dg.TableColumnDep(dg.AssetKey("interactions"), "rating")] and lineage["one"] == []
