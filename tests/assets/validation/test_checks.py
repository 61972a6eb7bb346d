"""Planted bad rows turn their own check red and no other; red checks stop what is downstream; a good sample passes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets import lake
from assets.datasets import dataset, datasets
from assets.home import Home
from assets.manifests import Manifests
from assets.validation import CHECKS
from assets.validation.checks import CHECKED, outcomes
from assets.validation.facts import FACTS
from assets.validation.gx import validate
from assets.validation.running import checks_of
from assets.validation.suites import ROW_KEYS, SUITES
from assets.validation.tables import files_of, opened
from assets.warehouse import SQL
from assets.web.resource import Web

NAME = "sample-shop"
WARNINGS = {"cold_tested", "drift", "image_coverage", "item_id_of_source", "known_genres", "located_places",
            "reject_rate_usual", "repeated_images", "repeated_reviews", "source_fresh", "text_coverage",
            "time_coverage", "user_id_of_source", "usual_attributes", "verified_share"}  # fmt: skip


def test_naming_the_checks_imports_no_great_expectations():
    code = (
        "import sys, assets.validation as v; assert v.CHECKS and not {'great_expectations', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_every_dataset_has_the_same_checks_and_no_name_twice():
    for asset in CHECKED:
        of_each = {tuple((c.name, c.blocking) for c in checks_of(asset, about)) for about in datasets().values()}
        assert len(of_each) == 1
        names = [name for name, _ in of_each.pop()]
        assert names and len(names) == len(set(names))


def test_every_query_is_a_fact_and_every_fact_has_a_query():
    assert {path.stem for path in (SQL / "checks").glob("*.sql")} == {fact.file or fact.name for fact in FACTS}
    assert {path.stem for path in (SQL / "checks" / "profiles").glob("*.sql")} == set(SUITES)


def test_whatever_is_not_a_matter_of_degree_blocks():
    assert {spec.name for definition in CHECKS for spec in definition.check_specs if not spec.blocking} == WARNINGS


def change(column: str, value: str, rows: int = 1) -> str:
    """Another value in the first rows."""
    return f"SELECT * REPLACE (CASE WHEN n <= {rows} THEN {value} ELSE {column} END AS {column}) FROM t"


def add(replacement: str) -> str:
    """One more row, which is the first one but for the replacement."""
    return f"FROM t UNION ALL (SELECT * REPLACE ({replacement}) FROM t WHERE n = 1)"


def media(*changed: str) -> str:
    """Found media files of the first item, where there was none: the same one, but for what is changed of each."""
    good = {
        "dataset": f"'{NAME}'", "item_id": "(SELECT min(item_id) FROM items)", "media_id": "'1.mp4'", "kind": "'audio'",
        "source": "'folder'", "path": "'media/1.mp4'", "sha256": "repeat('a', 64)", "seconds": "1.5", "bytes": "9",
        "status": "'found'",
    }  # fmt: skip
    row = ", ".join(f"{value} AS {name}" for name, value in good.items())
    made = [f"SELECT * REPLACE ({change}) FROM (SELECT {row})" for change in changed]
    return " UNION ALL BY NAME ".join(["FROM t", *made])


PLANTED = [
    ("users", add("'two words' AS user_id, 0 AS interactions"), "users.user_id_form users.user_id_of_source"),
    ("users", add("NULL AS user_id, 0 AS interactions"), "users.user_id_present"),
    ("users", add("'ANEWCOMER01' AS user_id, 0 AS interactions, 'elsewhere' AS dataset"), "users.own_dataset"),
    ("users", add("user_id AS user_id"), "users.user_keys"),
    ("users", "SELECT *, 1 AS more FROM t", "users.schema"),
    ("users", "SELECT * REPLACE ('{' AS attributes) FROM t", "users.attributes_json"),
    ("users", change("interactions", "-1"), "users.interactions_range users.user_counts"),
    ("users", change("interactions", "interactions + 1"), "users.user_counts"),
    ("users", "FROM t WHERE n > 1", "users.interactions_have_users reviews.reviews_have_users"),
    ("items", "SELECT * EXCLUDE year FROM t", "items.schema items.year_range items.vanished_rows items.drift"),
    ("items", change("year", "1066"), "items.year_range"),
    ("items", change("year", "year(now()) + 2"), "items.year_range"),
    ("items", change("price", "-5"), "items.price_range"),
    ("items", change("title", "''"), "items.title_length"),
    ("items", change("title", "'<b>' || title || '</b>'", 20), "items.title_clean"),
    ("items", change("title", "title || chr(7)"), "items.title_printable"),
    ("items", change("categories", "NULL"), "items.categories_present"),
    ("items", change("categories", "['Toys', NULL]"), "items.item_categories"),
    ("items", change("has_text", "false"), "items.item_flags"),
    ("items", change("has_image", "false"), "items.item_flags"),
    ("items", change("description", "NULL", 60), "items.text_coverage"),
    ("interactions", change("rating", "9"), "interactions.rating_on_scale"),
    ("interactions", change("rating", "3.5"), "interactions.rating_on_scale"),
    ("interactions", change("rating", "NULL"), "interactions.rating_present"),
    ("interactions", change("ts", "TIMESTAMP '1995-06-30'"), "interactions.ts_range"),
    ("interactions", change("ts", "TIMESTAMP '2090-01-01'"), "interactions.interactions_past"),
    ("interactions", change("ts", "NULL", 100), "interactions.time_coverage"),
    ("interactions", add("rating AS rating"), "interactions.interaction_keys users.user_counts folds.fold_rows"),
    ("interactions", add("'B0STRANGER' AS item_id"),
     "interactions.filters_counted items.interactions_have_items users.user_counts folds.fold_rows"),
    ("interactions", "FROM t WHERE false",
     "interactions.interactions_present interactions.filters_counted users.user_counts folds.fold_rows"),
    ("reviews", change("helpful_votes", "-3", 20), "reviews.helpful_votes_range"),
    ("reviews", change("text", "''", 20), "reviews.text_length"),
    ("reviews", change("text", "text || '<br />'", 60), "reviews.text_clean"),
    ("reviews", add("'new' AS review_id, NULL AS title, NULL AS text"), "reviews.reviews_written"),
    ("reviews", add("'new' AS review_id, 'stranger' AS user_id"), "reviews.reviews_have_users"),
    ("reviews", add("'new' AS review_id, 'stranger' AS item_id"), "reviews.reviews_have_items"),
    ("reviews", add("title AS title"), "reviews.review_keys"),
    ("images", change("source", "'ftp'"), "images.source_known"),
    ("images", change("sha256", "'XYZ'"), "images.sha256_form"),
    ("images", change("width", "0"), "images.width_range"),
    ("images", change("width", "NULL"), "images.found_images"),
    ("images", change("sha256", "repeat('a', 64)", 60), "images.repeated_images"),
    ("images", add("bytes AS bytes"), "images.image_keys"),
    ("images", add("'new' AS item_id, repeat('b', 64) AS sha256"), "items.images_have_items"),
    ("images", add("'second' AS image_id, 'missing' AS status"), "images.unusable_images"),
    ("images", add("'second' AS image_id, 'lost' AS status, 'no reason' AS reason"), "images.status_known"),
    ("media", media("9 AS bytes", "8 AS bytes"), "media.media_keys"),
    ("media", media("0 AS seconds"), "media.found_media"),
    ("media", media("NULL AS kind"), "media.found_media"),
    ("media", media("'missing' AS status"), "media.unusable_media"),
    ("media", media("'stranger' AS item_id"), "media.media_have_items"),
    ("ingest_audit", change("rows_read", "rows_read + 1"), "staged_records.audit_sums"),
    ("ingest_audit", "SELECT * REPLACE (rows_loaded + 1 AS rows_loaded, rows_read + 1 AS rows_read) FROM t",
     "staged_records.ratings_staged"),
    ("ingest_audit", "SELECT * REPLACE (rows_rejected + 500 AS rows_rejected, rows_read + 500 AS rows_read) FROM t",
     "staged_records.rejects_listed staged_records.reject_rate staged_records.reject_rate_usual"),
    ("ingest_audit", "SELECT * REPLACE (rows_read // 20 AS rows_read) FROM t",
     "staged_records.audit_sums staged_records.reject_rate_usual"),
    ("rejects", "FROM t WHERE n > 1", "staged_records.rejects_listed"),
    ("rejects", change("reason", "' '"), "staged_records.rejects_explained"),
    ("rejects", change("line", "NULL"), "staged_records.rejects_explained"),
    ("products", change("line", "0"), "staged_records.staged_products"),
    ("products", add("line + 1000 AS line"), "staged_records.staged_products"),
    ("ratings", add("rating AS rating"), "staged_records.staged_ratings"),
    ("ratings", change("line", "-1"), "staged_records.staged_ratings"),
    ("users", "FROM t UNION ALL (SELECT * REPLACE (lower(user_id) AS user_id, 0 AS interactions) FROM t WHERE n < 3)",
     "users.user_id_of_source"),
    ("folds", "FROM t WHERE n > 1", "folds.fold_rows"),
    ("folds", change("fold", "7"), "folds.fold_values"),
    ("folds", "SELECT n, 0 AS fold FROM t", "folds.fold_parts"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "query", "expected"), PLANTED, ids=[f"{t}-{e.split()[0]}" for t, _, e in PLANTED])
def test_planted_rows_turn_their_own_check_red(home, spoil, red, table, query, expected):
    spoil(home, table, query)
    assert red(home) == set(expected.split())


def test_images_that_are_lost_lower_the_coverage(home, spoil, red):
    spoil(home, "images", "SELECT * REPLACE ('missing' AS status, 'no such file' AS reason) FROM t")
    spoil(home, "items", "SELECT * REPLACE (false AS has_image) FROM t")
    assert red(home) == {"items.image_coverage"}


def test_a_red_check_stops_what_is_downstream_and_shows_the_row(home, run, spoil):
    spoil(home, "ratings", "SELECT * REPLACE (CASE n WHEN 1 THEN 11 ELSE rating END AS rating) FROM t")
    with lake.attached(home, NAME) as connection:
        ((user, item),) = connection.execute(
            "SELECT user_id, item_id FROM staging.ratings WHERE rating = 11"
        ).fetchall()
    shutil.rmtree(Manifests(home.path).folder / "interactions")
    result = run(home, dg.AssetSelection.groups("catalog", "splits"))
    assert not result.success
    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert made == {"interactions", "reviews", "images"}
    (failed,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (failed.check_name, failed.severity) == ("rating_on_scale", dg.AssetCheckSeverity.ERROR)
    assert failed.metadata["violations"].value == 1
    assert failed.metadata["examples"].value == [{"user_id": user, "item_id": item, "rating": 11.0}]
    assert 0.99 < failed.metadata["observed"].value < 1


def test_a_warning_stops_nothing(home, run, spoil):
    spoil(home, "products", "SELECT * REPLACE (NULL::VARCHAR AS description) FROM t")
    shutil.rmtree(Manifests(home.path).folder / "items")
    result = run(home, dg.AssetSelection.groups("catalog", "splits"))
    assert result.success
    (failed,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (failed.check_name, failed.severity) == ("text_coverage", dg.AssetCheckSeverity.WARN)
    assert failed.metadata["measured"].value["described"] == 0


def test_unchanged_tables_are_not_checked_again(copy, run):
    good = copy(NAME)
    first = {asset: outcomes(good, asset, NAME)[0] for asset in CHECKED}
    evaluations = run(good).get_asset_check_evaluations()
    assert not any(e.metadata["computed"].value for e in evaluations)
    assert {a: outcomes(good, a, NAME) for a in CHECKED} == {a: (found, False) for a, found in first.items()}


def test_what_is_needed_but_not_there_is_a_warning_and_no_pass(home):
    home.table(NAME, "users").unlink()
    found = {o.check: o for o in outcomes(home, "reviews", NAME)[0]}
    assert not found["reviews_have_users"].passed and not found["reviews_have_users"].checked
    assert found["reviews_have_items"].passed


def test_started_by_hand_without_a_partition_every_dataset_is_checked(home, spoil, assets):
    spoil(home, "users", "SELECT *, 1 AS more FROM t")
    checks = dg.AssetSelection.checks_for_assets("users")
    job = dg.Definitions(
        assets=assets,
        asset_checks=CHECKS,
        resources={"home": home, "web": Web()},
        jobs=[dg.define_asset_job("by_hand", checks)],
    ).resolve_job_def("by_hand")
    evaluations = job.execute_in_process(raise_on_error=False).get_asset_check_evaluations()
    assert {e.check_name for e in evaluations if not e.passed} == {"schema"}
    assert {e.metadata["datasets"].value for e in evaluations} == {NAME}


def found_in(home: Home, table: str, **options):
    """What the table's suite finds."""
    with opened(home, NAME, {table: files_of(home, NAME, table)}, {}) as connection:
        return validate(connection, table, SUITES[table](dataset(NAME)), ROW_KEYS[table], **options)


def test_a_table_in_pieces_gives_the_same_verdict_as_in_one(home, spoil):
    spoil(
        home, "interactions", "SELECT t.* REPLACE (CASE WHEN n <= 3 THEN 9 ELSE rating END AS rating) FROM t, range(5)"
    )
    whole, pieces = (found_in(home, "interactions", chunk_rows=rows) for rows in (10**6, 2048))
    assert [(o.check, o.passed, o.rows, o.violations, o.gx) for o in whole] == [
        (o.check, o.passed, o.rows, o.violations, o.gx) for o in pieces
    ]
    assert sum(o.violations for o in pieces) == 15


@pytest.mark.parametrize("table", sorted(SUITES))
def test_an_empty_table_breaks_no_rule(home, spoil, table):
    spoil(home, table, "FROM t WHERE false")
    assert all(outcome.passed for outcome in found_in(home, table))


@pytest.mark.real_data
def test_movielens_passes_every_check(raw_data, tmp_path, run):
    home = Home(root=str(tmp_path), raw=str(raw_data))
    result = run(home, dg.AssetSelection.all() - dg.AssetSelection.groups("reports"), "ml-100k")
    assert result.success
    assert not [e.check_name for e in result.get_asset_check_evaluations() if not e.passed]
