"""The snapshot and the reports in a local S3 server (moto)."""

from __future__ import annotations

import json

import dagster as dg
import pyarrow.parquet as pq
import pytest

from assets import objects
from assets.files import sha256_of
from assets.home import Home
from assets.objects import INDEX, publish, storage
from assets.published import published_copy
from assets.warehouse import connect, export
from orchestration.definitions import made
from orchestration.settings import Settings

SILENT = print
ROWS = 1000


@pytest.fixture
def address(monkeypatch) -> str:
    """A bucket of an S3 server on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    import boto3

    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="shop")
    yield "s3://shop/nightly"
    server.stop()


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(root=str(tmp_path), publish="s3://shop/nightly")
    (home.reports / "films").mkdir(parents=True)
    with connect(home.serving) as connection:
        connection.execute(
            f"CREATE TABLE items AS SELECT i AS item_id, ['a', 'b'] AS categories FROM range({ROWS}) t(i)"
        )
        connection.execute("CREATE TABLE users AS SELECT 1 AS user_id")
    (home.reports / "films" / "index.html").write_text("<p>1</p>")
    (home.reports / "films" / "old.html").write_text("<p>old</p>")
    return home


def content(address: str, name: str) -> bytes:
    there, prefix = storage(address)
    with there.open_input_stream(f"{prefix}/{name}") as stream:
        return stream.read()


def test_what_changed_is_sent_what_is_gone_is_removed_and_the_index_tells_all(address, home):
    first = publish(home, address, SILENT)
    assert (first.sent, first.removed, first.unchanged) == (5, 0, 0)
    assert content(address, "serving.duckdb") == home.serving.read_bytes()
    again = publish(home, address, SILENT)
    assert (again.sent, again.removed, again.unchanged, again.bytes) == (0, 0, 5, 0)
    assert again.version == first.version
    (home.reports / "films" / "index.html").write_text("<p>2</p>")
    (home.reports / "films" / "old.html").unlink()
    changed = publish(home, address, SILENT)
    assert (changed.sent, changed.removed, changed.unchanged) == (1, 1, 3)
    assert content(address, "reports/films/index.html") == b"<p>2</p>"
    with pytest.raises(FileNotFoundError):
        content(address, "reports/films/old.html")
    index = json.loads(content(address, INDEX))
    assert index["serving.duckdb"] == sha256_of(home.serving) and len(index) == 4


def test_tables_are_read_from_there_and_only_those_that_changed_are_sent_anew(address, home):
    publish(home, address, SILENT)
    there, prefix = storage(address)
    with connect(home.serving) as connection:
        expected = connection.sql("FROM items ORDER BY item_id").to_arrow_table().to_pylist()
        connection.execute("INSERT INTO users VALUES (2)")
    assert pq.read_table(f"{prefix}/tables/items.parquet", filesystem=there).to_pylist() == expected
    assert len(expected) == ROWS
    said = []
    publish(home, address, said.append)
    assert said == ["sending tables/users.parquet", "sending serving.duckdb"]


def test_tables_of_the_snapshot_that_is_there_are_not_written_again(address, home, monkeypatch):
    written = []
    monkeypatch.setattr(objects, "export", lambda *told: (written.append(told[-1].name), export(*told)))
    address += "/tables"  # the server keeps what other tests sent
    publish(home, address, SILENT)
    assert sorted(written) == ["items.parquet", "users.parquet"]
    (home.reports / "films" / "index.html").write_text("<p>2</p>")
    again = publish(home, address, SILENT)
    assert len(written) == 2 and (again.sent, again.removed, again.unchanged) == (1, 0, 4)
    with connect(home.serving) as connection:
        connection.execute("DROP TABLE users")
    less = publish(home, address, SILENT)
    assert written[2:] == ["items.parquet"] and less.removed == 1


def test_the_asset_publishes_where_the_setting_says_and_is_not_there_without_it(address, home):
    def run() -> dict:
        result = dg.materialize([published_copy], selection=[published_copy], resources={"home": home})
        return result.asset_materializations_for_node("published_copy")[0].metadata

    assert (run()["computed"].value, run()["computed"].value) == (True, False)
    assert sorted(json.loads(content(address, INDEX)))[-2:] == ["tables/items.parquet", "tables/users.parquet"]
    without, there = (
        {spec.key.to_user_string(): spec for one in made(settings) for spec in one.specs}
        for settings in (Settings(), Settings(publish=address))
    )
    assert there.keys() - without.keys() == {"published_copy"}
    assert there["published_copy"].automation_condition == there["serving_snapshot"].automation_condition


def test_other_addresses_are_refused_and_nothing_to_publish_is_said(tmp_path):
    for wrong in ("/tmp/x", "http://bucket/x", "s3:///x"):
        with pytest.raises(ValueError, match="s3://bucket/prefix"):
            storage(wrong)
    with pytest.raises(FileNotFoundError, match="make demo"):
        publish(Home(root=str(tmp_path)), "s3://bucket/x", SILENT)
