from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from assets.embeddings import PICTURES, choice
from assets.home import Home
from assets.vectors.engine import encode
from models.encoders.pictures import PictureError
from tests.assets.vectors.imitation import Library, vector_of


def test_every_content_gets_its_own_vector(library):
    library.write("films", ["Alien", "Heat", None, "  "], ["A ship.", None, "A dog.", "Rain."])
    encoded = library.encode("films")
    for item, title in (("i0", "Alien"), ("i1", "Heat")):
        np.testing.assert_array_equal(library.vector("films", item), vector_of(title))
    np.testing.assert_array_equal(library.vector("films", "i2", "introduction"), vector_of("A dog."))
    assert list(library.references("films").item_id) == ["i0", "i1"], "blank titles have no vector"
    assert list(library.references("films", "introduction").item_id) == ["i0", "i2", "i3"]
    assert (encoded.rows, encoded.facts["needed"], encoded.facts["encoded"], encoded.facts["from_cache"]) == (
        5,
        5,
        5,
        0,
    )
    assert encoded.facts["device"] == "imitation"


def test_a_key_is_the_hash_of_encoder_and_content(library):
    library.write("films", ["Alien"])
    encoded = library.encode("films")
    content = hashlib.sha256(b"Alien").hexdigest()
    assert library.references("films").key[0] == hashlib.sha256((encoded.identity.key() + content).encode()).hexdigest()
    assert library.references("films").encoder[0] == encoded.identity.key()


def test_a_text_is_encoded_once_over_items_fields_and_datasets(library):
    library.write("films", ["Heat", "Heat", "Alien"], ["Alien"])
    library.write("shop", ["Alien", "Lamp"])
    assert library.encode("films").facts["encoded"] == 2
    second = library.encode("shop").facts
    assert (second["needed"], second["from_cache"], second["encoded"]) == (2, 1, 1)
    assert sorted(library.encoded) == ["Alien", "Heat", "Lamp"]
    np.testing.assert_array_equal(library.vector("shop", "i0"), library.vector("films", "i2"))


def test_a_second_run_encodes_nothing_and_loads_no_encoder(library):
    library.write("films", [f"film {number}" for number in range(1200)])
    library.encode("films")
    before = library.references("films")
    again = library.encode("films")
    assert (again.facts["encoded"], again.facts["from_cache"], library.loads) == (0, 1200, 1)
    assert library.references("films").equals(before)


def test_of_forty_new_films_exactly_forty_are_encoded(library):
    titles = [f"film {number}" for number in range(1500)]
    library.write("films", titles)
    library.encode("films")
    library.write("films", [f"new {number}" for number in range(40)] + titles)
    facts = library.encode("films").facts
    assert (facts["encoded"], facts["from_cache"]) == (40, 1500)
    assert sorted(library.encoded[-40:]) == sorted(f"new {number}" for number in range(40))


def test_another_encoder_has_its_own_vectors(library):
    library.write("films", ["Alien"])
    library.encode("films")
    library.encode("films", name="other")
    assert library.loads == 2
    np.testing.assert_array_equal(library.vector("films", "i0"), vector_of("Alien", "other"))
    assert len(library.vectors()) == 2


def test_the_longest_texts_come_first_in_whole_shards(library):
    titles = ["x" * (number % 700 + 1) + str(number) for number in range(1300)]
    library.write("films", titles)
    assert library.encode("films").facts["shards"] == 3
    lengths = [len(text) for text in library.encoded]
    assert lengths == sorted(lengths, reverse=True)
    assert len(library.vectors()) == 1300


def test_nothing_to_encode_is_no_fault(library):
    library.write("films", [None, " "])
    encoded = library.encode("films")
    assert (encoded.identity, encoded.rows, library.loads) == (None, 0, 0)
    assert library.references("films").empty


def test_the_progress_is_told(library):
    library.write("films", [f"film {number}" for number in range(600)])
    library.encode("films")
    assert any("encoded 600 of 600" in line and "a second" in line for line in library.said)


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_any_moment_it_finishes_with_the_same_vectors(tmp_path, seed):
    titles = [f"film {number}" for number in range(3000)]
    undisturbed, killed = Library(tmp_path / "a"), Library(tmp_path / "b")
    for library in (undisturbed, killed):
        library.write("films", titles)
    undisturbed.encode("films")
    command = [
        sys.executable,
        "-m",
        "tests.assets.vectors.imitation",
        killed.home.root,
        "films",
        str(killed.log),
        "6e-4",
    ]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 60
    while not killed.encoded and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 1.2))
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = killed.vectors()  # every shard that has its name can be read whole
    given = len(killed.encoded)
    killed.encode("films")
    assert len(finished) % 512 == 0, "it was killed before the end"
    assert len(killed.encoded) - given == 3000 - len(finished), "no finished shard is encoded again"
    assert killed.vectors().sort_values("key").key.is_unique
    for library in (undisturbed, killed):
        np.testing.assert_array_equal(library.vector("films", "i7"), vector_of("film 7"))
    a, b = (one.vectors().sort_values("key", ignore_index=True) for one in (undisturbed, killed))
    assert list(a.key) == list(b.key)
    np.testing.assert_array_equal(np.stack(a.vector), np.stack(b.vector))
    assert not list(killed.home.vectors.rglob("*.part"))
    assert not list((killed.home.vectors / "work").iterdir())


@pytest.fixture
def pictured(tmp_path):
    """A sample-shop with two pictures, a.png and b.png, and what its images table says of them."""
    import pandas as pd

    home = Home(root=str(tmp_path / "home"), image_encoder="color-gradient-histogram", threads=1)
    library = Library(tmp_path / "home")
    library.write("sample-shop", ["a", "b"])
    folder = home.landing / "samples" / "sample-shop"
    folder.mkdir(parents=True)
    rows = []
    for number, name in enumerate("ab"):
        noise = np.random.default_rng(number).integers(0, 255, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(noise).save(folder / f"{name}.png")
        data = (folder / f"{name}.png").read_bytes()
        about = {"item_id": f"i{number}", "image_id": name, "path": f"{name}.png", "bytes": len(data)}
        rows.append(about | {"sha256": hashlib.sha256(data).hexdigest(), "status": "found"})
    images = pd.DataFrame(rows).assign(fetched_at=pd.Series([pd.NaT] * 2, dtype="datetime64[us]"))
    images.to_parquet(home.table("sample-shop", "images"))
    return home, folder


def test_pictures_are_keyed_by_their_bytes(pictured):
    home, _ = pictured
    said = []
    first = encode(home, "sample-shop", choice(home, "image"), PICTURES, said.append)
    assert (first.facts["encoded"], first.identity.name) == (2, "color-gradient-histogram")
    assert encode(home, "sample-shop", choice(home, "image"), PICTURES, said.append).facts["encoded"] == 0


def test_a_picture_that_changed_after_its_inspection_is_not_encoded_under_its_old_key(pictured):
    home, folder = pictured
    Image.new("RGB", (50, 50), "red").save(folder / "b.png")
    with pytest.raises(PictureError, match=r"b\.png.*materialize the images again"):
        encode(home, "sample-shop", choice(home, "image"), PICTURES, print)
    assert not list(home.vectors.glob("*/*.parquet"))
