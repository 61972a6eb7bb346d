"""From an opened media file to frames and sound, and to a report on what it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.encoders.media import LIMITS, Limits, MediaError, Opened, Source, check_pixels, opened

if TYPE_CHECKING:
    import av

RULES = "1"
"""Raised when the rules here or in `media` change, so that remembered reports are made anew."""
BAD_PACKETS = 0.01
"""Share of packets that may not decode: many a good MP3 ends with a tag that looks like sound."""
SLACK_SECONDS, SLACK_SHARE = 0.5, 0.1
"""By how much what decodes may be shorter than what the file says that it lasts."""
SILENCE = 1e-4
"""Largest deviation, of 1, of a sound that is none."""


@dataclass(frozen=True)
class MediaReport:
    """What `inspect` found. seconds: of play, as decoded; bytes: of the file; unknown facts are None.

    status: "found", "refused", "corrupt", "missing" or "too large"; reason: empty where found. video, audio: whether
    there are moving pictures, and a sound that is not silence.
    """

    status: str
    reason: str = ""
    seconds: float | None = None
    bytes: int | None = None
    sha256: str | None = None
    video: bool = False
    audio: bool = False


def inspect(path: Path, limits: Limits = LIMITS) -> MediaReport:
    """Decode a file completely and say what it is. Never raises for a bad file.

    Whatever is reported "found", `frames` and `sound` decode under the same limits.
    """
    size, sha256 = None, None
    try:
        size = os.path.getsize(path) if os.path.isfile(path) else None
        if size is not None and size <= limits.bytes:
            with open(path, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with opened(path, limits) as clip:
            seconds, peak = _played(clip)
            heard = clip.audio is not None and peak > SILENCE
            if clip.video is None and not heard:
                raise MediaError("refused", "silence")
            return MediaReport("found", "", seconds, size, sha256, clip.video is not None, heard)
    except MediaError as error:
        return MediaReport(error.status, error.reason, bytes=size, sha256=sha256)


def inspector() -> str:
    """What a report depends on beside the file: these rules, the limits, and FFmpeg as PyAV brings it."""
    return f"{RULES} {LIMITS} av-{version('av')}"


def _played(clip: Opened) -> tuple[float, float]:
    """Seconds of play and the sound's peak, after all is decoded. Raises MediaError, where it breaks off too."""
    ends, peak = {stream.index: 0.0 for stream in clip.streams}, 0.0
    for stream, start, frame in decoded(clip, clip.streams):
        if stream is clip.audio:
            peak = max(peak, _peak(frame))
        ends[stream.index] = max(ends[stream.index], start + _seconds(stream, frame))
    for stream in clip.streams:
        if not ends[stream.index]:
            raise MediaError("corrupt", f"the {stream.type} stream holds nothing that decodes")
    played = max(ends.values())
    promised = max([_declared(clip, stream) for stream in clip.streams])
    if played < promised * (1 - SLACK_SHARE) - SLACK_SECONDS:
        raise MediaError("corrupt", f"it breaks off after {played:.1f} of {promised:.1f} s")
    return played, peak


def decoded(clip: Opened, streams: list[Any]) -> Iterator[tuple[Any, float, Any]]:
    """(stream, seconds since its beginning, frame) of these streams, as they lie in the file.

    Raises MediaError over a limit, and where more packets than BAD_PACKETS do not decode.
    """
    firsts: dict[int, float] = {}
    packets = bad = pictures = 0
    heard = 0.0
    for packet in clip.container.demux(streams):
        packets += 1
        frames, failed = _frames_of(packet)
        bad += failed
        for frame in frames:
            pictures += packet.stream is clip.video
            heard += _seconds(packet.stream, frame) if packet.stream is clip.audio else 0.0
            time = float(frame.time or 0.0)
            start = time - firsts.setdefault(packet.stream.index, time)
            _check(clip, frame, max(start, heard), pictures)
            yield packet.stream, start, frame
    if bad > BAD_PACKETS * packets:
        raise MediaError("corrupt", f"{bad:,} of {packets:,} packets do not decode")


def _frames_of(packet: av.Packet) -> tuple[list[Any], bool]:
    """A packet's frames, and whether it could not be decoded."""
    import av

    try:
        return packet.decode(), False
    except (av.error.InvalidDataError, av.error.EOFError, av.error.PatchWelcomeError):
        return [], True


def _check(clip: Opened, frame: Any, seconds: float, pictures: int) -> None:
    if seconds > clip.limits.seconds + SLACK_SECONDS:
        raise MediaError("too large", f"more than {clip.limits.seconds:,.0f} s, whatever it says itself")
    if pictures > clip.limits.frames:
        raise MediaError("too large", f"more than {clip.limits.frames:,} frames")
    if hasattr(frame, "width"):
        check_pixels(frame, clip.limits)  # a stream may change its size on the way


def _seconds(stream: Any, frame: Any) -> float:
    """How long one frame lasts."""
    if stream.type == "audio":
        return frame.samples / frame.sample_rate
    return float(1 / stream.average_rate) if stream.average_rate else 0.04


def _declared(clip: Opened, stream: Any) -> float:
    """Seconds that the file says that a stream lasts, 0 where it says nothing."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (clip.container.duration or 0) / 1e6


def _peak(frame: av.AudioFrame) -> float:
    samples = frame.to_ndarray()
    scale = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)
    middle = 128 if samples.dtype == np.uint8 else 0
    return float(np.abs(samples.astype(np.float64) - middle).max() / scale) if samples.size else 0.0


def frames(source: Source, limits: Limits = LIMITS) -> Iterator[tuple[float, av.VideoFrame]]:
    """(seconds since the first, frame) of a file's moving pictures. Raises MediaError, "refused" where it has none."""
    with opened(source, limits) as clip:
        if clip.video is None:
            raise MediaError("refused", "no moving pictures in it")
        for _, start, frame in decoded(clip, [clip.video]):
            yield start, frame


def length(source: Source, limits: Limits = LIMITS) -> float:
    """Seconds that a file's moving pictures last: what packets say, whatever the header does. Raises MediaError."""
    with opened(source, limits) as clip:
        if clip.video is None:
            raise MediaError("refused", "no moving pictures in it")
        shown = [(p.pts, p.pts + (p.duration or 0)) for p in clip.container.demux(clip.video) if p.pts is not None]
        return (
            float((max(end for _, end in shown) - min(at for at, _ in shown)) * clip.video.time_base) if shown else 0.0
        )


def sound(source: Source, rate: int = 16_000, limits: Limits = LIMITS) -> np.ndarray:
    """float32 [samples]: a file's sound, all channels mixed into one, -1 to 1, `rate` samples a second.

    Raises MediaError, "refused" where it has none.
    """
    import av

    with opened(source, limits) as clip:
        if clip.audio is None:
            raise MediaError("refused", "no sound in it")
        resampler, parts = av.AudioResampler(format="flt", layout="mono", rate=rate), []
        for _, _, frame in decoded(clip, [clip.audio]):
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
        return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)
