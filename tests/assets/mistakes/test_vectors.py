"""Vectors of another state, or of contents that are not the items' own, turn their own check red."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.embeddings import ITEM_TEXTS
from assets.mistakes.vectors import CURRENT, OWN, examined
from assets.vectors.matrix import write_matrix
from assets.vectors.store import Store, write_shard
from tests.assets.vectors.imitation import ImitationChoice, Library, vector_of

NAME = "ml-100k"


class Encoded:
    """Films whose titles and descriptions have vectors."""

    def __init__(self, library: Library) -> None:
        self.library, self.home = library, library.home
        library.write(NAME, [f"Film {n}" for n in range(8)], ["About a ship.", "About a dog."])
        self.store = library.encode(NAME).store
        self.lay()

    def lay(self) -> None:
        """Lay the matrices out as the asset does."""
        for source in ITEM_TEXTS:
            write_matrix(self.home, NAME, source.field, self.store)

    def red(self) -> dict[str, list]:
        """Red checks and their examples."""
        choice = ImitationChoice(log=str(self.library.log), threads=1)
        return {o.check: o.examples for o in examined(self.home, NAME, choice, ITEM_TEXTS) if not o.passed}

    def replace_vector(self, text: str, by: np.ndarray) -> None:
        """Another vector of a content, under the same key."""
        (file,) = Store.files(self.store)
        shard = pd.read_parquet(file).set_index("key").vector
        references = self.library.references(NAME)
        shard[references.key[int(text.split()[1])]] = by
        write_shard(file, shard.index.tolist(), np.stack(shard.to_list()))


@pytest.fixture
def encoded(tmp_path) -> Encoded:
    return Encoded(Library(tmp_path / "home"))


def test_vectors_of_now_pass(encoded) -> None:
    assert encoded.red() == {}


def test_a_stale_vector_is_found(encoded) -> None:
    encoded.replace_vector("Film 3", vector_of("what the film was called before"))
    (example,) = encoded.red()[CURRENT.name]
    assert example["where"] == "vectors" and example["cosine"] < 0.999


def test_a_stale_row_of_the_matrix_is_found(encoded) -> None:
    path = encoded.home.matrix(NAME, "title")
    rows = np.load(path)
    rows[5] = vector_of("another")
    np.save(path, rows)
    (example,) = encoded.red()[CURRENT.name]
    assert example["where"] == "title of i5"


def test_contents_that_changed_after_they_were_encoded_are_found(encoded) -> None:
    encoded.library.write(NAME, [f"Film {n}" for n in range(8)], ["About a ship.", "About a dog. I gave it one star."])
    red = encoded.red()
    assert {e["item_id"] for e in red[OWN.name]} == {"i1"} and len(red[OWN.name]) == 2, (
        "one key is kept, another is due"
    )
    assert [e["where"] for e in red[CURRENT.name]] == ["there is no vector of this content"]


def test_a_dataset_without_content_has_nothing_to_compare(tmp_path) -> None:
    library = Library(tmp_path / "home")
    library.write(NAME, [None, None])
    outcomes = examined(library.home, NAME, ImitationChoice(log=str(library.log), threads=1), ITEM_TEXTS)
    assert all(outcome.passed and "nothing" in outcome.summary for outcome in outcomes)
