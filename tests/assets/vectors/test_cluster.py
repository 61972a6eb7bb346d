"""Encoding over a real Ray cluster of two nodes, all on this machine."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest

from tests.assets.vectors.imitation import POISON, Library

TITLES = [f"film {number}" for number in range(6000)]


def same(a: Library, b: Library) -> bool:
    one, two = (library.vectors().sort_values("key", ignore_index=True) for library in (a, b))
    return list(one.key) == list(two.key) and np.array_equal(np.stack(one.vector), np.stack(two.vector))


def shards(library: Library) -> list[list[str]]:
    """The keys of every shard."""
    return sorted(sorted(pd.read_parquet(path).key) for path in library.home.vectors.glob("*/*.parquet"))


@pytest.fixture
def libraries(tmp_path):
    """The same films in two libraries; those of the first are encoded here."""
    here, there = Library(tmp_path / "here"), Library(tmp_path / "there")
    for library in (here, there):
        library.write("films", TITLES)
    here.encode("films")
    return here, there


def test_two_nodes_make_the_same_shards_keys_and_vectors(libraries, nodes):
    here, there = libraries
    there.home = there.home.model_copy(update={"ray_address": nodes.address})
    facts = there.encode("films", seconds=5e-4).facts
    assert same(here, there)
    assert shards(here) == shards(there)
    assert (facts["encoded"], len(facts["ray_shards_by_node"])) == (6000, 2)
    assert sum(facts["ray_shards_by_node"].values()) == facts["shards"] == 12
    assert there.encode("films").facts["encoded"] == 0


def test_without_a_cluster_the_error_says_so(libraries):
    pytest.importorskip("ray", reason="needs trifuse[ray]")
    _, there = libraries
    there.home = there.home.model_copy(update={"ray_address": "127.0.0.1:1"})
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        there.encode("films")


def test_what_an_actor_raises_arrives_in_its_own_words(libraries, nodes):
    _, there = libraries
    there.write("films", [POISON])
    there.home = there.home.model_copy(update={"ray_address": nodes.address})
    with pytest.raises(RuntimeError, match="this text cannot be encoded"):
        there.encode("films")
    assert not there.home.vectors.exists() or there.vectors().empty


def test_a_node_that_is_lost_in_the_middle_loses_nothing(libraries, nodes):
    here, there = libraries
    there.home = there.home.model_copy(update={"ray_address": nodes.address})
    lost = []

    def lose() -> None:
        while not there.encoded:
            time.sleep(0.01)
        time.sleep(0.4)
        lost.append(len(there.vectors()))
        nodes.lose()

    thread = threading.Thread(target=lose, daemon=True)
    thread.start()
    facts = there.encode("films", seconds=1e-3).facts
    thread.join()
    assert 0 < lost[0] < 6000, "the node was lost in the middle"
    assert facts["encoded"] == 6000
    assert same(here, there)
