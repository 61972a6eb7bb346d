from __future__ import annotations

import pytest

from assets.vectors.collect import Busy, collect, shelves
from assets.vectors.store import locked, using
from orchestration.cli import invoke
from tests.assets.vectors.imitation import vector_of


def test_vectors_of_changed_texts_are_stale_and_collected(library):
    library.write("films", ["Heat", "Alien", "Up"])
    library.write("shop", ["Alien"])
    library.encode("films")
    library.encode("shop")
    library.write("films", ["Heat (1995)"])
    library.encode("films")
    (shelf,) = collect(library.home)
    assert (shelf.vectors, shelf.stale, shelf.lost, shelf.shards) == (4, 2, 0, 2)
    (shelf,) = shelves(library.home)
    assert (shelf.vectors, shelf.stale, shelf.lost) == (2, 0, 0)
    assert library.encode("films").facts["encoded"] == library.encode("shop").facts["encoded"] == 0


def test_an_encoder_that_nobody_asks_for_goes_wholly(library):
    library.write("films", ["Heat"])
    library.encode("films", name="old")
    library.encode("films", name="new")
    assert [shelf.stale for shelf in collect(library.home)] == [0, 1]
    assert [shelf.folder.name.split("-")[0] for shelf in shelves(library.home)] == ["new"]
    library.encode("films", name="old")
    assert [shelf.stale for shelf in shelves(library.home)] == [1, 0]


def test_nothing_is_deleted_while_somebody_encodes(library):
    library.write("films", ["Heat"])
    library.encode("films")
    library.write("films", ["Up"])
    with locked(using(library.home.vectors), shared=True), pytest.raises(Busy, match="Wait for that run to end"):
        collect(library.home)
    assert shelves(library.home)[0].vectors == 1


def test_the_warehouse_still_answers_after_collecting(library):
    from assets.warehouse import connect

    library.write("sample-shop", ["Lamp", "Desk"])
    library.encode("sample-shop")
    library.write("sample-shop", ["Lamp"])
    library.encode("sample-shop")
    collect(library.home)
    query = "SELECT i.dataset, i.item_id, i.field, e.name, i.vector FROM item_vectors i JOIN encoders e USING (encoder)"
    with connect(library.home.warehouse, read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    assert rows == [("sample-shop", "i0", "title", "imitation", list(vector_of("Lamp")))]


def test_the_command_lists_and_collects(library, monkeypatch, capsys):
    monkeypatch.setenv("TRIFUSE_HOME", library.home.root)
    assert invoke(["vectors"]) == 0
    assert "There are no vectors yet" in capsys.readouterr().out
    library.write("films", ["Heat", "Up"])
    library.encode("films")
    library.write("films", ["Heat"])
    library.encode("films")
    assert invoke(["vectors"]) == 0
    shown = capsys.readouterr().out
    assert "imitation-" in shown
    assert "1 stale vectors can be deleted with --collect" in shown
    assert invoke(["vectors", "--collect"]) == 0
    assert "1 stale vectors were deleted" in capsys.readouterr().out
    assert shelves(library.home)[0].vectors == 1
