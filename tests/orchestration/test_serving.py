"""The snapshot that people query: what it says of itself, what the docs ask of it, and that no refresh holds it up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.serving import SCHEMA
from assets.warehouse import sql
from orchestration import tables
from orchestration.cli import invoke

DOCS = Path(__file__).parents[2] / "docs" / "queries.md"
QUERIES = 150
"""`benchmarks/serving.py` asks a thousand."""
REFRESH = """
import sys
from pathlib import Path
from assets.files import alone, atomic_file
from assets.home import Home
from assets.serving import publish
home = Home(root=sys.argv[1])
while True:
    with alone(home.serving), atomic_file(home.serving) as path:
        path.unlink()
        publish(home, [], path, print)
    print("published", flush=True)
"""


def documented(dataset: str) -> list[str]:
    """The queries of the docs, asked of this dataset."""
    found = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return [query.replace("'sample-shop'", f"'{dataset}'") for query in found]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a snapshot of two metrics and nothing else."""
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as connection:
        for name in SCHEMA:
            connection.execute(sql(name))
        connection.execute("INSERT INTO metrics BY NAME SELECT 'm' AS metric_id, 'x' AS dataset, 0.125 AS value")
        connection.execute(
            "INSERT INTO items BY NAME SELECT 'x' AS dataset, ['a, b', 'c'] AS categories, '[red]' AS title"
        )
    monkeypatch.setenv("TRIFUSE_HOME", str(tmp_path))
    return tmp_path


def test_every_table_column_and_macro_is_explained(home: Path) -> None:
    for kind, name in (("tables", "table_name"), ("columns", "table_name || '.' || column_name")):
        asked = f"SELECT {name} AS name FROM duckdb_{kind}() WHERE NOT internal AND coalesce(comment, '') = ''"
        assert tables.answer(home / "serving.duckdb", asked).name.tolist() == []
    macros = (
        "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal AND function_type = 'table_macro'"
    )
    found = tables.answer(home / "serving.duckdb", macros)
    assert set(found.function_name) >= {"recommend", "similar_items", "leaderboard", "trace"}
    assert found.comment.notna().all()


def test_every_question_of_the_docs_can_be_asked(home: Path) -> None:
    for query in documented("x"):
        tables.answer(home / "serving.duckdb", query)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_an_answer_is_written_to_a_file(home: Path, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"answer.{kind}"
    assert invoke(["sql", "FROM metrics;", "--output", str(target)]) == 0
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[kind](target)
    assert read.value.tolist() == [0.125] and read.metric_id.tolist() == ["m"]
    assert not list(tmp_path.glob(".answer*"))


def test_lists_survive_csv_and_parquet(home: Path, tmp_path: Path) -> None:
    query = "SELECT categories FROM items"
    for kind in ("csv", "parquet"):
        tables.write(home / "serving.duckdb", query, tmp_path / f"lists.{kind}")
    assert json.loads(pd.read_csv(tmp_path / "lists.csv").categories[0]) == ["a, b", "c"]
    assert isinstance(pd.read_parquet(tmp_path / "lists.parquet").categories[0], np.ndarray)


def test_a_failure_leaves_the_file_as_it_was(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    target = tmp_path / "answer.csv"
    target.write_text("before")
    assert invoke(["sql", "FROM nothing", "--output", str(target)]) == 1
    assert target.read_text() == "before" and "nothing" in capsys.readouterr().err
    assert invoke(["sql", "FROM metrics", "--output", str(tmp_path / "answer.xls")]) == 1
    assert ".parquet" in capsys.readouterr().err


def test_text_in_brackets_is_printed_as_it_is(home: Path, capsys: pytest.CaptureFixture) -> None:
    assert invoke(["sql", "SELECT title, NULL AS nothing FROM items"]) == 0
    assert "[red]" in capsys.readouterr().out


def test_a_refresh_holds_no_query_up(home: Path) -> None:
    refresh = subprocess.Popen([sys.executable, "-c", REFRESH, str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert refresh.stdout.readline() == "published\n"
        waits = []
        for _ in range(QUERIES):
            started = time.monotonic()
            tables.answer(home / "serving.duckdb", "SELECT count(*) FROM metrics")
            waits.append(time.monotonic() - started)
        assert refresh.poll() is None, "it must have run all the while"
    finally:
        refresh.kill()
        published = 1 + refresh.communicate()[0].count("published")
    assert published > 2, "the snapshot was not replaced while it was asked"
    assert max(waits) < 1, f"the longest of {QUERIES} queries took {max(waits):.2f} s"
