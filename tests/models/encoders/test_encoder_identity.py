from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.encoders.encoder import EncoderIdentity, TextEncoder, throttled

IDENTITY = EncoderIdentity("tiny", "ab" * 32, "cls", "224 px", "float32", 16, "A tiny one.", False)


def test_the_key_is_64_hexadecimal_digits_and_the_same_every_time():
    assert IDENTITY.key() == replace(IDENTITY).key()
    assert len(bytes.fromhex(IDENTITY.key())) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"revision": "cd" * 32},
        {"pooling": "mean"},
        {"preprocessing": "256 px"},
        {"precision": "bfloat16"},
        {"dimension": 17},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_the_vectors_changes_the_key(change):
    assert replace(IDENTITY, **change).key() != IDENTITY.key()


def test_the_wording_of_the_description_does_not_change_the_key():
    assert replace(IDENTITY, description="Said otherwise.").key() == IDENTITY.key()


class Lengths(TextEncoder):
    identity = replace(IDENTITY, dimension=1)

    def _encode(self, texts, progress):
        progress(len(texts), len(texts))
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_blank_texts_are_zeros_and_the_others_keep_their_rows():
    vectors = Lengths().encode(["abc", "", " \n", "a"])
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[3], [0], [0], [1]]
    assert Lengths().encode([]).shape == (0, 1)


def test_progress_is_told_seldom_but_always_of_the_end():
    told = []
    tell = throttled(lambda *said: told.append(said), seconds=60)
    for done in range(1, 101):
        tell(done, 100)
    assert told == [(100, 100)]
