"""Sound and video that nobody vouches for: what each file is, or the reason why it cannot be used; never a crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.encoders.decoding import MediaReport, frames, inspect, length, sound
from models.encoders.media import Limits, MediaError, opened
from models.encoders.pictures import PictureFile
from tests.clips import RATE, clip


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """A second of red over grey at 8 frames a second, with a tone of 440 Hz."""
    return clip(tmp_path_factory.mktemp("films") / "film.mp4")


def test_what_a_clip_holds_is_found_out(film, tmp_path):
    whole = inspect(film)
    assert (whole.status, whole.reason, whole.video, whole.audio) == ("found", "", True, True)
    assert whole.seconds == pytest.approx(1, abs=0.1) and whole.bytes == film.stat().st_size and len(whole.sha256) == 64
    of_each = {
        "mute.mp4": {"hertz": None}, "silent.mkv": {"hertz": 0.0}, "song.m4a": {"colour": None},
        "song.wav": {"colour": None}, "film.webm.mkv": {},
    }  # fmt: skip
    found = {name: inspect(clip(tmp_path / name, **about)) for name, about in of_each.items()}
    assert {name: (one.video, one.audio) for name, one in found.items()} == {
        "mute.mp4": (True, False), "silent.mkv": (True, False), "song.m4a": (False, True),
        "song.wav": (False, True), "film.webm.mkv": (True, True),
    }  # fmt: skip
    assert inspect(clip(tmp_path / "nothing.wav", colour=None, hertz=0.0)).reason == "silence"


def test_frames_and_sound_are_those_of_the_clip(film):
    shown = list(frames(film))
    assert len(shown) == 8 and [round(start * 8) for start, _ in shown] == list(range(8)) and length(film) == 1
    red, green, blue = shown[0][1].to_ndarray(format="rgb24")[24, 16].astype(int)
    assert red > 150 > 2 * green and red > 2 * blue
    heard = sound(film)
    assert heard.dtype == np.float32 and abs(len(heard) - RATE) < 2048
    power = np.abs(np.fft.rfft(heard[2000 : 2000 + 8192]))
    assert power.argmax() * RATE / 8192 == pytest.approx(440, abs=4)
    assert len(sound(film, 8000)) == pytest.approx(len(heard) / 2, abs=64)


def test_what_is_asked_for_and_not_there_is_refused_and_a_changed_file_too(film, tmp_path):
    mute, song = clip(tmp_path / "mute.mp4", hertz=None), clip(tmp_path / "song.m4a", colour=None)
    with pytest.raises(MediaError, match="refused: no sound"):
        sound(mute)
    with pytest.raises(MediaError, match="refused: no moving pictures"):
        list(frames(song))
    assert len(sound(PictureFile(film, inspect(film).sha256)))
    with pytest.raises(MediaError, match=r"changed: .*materialize the media again"):
        sound(PictureFile(film, "0" * 64))


def refused(path: Path, limits: Limits | None = None) -> tuple[str, str]:
    report = inspect(path, limits) if limits else inspect(path)
    return report.status, report.reason


def test_unusable_files_say_why(film, tmp_path):
    data = film.read_bytes()
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "page.mp4").write_text("<!DOCTYPE html><title>404</title>" + " " * 5000)
    (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    matroska = clip(tmp_path / "long.mkv", seconds=4).read_bytes()
    (tmp_path / "half.mkv").write_bytes(matroska[: len(matroska) // 2])
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(20_000))
    assert refused(tmp_path / "gone.mp4") == ("missing", "no such file")
    assert refused(tmp_path) == ("missing", "no such file")
    assert refused(tmp_path / "empty.mp4") == ("corrupt", "empty file")
    assert refused(tmp_path / "page.mp4") == ("corrupt", "no sound or video that opens: begins with '<!DOCTYPE'")
    assert refused(tmp_path / "half.mp4")[1].startswith("no sound or video that opens: begins with bytes 00 00 00")
    assert refused(tmp_path / "half.mkv")[0] == "corrupt"
    assert refused(tmp_path / "noise.mp3")[0] == "corrupt"
    assert inspect(tmp_path / "half.mkv").sha256, "what is quarantined can be found again"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(seconds=0.5), "1 s; the limit is 0 s"),
        (Limits(pixels=3000), "64 x 48 pixels; the limit is 3,000 in all"),
        (Limits(frames=3), "more than 3 frames"),
        (Limits(bytes=100), "the limit is 100"),
        (Limits(streams=1), "2 streams; the limit is 1"),
    ],
)
def test_nothing_is_larger_than_its_limit(film, limits, reason):
    status, said = refused(film, limits)
    assert status == "too large" and reason in said


def test_a_header_that_lies_about_the_length_is_found_out(tmp_path):
    """What is decoded counts: a raw stream promises no length at all."""
    from models.encoders import decoding

    film = clip(tmp_path / "film.mkv", seconds=3)
    with opened(film, Limits(seconds=900)) as opening:
        opening.limits = Limits(seconds=1)
        with pytest.raises(MediaError, match="more than 1 s, whatever it says itself"):
            list(decoding.decoded(opening, opening.streams))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile '{}'\n"),
        ("list.mp4", "ffconcat version 1.0\nfile '{}'\n"),
        ("list.mpd", "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>{}</BaseURL></MPD>"),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
    ],
)
def test_a_playlist_reads_no_other_file(film, tmp_path, name, text):
    """FFmpeg's own opening of such a list would play the film that it names."""
    for place in (film.as_posix(), film.as_uri(), "http://127.0.0.1:9/film.mp4"):
        (tmp_path / name).write_text(text.format(place))
        assert refused(tmp_path / name)[0] in ("corrupt", "refused")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bytes_give_a_report_and_never_raise(film, tmp_path, data):
    whole = bytearray(film.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=30)):
        whole[at] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    report = inspect(damaged)
    assert isinstance(report, MediaReport) and (report.status == "found") == (report.reason == "")
    if report.status == "found" and report.audio:
        assert np.isfinite(sound(damaged)).all()
