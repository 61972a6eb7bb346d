"""Vectors of sound and video as the assets make them: by content, laid out by item, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.datasets import dataset
from assets.embeddings import SOUND, VIDEO, choice, embedded
from assets.home import Home
from assets.matrices import CONTENT_FIELDS, _filled
from assets.media.assets import written
from assets.vectors.matrix import item_vectors
from tests.clips import clip

NAME = "ml-latest-small"
ABOUT = dataset(NAME)


@pytest.fixture
def home(tmp_path) -> Home:
    """A home with three items; film 1 has a clip with sound, film 2 two songs, film 3 nothing."""
    folder = tmp_path / "raw" / ABOUT.folder
    folder.mkdir(parents=True)
    for name in ("movies.csv", "ratings.csv", "links.csv"):
        (folder / name).write_text("movieId\n")
    home = Home(root=str(tmp_path / "home"), raw=str(tmp_path / "raw"), threads=1, video_frames=2)
    home.table(NAME, "items").parent.mkdir(parents=True)
    pd.DataFrame({"item_id": ["1", "2", "3"]}).to_parquet(home.table(NAME, "items"))
    clip(folder / "media/1.mp4")
    clip(folder / "media/2/low.m4a", colour=None, hertz=200)
    clip(folder / "media/2/high.m4a", colour=None, hertz=1500)
    return home


def encoded(home: Home, kind: str, sources: list):
    written(home, ABOUT, frozenset(), 1, lambda line: None)
    return embedded(home, NAME, choice(home, kind), sources, True, lambda line: None)


def test_items_have_the_vectors_of_their_clips_and_the_mean_of_several(home):
    sounds, films = encoded(home, "audio", SOUND), encoded(home, "video", VIDEO)
    assert (sounds.rows, films.rows) == (3, 1)
    assert sounds.metadata["encoder"] == "log-mel-statistics" and sounds.metadata["engine"]["encoded"] == 3
    assert films.metadata["encoder"] == "video-color-gradient-histogram"
    heard, seen = item_vectors(home, NAME, "audio"), item_vectors(home, NAME, "video")
    assert heard.shape == (3, 160) and seen.shape == (3, 184)
    assert heard.any(1).tolist() == [True, True, False] and seen.any(1).tolist() == [True, False, False]
    made = pd.read_parquet(home.embedding(NAME, "audio"))
    assert made.columns.tolist() == ["item_id", "media_id", "encoder", "key"]
    assert [field for field in CONTENT_FIELDS if field in ("audio", "video") and _filled(home, NAME, field)] == [
        "audio", "video"
    ]  # fmt: skip


def test_the_same_clip_elsewhere_is_not_encoded_again_and_other_frames_are_another_vector(home):
    first = encoded(home, "video", VIDEO)
    (Path(home.raw) / ABOUT.folder / "media/1.mp4").rename(Path(home.raw) / ABOUT.folder / "media/3.mp4")
    again = encoded(home, "video", VIDEO)
    assert again.metadata["engine"]["encoded"] == 0 and again.data_version != first.data_version
    assert item_vectors(home, NAME, "video").any(1).tolist() == [False, False, True]
    more = encoded(home.model_copy(update={"video_frames": 3}), "video", VIDEO)
    assert more.metadata["engine"]["encoded"] == 1


def test_without_media_nothing_is_loaded_and_no_matrix_is_laid_out(home, monkeypatch):
    encoded(home, "audio", SOUND)
    assert home.matrix(NAME, "audio").exists()
    for file in (Path(home.raw) / ABOUT.folder / "media").rglob("*.m*"):
        file.unlink()
    monkeypatch.setattr("models.encoders.choice.EncoderChoice.load", lambda self: pytest.fail("loaded"))
    for kind, sources in (("audio", SOUND), ("video", VIDEO)):
        output = encoded(home, kind, sources)
        assert output.rows == 0 and not home.matrix(NAME, kind).exists() and not _filled(home, NAME, kind)
        assert np.all([path.suffix == ".parquet" for path in output.files])
    assert not _filled(home, "ml-1m", "audio"), "made before there were clips"
