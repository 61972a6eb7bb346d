"""Which vectors are of which modality, and features without one."""

from __future__ import annotations

import numpy as np
import pytest

from models.data import Features, Field
from models.modalities import knocked_out, modality_of, present, without

VECTORS = ("image", "title", "introduction", "audio", "video")


def features() -> Features:
    table = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    genre = Field(np.eye(6, 2, dtype=np.float32), 2)
    return Features(
        2, 6, (1, 2, 3, 4, 5), item_fields={"genre": genre}, item_vectors={name: table + 1 for name in VECTORS}
    )


def test_a_vector_is_of_the_modality_that_it_is_named_after_and_all_others_are_of_text():
    assert [modality_of(name) for name in VECTORS] == ["image", "text", "text", "audio", "video"]
    assert present(features()) == ("text", "image", "audio", "video", "structure")
    assert present(without(features(), "audio", "video")) == ("text", "image", "structure")


@pytest.mark.parametrize("modality", ["text", "image", "audio", "video"])
@pytest.mark.parametrize("how", ["no", "shuffled", "gaussian"])
def test_knocking_one_out_leaves_the_others_as_they_are(how, modality):
    whole, other = features().item_vectors, knocked_out(features(), how, modality).item_vectors
    kept = [name for name in VECTORS if modality_of(name) != modality]
    assert list(other) == (kept if how == "no" else list(VECTORS))
    for name in other:
        assert np.array_equal(other[name], whole[name]) == (name in kept)


def test_what_is_not_there_cannot_be_knocked_out():
    with pytest.raises(ValueError, match="the dataset has no audio"):
        knocked_out(without(features(), "audio"), "no", "audio")
