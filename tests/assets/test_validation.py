"""Planted bad rows turn their own check red and no other; red checks stop what is downstream; a good sample passes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets import catalog, splits
from assets.datasets import dataset, datasets
from assets.home import Home
from assets.ingest import assets as ingest
from assets.manifests import Manifest, Manifests
from assets.samples import generate
from assets.validation import CHECKS
from assets.validation.checks import CHECKED, facts_of, outcomes, suite_of
from assets.validation.facts import FACTS
from assets.validation.gx import validate
from assets.validation.suites import ROW_KEYS, SUITES
from assets.warehouse import SQL, connect, export

NAME = "sample-shop"
ASSETS = dg.load_assets_from_modules([ingest, catalog, splits])
DATA = dg.AssetSelection.groups("staging", "catalog", "splits")


def run(home: Home, selection: dg.AssetSelection = DATA, name: str = NAME) -> dg.ExecuteInProcessResult:
    """Materializes in this process, checks included."""
    return dg.materialize(
        [*ASSETS, *CHECKS],
        partition_key=name,
        selection=selection,
        resources={"home": home},
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def red(home: Home) -> set[str]:
    """The checks that do not pass, of all assets."""
    return {f"{asset}.{o.check}" for asset in CHECKED for o in outcomes(home, asset, NAME)[0] if not o.passed}


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Home:
    """A home with a small sample, up to the folds, and the verdicts on it."""
    home = Home(root=str(tmp_path_factory.mktemp("home")))
    generate(NAME, home.raw_root(dataset(NAME)), scale=0.1)
    # The asset raw_files would generate the sample at full size.
    Manifests(home.path).save(Manifest("raw_files", NAME, "run", "1", "fingerprint", "small", {}))
    result = run(home)
    evaluations = result.get_asset_check_evaluations()
    assert result.success
    assert not [e.check_name for e in evaluations if not e.passed]
    assert len(evaluations) == sum(len(list(definition.check_specs)) for definition in CHECKS)
    assert {e.partition for e in evaluations} == {NAME}
    return home


@pytest.fixture
def home(good, tmp_path) -> Home:
    """A copy of the good home, to spoil."""
    shutil.copytree(good.path, tmp_path / "home")
    return Home(root=str(tmp_path / "home"))


def test_naming_the_checks_imports_no_great_expectations():
    code = (
        "import sys, assets.validation as v; assert v.CHECKS and not {'great_expectations', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_every_dataset_has_the_same_checks_and_no_name_twice():
    for asset in CHECKED:
        of_each = {tuple(e.name for e in suite_of(asset, about)) for about in datasets().values()}
        assert len(of_each) == 1
        names = [*of_each.pop(), *(fact.name for fact in facts_of(asset))]
        assert names and len(names) == len(set(names))


def test_every_query_is_a_fact_and_every_fact_has_a_query():
    assert {path.stem for path in (SQL / "checks").glob("*.sql")} == {fact.name for fact in FACTS}


def test_whatever_is_not_a_coverage_blocks():
    loose = {spec.name for definition in CHECKS for spec in definition.check_specs if not spec.blocking}
    assert loose == {"time_coverage", "text_coverage", "image_coverage", "repeated_images"}


def spoil(home: Home, table: str, query: str) -> None:
    """Replace a table's Parquet by a query over it, `t`."""
    staging = home.lake / NAME / "staging" / f"{table}.parquet"
    path = (
        home.fold(NAME, "xia2024", 0) if table == "folds" else staging if staging.exists() else home.table(NAME, table)
    )
    with connect(Path(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT row_number() OVER () AS n, * FROM '{path}'")
        connection.execute(f"CREATE TABLE spoilt AS SELECT * EXCLUDE n FROM ({query})")
        export(connection, "FROM spoilt", path)


def change(column: str, value: str, rows: int = 1) -> str:
    """Another value in the first rows."""
    return f"SELECT * REPLACE (CASE WHEN n <= {rows} THEN {value} ELSE {column} END AS {column}) FROM t"


def add(replacement: str) -> str:
    """One more row, which is the first one but for the replacement."""
    return f"FROM t UNION ALL (SELECT * REPLACE ({replacement}) FROM t WHERE n = 1)"


PLANTED = [
    ("users", add("'two words' AS user_id, 0 AS interactions"), "users.user_id_form"),
    ("users", add("NULL AS user_id, 0 AS interactions"), "users.user_id_present"),
    ("users", add("'new' AS user_id, 0 AS interactions, 'elsewhere' AS dataset"), "users.own_dataset"),
    ("users", add("user_id AS user_id"), "users.user_keys"),
    ("users", "SELECT *, 1 AS more FROM t", "users.schema"),
    ("users", "SELECT * REPLACE ('{' AS attributes) FROM t", "users.attributes_json"),
    ("users", change("interactions", "-1"), "users.interactions_range users.user_counts"),
    ("users", change("interactions", "interactions + 1"), "users.user_counts"),
    ("users", "FROM t WHERE n > 1", "users.interactions_have_users reviews.reviews_have_users"),
    ("items", "SELECT * EXCLUDE year FROM t", "items.schema items.year_range"),
    ("items", change("year", "1066"), "items.year_range"),
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
    ("interactions", change("ts", "TIMESTAMP '1960-01-01'"), "interactions.ts_range"),
    ("interactions", change("ts", "TIMESTAMP '2090-01-01'"), "interactions.interactions_past"),
    ("interactions", change("ts", "NULL", 100), "interactions.time_coverage"),
    ("interactions", add("rating AS rating"), "interactions.interaction_keys users.user_counts folds.fold_rows"),
    ("interactions", add("'B0STRANGER' AS item_id"), "items.interactions_have_items users.user_counts folds.fold_rows"),
    ("interactions", "FROM t WHERE false", "interactions.interactions_present users.user_counts folds.fold_rows"),
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
    ("ingest_audit", change("rows_read", "rows_read + 1"), "staged_records.audit_sums"),
    ("ingest_audit", "SELECT * REPLACE (rows_loaded + 1 AS rows_loaded, rows_read + 1 AS rows_read) FROM t",
     "staged_records.ratings_staged"),
    ("ingest_audit", "SELECT * REPLACE (rows_rejected + 500 AS rows_rejected, rows_read + 500 AS rows_read) FROM t",
     "staged_records.rejects_listed staged_records.reject_rate"),
    ("rejects", change("reason", "' '"), "staged_records.rejects_listed"),
    ("folds", "FROM t WHERE n > 1", "folds.fold_rows"),
    ("folds", change("fold", "7"), "folds.fold_values"),
    ("folds", "SELECT n, 0 AS fold FROM t", "folds.fold_parts"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "query", "expected"), PLANTED, ids=[f"{t}-{e.split()[0]}" for t, _, e in PLANTED])
def test_planted_rows_turn_their_own_check_red(home, table, query, expected):
    spoil(home, table, query)
    assert red(home) == set(expected.split())


def test_images_that_are_lost_lower_the_coverage(home):
    spoil(home, "images", "SELECT * REPLACE ('missing' AS status, 'no such file' AS reason) FROM t")
    spoil(home, "items", "SELECT * REPLACE (false AS has_image) FROM t")
    assert red(home) == {"items.image_coverage"}


def test_a_red_check_stops_what_is_downstream_and_shows_the_row(home):
    with connect(home.warehouse) as connection:
        bad = "SELECT user_id, item_id FROM staging.ratings WHERE dataset = ? ORDER BY line LIMIT 1"
        user, item = connection.execute(bad, [NAME]).fetchall()[0]
        connection.execute("UPDATE staging.ratings SET rating = 11 WHERE user_id = ? AND item_id = ?", [user, item])
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


def test_a_warning_stops_nothing(home):
    with connect(home.warehouse) as connection:
        connection.execute("UPDATE staging.products SET description = NULL")
    shutil.rmtree(Manifests(home.path).folder / "items")
    result = run(home, dg.AssetSelection.groups("catalog", "splits"))
    assert result.success
    (failed,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (failed.check_name, failed.severity) == ("text_coverage", dg.AssetCheckSeverity.WARN)
    assert failed.metadata["measured"].value["described"] == 0


def test_unchanged_tables_are_not_checked_again(good):
    first = {asset: outcomes(good, asset, NAME)[0] for asset in CHECKED}
    evaluations = run(good).get_asset_check_evaluations()
    assert not any(e.metadata["computed"].value for e in evaluations)
    assert {a: outcomes(good, a, NAME) for a in CHECKED} == {a: (found, False) for a, found in first.items()}


def test_what_is_needed_but_not_there_is_a_warning_and_no_pass(home):
    home.table(NAME, "users").unlink()
    found = {o.check: o for o in outcomes(home, "reviews", NAME)[0]}
    assert not found["reviews_have_users"].passed and not found["reviews_have_users"].checked
    assert found["reviews_have_items"].passed


def test_started_by_hand_without_a_partition_every_dataset_is_checked(home):
    spoil(home, "users", "SELECT *, 1 AS more FROM t")
    checks = dg.AssetSelection.checks_for_assets("users")
    job = dg.Definitions(
        assets=ASSETS, asset_checks=CHECKS, resources={"home": home}, jobs=[dg.define_asset_job("by_hand", checks)]
    ).resolve_job_def("by_hand")
    evaluations = job.execute_in_process(raise_on_error=False).get_asset_check_evaluations()
    assert {e.check_name for e in evaluations if not e.passed} == {"schema"}
    assert {e.metadata["datasets"].value for e in evaluations} == {NAME}


def test_a_table_in_pieces_gives_the_same_verdict_as_in_one(home):
    spoil(home, "interactions", change("rating", "9", 3))
    suite, path = SUITES["interactions"](dataset(NAME)), home.table(NAME, "interactions")
    whole, pieces = (validate(path, suite, ROW_KEYS["interactions"], chunk_rows=rows) for rows in (10**6, 300))
    assert [(o.check, o.passed, o.rows, o.violations) for o in whole] == [
        (o.check, o.passed, o.rows, o.violations) for o in pieces
    ]
    assert sum(o.violations for o in pieces) == 3


@pytest.mark.parametrize("table", sorted(SUITES))
def test_an_empty_table_breaks_no_rule(home, table):
    spoil(home, table, "FROM t WHERE false")
    found = validate(home.table(NAME, table), SUITES[table](dataset(NAME)), ROW_KEYS[table])
    assert all(outcome.passed for outcome in found)


@pytest.mark.real_data
def test_movielens_passes_every_check(raw_data, tmp_path):
    home = Home(root=str(tmp_path), raw=str(raw_data))
    result = run(home, dg.AssetSelection.all(), "ml-100k")
    assert result.success
    assert not [e.check_name for e in result.get_asset_check_evaluations() if not e.passed]
