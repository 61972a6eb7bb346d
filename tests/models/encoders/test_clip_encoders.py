"""Vectors of sound and of video: what they tell apart, what they do not depend on, and whose they are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.encoders import folders
from models.encoders.choice import EncoderChoice
from models.encoders.histogram import ColorGradientHistogram
from models.encoders.hub import EncoderUnavailable
from models.encoders.loading import audio_encoder
from models.encoders.log_mel import DIMENSION, RATE, LogMelStatistics, mel_filters, slope, statistics
from models.encoders.media import MediaError
from models.encoders.sampling import sampled_frames
from models.encoders.video import VideoEncoder, attention_pooled
from tests.clips import clip


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> list[Path]:
    """Red and low, red and low again, blue and high, blue and low."""
    folder = tmp_path_factory.mktemp("films")
    looks = [((200, 30, 30), 300), ((200, 30, 30), 310), ((30, 30, 200), 1200), ((30, 30, 200), 305)]
    return [clip(folder / f"{n}.mp4", colour, hertz, seed=n) for n, (colour, hertz) in enumerate(looks)]


def distances(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors[:, None] - vectors[None], axis=2)


def test_sounds_of_like_pitch_are_near_and_films_of_like_colour(films):
    heard, seen = LogMelStatistics().encode(films), VideoEncoder(ColorGradientHistogram()).encode(films)
    assert heard.shape == (4, DIMENSION) and seen.shape == (4, 184) and heard.dtype == seen.dtype == np.float32
    far = distances(heard)
    assert max(far[0, 1], far[0, 3]) < 0.5 * min(far[0, 2], far[2, 3])
    far = distances(seen)
    assert max(far[0, 1], far[2, 3]) < 0.5 * min(far[0, 2], far[1, 3])


def test_a_vector_does_not_depend_on_what_is_encoded_beside_it(films):
    for encoder in (LogMelStatistics(), VideoEncoder(ColorGradientHistogram(), "scene", 3)):
        told = []
        streamed = list(encoder.stream([films[2:], [], films[:1] * 9], told.append))
        assert [len(part) for part in streamed] == [2, 0, 9] and sum(told) == 11
        np.testing.assert_array_equal(streamed[0], encoder.encode(films)[2:])
        assert encoder.encode([]).shape == (0, encoder.dimension)


def test_errors_name_the_file(films, tmp_path):
    mute = clip(tmp_path / "mute.mp4", hertz=None)
    song = clip(tmp_path / "song.m4a", colour=None)
    for encoder, file in ((LogMelStatistics(), mute), (VideoEncoder(ColorGradientHistogram()), song)):
        with pytest.raises(MediaError, match=file.name):
            encoder.encode([films[0], file])


def test_identities_say_how_frames_are_sampled():
    images = ColorGradientHistogram()
    every = [VideoEncoder(images), VideoEncoder(images, "scene"), VideoEncoder(images, "time", 4)]
    assert len({one.identity.key() for one in (*every, images, LogMelStatistics())}) == 5
    for how, count in (("colour", 8), ("time", 0), ("time", 65)):
        with pytest.raises(ValueError, match="by time or scene"):
            VideoEncoder(images, how, count)
    asked = [EncoderChoice(kind).asked() for kind in ("image", "audio", "video")]
    assert "frames" not in asked[0] and asked[2]["frames"] == 8 and asked[1]["name"] == "log-mel-statistics"
    assert EncoderChoice("video", frames=3).load().identity == VideoEncoder(images, "time", 3).identity


def spliced(path: Path, colours: list[tuple[int, int, int]], each: float) -> Path:
    """A film of one scene after the other, at 16 frames a second."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=16)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 64, 48, "yuv420p", 2_000_000
        for colour in colours:
            for _ in range(round(16 * each)):
                picture = np.full((48, 64, 3), colour, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def shown(pictures: list[bytes]) -> list[tuple[int, ...]]:
    """The middle pixel of each, in steps of 50."""
    return [tuple(round(c / 50) for c in Image.open(io.BytesIO(one)).getpixel((32, 24))) for one in pictures]


SCENES = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]


def test_scenes_are_found_each_once_in_their_order(tmp_path):
    film = spliced(tmp_path / "film.mp4", SCENES, 1)
    wanted = [tuple(round(c / 50) for c in colour) for colour in SCENES]
    assert shown(sampled_frames(film, "scene", 8)) == wanted
    assert len(sampled_frames(film, "scene", 2)) == 2
    assert shown(sampled_frames(spliced(tmp_path / "still.mp4", SCENES[:1], 2), "scene", 8)) == wanted[:1]


def test_frames_by_time_are_the_middles_of_equal_parts(tmp_path):
    film = spliced(tmp_path / "film.mp4", SCENES, 1)
    wanted = [tuple(round(c / 50) for c in colour) for colour in SCENES]
    assert shown(sampled_frames(film, "time", 4)) == wanted
    assert shown(sampled_frames(film, "time", 8)) == [one for one in wanted for _ in range(2)]
    assert shown(sampled_frames(film, "time", 1)) in ([wanted[1]], [wanted[2]])
    assert len(sampled_frames(spliced(tmp_path / "short.mp4", SCENES, 1 / 16), "time", 64)) == 4, "no frame twice"


def test_large_frames_are_made_smaller(tmp_path):
    film = clip(tmp_path / "wide.mp4", size=(1280, 160), seconds=0.25, hertz=None)
    assert Image.open(io.BytesIO(sampled_frames(film, "time", 1)[0])).size == (512, 64)


rows = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=n, max_size=n)
)


@given(rows)
def test_pooling_lies_among_the_frames_whatever_their_order(frames):
    frames = np.array(frames, np.float32)
    pooled = attention_pooled(frames)
    assert (
        pooled.dtype == np.float32 and np.all(pooled <= frames.max(0) + 1e-5) and np.all(pooled >= frames.min(0) - 1e-5)
    )
    np.testing.assert_allclose(attention_pooled(frames[::-1]), pooled, atol=1e-4)
    np.testing.assert_allclose(attention_pooled(frames[:1].repeat(3, 0)), frames[0], atol=1e-5)


def test_a_frame_like_no_other_weighs_little():
    random = np.random.default_rng(0)
    scene, black = np.ones(16) + 0.1 * random.normal(size=(7, 16)), np.eye(16)[:1] * 4
    frames = np.concatenate([scene, black]).astype(np.float32)
    away = np.linalg.norm([attention_pooled(frames) - scene.mean(0), frames.mean(0) - scene.mean(0)], axis=1)
    assert away[0] < 0.05 * away[1]


def test_log_mel_statistics_forget_the_loudness_and_hear_what_moves():
    assert np.all(mel_filters().sum(1) > 0)
    time = np.arange(RATE) / RATE
    tone, siren = np.sin(2 * np.pi * 500 * time), np.sin(2 * np.pi * (500 * time + 40 * np.sin(2 * np.pi * 4 * time)))
    quiet, loud = (statistics((level * tone).astype(np.float32)) for level in (0.01, 0.9))
    np.testing.assert_allclose(quiet, loud, atol=0.02)
    moved = statistics(siren.astype(np.float32))
    assert moved[80:120].sum() > 5 * loud[80:120].sum(), "slopes"
    for short in (np.zeros(0, np.float32), np.ones(7, np.float32)):
        assert np.isfinite(statistics(short)).all()


def test_the_slope_of_a_line_is_its_slope():
    line = np.arange(20.0)[:, None] * [1.0, -3.0]
    np.testing.assert_allclose(slope(line)[2:-2], np.tile([1.0, -3.0], (16, 1)))


def tiny(kind: str, weights: Path) -> Path:
    """A folder of an audio model of 16 units with random weights."""
    import models.encoders._torchvision_cpu  # noqa: F401

    # isort: split
    import torch
    import transformers as hf

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    if kind == "wav2vec2":
        conv = {"conv_dim": (8, 8), "conv_stride": (160, 2), "conv_kernel": (320, 2)}
        about = hf.Wav2Vec2Config(**shape, **conv, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2)
        model, extractor = hf.Wav2Vec2Model(about), hf.Wav2Vec2FeatureExtractor()
    elif kind == "ast":
        sizes = {"max_length": 128, "num_mel_bins": 32}
        about = hf.ASTConfig(**shape, **sizes, frequency_stride=16, time_stride=16)
        model, extractor = hf.ASTModel(about), hf.ASTFeatureExtractor(**sizes)
    else:
        halves = {f"{half}_{name}": n for half in ("encoder", "decoder")
                  for name, n in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))}  # fmt: skip
        tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
        about = hf.WhisperConfig(
            d_model=16, vocab_size=64, num_mel_bins=16, max_source_positions=50, **halves, **tokens
        )
        model, extractor = hf.WhisperModel(about), hf.WhisperFeatureExtractor(feature_size=16, chunk_length=1)
    model.save_pretrained(weights / kind)
    extractor.save_pretrained(weights / kind)
    return weights / kind


@pytest.mark.parametrize("kind", ["wav2vec2", "ast", "whisper"])
def test_any_hugging_face_audio_model_by_name(kind, tmp_path, films):
    """Alone in the folder it is taken without a name; it is neither an image nor a text encoder."""
    folder = tiny(kind, tmp_path)
    assert folders.is_audio(folder) and not folders.is_image(folder) and not folders.is_text(folder)
    assert folders.find_audio(tmp_path) == folder and folders.find_image(tmp_path) is None
    encoder = audio_encoder(None, tmp_path, "cpu", 1)
    vectors = encoder.encode(films)
    assert vectors.shape == (4, 16) and encoder.identity.name == kind and np.isfinite(vectors).all()
    assert np.abs(vectors[0] - vectors[2]).max() > 10 * np.abs(vectors[0] - vectors[0]).max()
    np.testing.assert_allclose(audio_encoder(kind, tmp_path, "cpu", 1).encode(films[1:2]), vectors[1:2], atol=1e-5)


def test_a_long_sound_is_the_mean_of_its_windows(tmp_path):
    encoder = audio_encoder(str(tiny("whisper", tmp_path)), None, "cpu", 1)  # whose windows are of one second
    samples = np.random.default_rng(0).normal(size=2 * RATE + RATE // 2).astype(np.float32)
    parts = [encoder._pooled(samples[at : at + RATE]) for at in (0, RATE, 2 * RATE)]
    np.testing.assert_allclose(encoder._pooled(samples), np.average(parts, axis=0, weights=[2, 2, 1]), atol=1e-5)


def test_what_is_no_audio_encoder_is_refused_with_what_it_needs(tiny_vit):
    with pytest.raises(EncoderUnavailable, match="TRIFUSE_AUDIO_ENCODER: 'tiny-vit' is not an audio encoder"):
        audio_encoder(str(tiny_vit), None)
