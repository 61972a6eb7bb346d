from __future__ import annotations

import numpy as np
import pytest

from models.encoders.histogram import DIMENSION, ColorGradientHistogram, describe
from models.encoders.pictures import PictureError, open_rgb
from models.encoders.tfidf_svd import TfidfSvd

PLOTS = [
    "A cowboy doll is jealous of a spaceman toy in the boy's room",
    "Toys left behind: the cowboy doll and the spaceman must come home to the boy",
    "Two detectives hunt a serial killer through the rainy city",
    "A killer returns to the city and the detectives reopen the case",
]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_texts_that_share_words_are_closer():
    toys, more_toys, crime, more_crime = TfidfSvd(2).encode(PLOTS)
    assert cosine(toys, more_toys) > 0.9 > 0.3 > abs(cosine(toys, crime))
    assert cosine(crime, more_crime) > 0.9


def test_tfidf_is_the_same_for_the_same_corpus_in_any_order():
    forward, backward = TfidfSvd(), TfidfSvd()
    forward.fit(PLOTS)
    backward.fit([*PLOTS[::-1], "", PLOTS[0]])
    assert forward.identity == backward.identity
    np.testing.assert_array_equal(forward.encode(PLOTS), backward.encode(PLOTS))
    np.testing.assert_array_equal(forward.encode(PLOTS[2:3])[0], forward.encode(PLOTS)[2])


def test_tfidf_identity_is_that_of_its_corpus():
    encoder = TfidfSvd()
    with pytest.raises(RuntimeError, match="not fitted"):
        _ = encoder.identity
    encoder.fit(PLOTS)
    before = encoder.identity.key()
    encoder.fit(PLOTS[:3])
    assert encoder.identity.key() != before
    assert encoder.identity.dimension == encoder.encode(PLOTS).shape[1] == 3
    assert encoder.identity.classical


def test_tfidf_corpora_that_join_to_the_same_characters_differ():
    one, other = TfidfSvd(), TfidfSvd()
    one.fit(["dolls house", "garden"])
    other.fit(["dolls", " housegarden"])
    assert one.identity.revision != other.identity.revision


def test_tfidf_without_any_word_says_so():
    with pytest.raises(ValueError, match="none of the 1 texts"):
        TfidfSvd().fit(["...", ""])
    with pytest.raises(ValueError, match="dimension"):
        TfidfSvd(0)


def test_red_pictures_are_closer_to_red_than_to_blue(painted):
    red, other_red = painted("red.png", (220, 30, 30)), painted("red2.png", (200, 20, 40), seed=1)
    blue = painted("blue.png", (30, 30, 220), seed=2)
    first, second, third = ColorGradientHistogram().encode([red, other_red, blue])
    assert cosine(first, second) > cosine(first, third) + 0.2
    np.testing.assert_allclose(np.linalg.norm(first), 1, rtol=1e-6)


def test_stripes_differ_by_their_direction_alone(tmp_path):
    from PIL import Image

    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[(np.arange(96) // 6) % 2 == 0] = 255
    across, again = Image.fromarray(stripes), Image.fromarray(np.ascontiguousarray(stripes[::-1]))
    upright = Image.fromarray(np.ascontiguousarray(stripes.swapaxes(0, 1)))
    assert cosine(describe(across), describe(again)) > 0.99 > 0.8 > cosine(describe(across), describe(upright))


def test_histogram_is_deterministic_and_never_not_a_number(painted, tmp_path):
    from PIL import Image

    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    paths = [painted("green.jpg", (10, 200, 10)), tmp_path / "dot.png"]
    told = []
    once = ColorGradientHistogram().encode(paths, lambda *said: told.append(said))
    np.testing.assert_array_equal(once, ColorGradientHistogram().encode(paths))
    assert once.shape == (2, DIMENSION) == (2, ColorGradientHistogram().dimension)
    assert once.dtype == np.float32 and np.isfinite(once).all()
    assert told[-1] == (2, 2)
    np.testing.assert_allclose(once[0], describe(open_rgb(paths[0])), atol=1e-6)


def test_histogram_names_the_picture_that_cannot_be_read(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    with pytest.raises(PictureError, match=r"page\.jpg: not an image") as caught:
        ColorGradientHistogram().encode([tmp_path / "page.jpg"])
    assert caught.value.status == "corrupt"
