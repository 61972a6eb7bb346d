"""Opening sound and video that nobody vouches for: local bytes only, known containers and codecs, bounded in every way.

A media file may be a playlist that names other files or addresses, so a file is never opened by name: FFmpeg (through
PyAV) is handed a Python file, no protocol, and a list of the containers that it may take it for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from models.encoders.pictures import PictureFile, beginning

if TYPE_CHECKING:
    import av

CONTAINERS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "ogg", "wav", "mp3", "flac", "aac")
"""All that is ever demuxed, by FFmpeg's names; playlists (hls, dash, concat) stay out of reach."""
CODECS = frozenset((
    *("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mpeg1video", "theora", "mjpeg"),
    *("aac", "mp3", "vorbis", "opus", "flac", "alac", "ac3", "eac3"),
    *("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_u8"),
))  # fmt: skip
"""All that is ever decoded; FFmpeg knows hundreds, many of them seldom looked at."""


@dataclass(frozen=True)
class Limits:
    """Above which a file is too large. seconds: of play; bytes: of the file; pixels: width x height of a frame."""

    seconds: float = 900.0
    bytes: int = 512 * 2**20
    streams: int = 16
    pixels: int = 4096 * 2304
    frames: int = 120_000


LIMITS = Limits()
"""A trailer lasts two to three minutes; fifteen leave room for a long piece of music."""


class MediaError(ValueError):
    """A file that cannot be used. reason: one clause.

    status: "missing", "corrupt", "refused", "too large" or "changed".
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = status, reason


Source = Path | PictureFile
"""A file, or a file with the SHA-256 that its bytes must have."""


@dataclass
class Opened:
    """A file that may be decoded. video, audio: its first stream of each kind, None where there is none; a cover
    picture is no video. limits: what decoding it must keep."""

    container: av.container.InputContainer
    video: av.VideoStream | None
    audio: av.AudioStream | None
    limits: Limits

    @property
    def streams(self) -> list[Any]:
        """Those that there are."""
        return [stream for stream in (self.video, self.audio) if stream is not None]


@contextmanager
def opened(source: Source, limits: Limits = LIMITS) -> Iterator[Opened]:
    """Open a file for decoding. Raises MediaError here, or where decoding fails inside; nothing else for a bad file."""
    import av

    with _failures(), _file(source, limits) as file:
        options = {
            "format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "", "max_pixels": str(limits.pixels)
        }  # fmt: skip
        try:
            container = av.open(file, "r", options=options, io_open=_refuse, metadata_errors="replace")
        except av.error.FFmpegError as error:
            raise MediaError("corrupt", f"no sound or video that opens: begins with {_beginning(file)}") from error
        with container:
            yield _checked(container, limits)


def _beginning(file: BinaryIO) -> str:
    file.seek(0)
    return beginning(file.read(256))


def _refuse(url: str, flags: int, options: dict) -> BinaryIO:
    raise MediaError("refused", f"it refers to something else: {url[:100]!r}")


@contextmanager
def _failures() -> Iterator[None]:
    """What FFmpeg and PyAV raise on damaged bytes, as MediaError."""
    import av

    try:
        yield
    except MediaError:
        raise
    except (
        av.error.FFmpegError,
        OSError,
        ValueError,
        ArithmeticError,
        MemoryError,
        RuntimeError,
        LookupError,
    ) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MediaError("corrupt", f"does not decode: {said}") from error


@contextmanager
def _file(source: Source, limits: Limits) -> Iterator[BinaryIO]:
    if not os.path.isfile(source):
        raise MediaError("missing", "no such file")
    with open(source, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.bytes:
            raise MediaError("too large", f"{size:,} bytes; the limit is {limits.bytes:,}")
        if not size:
            raise MediaError("corrupt", "empty file")
        if isinstance(source, PictureFile) and hashlib.file_digest(file, "sha256").hexdigest() != source.sha256:
            raise MediaError("changed", "its content is no longer what was inspected; materialize the media again")
        file.seek(0)
        yield file


def _checked(container: av.container.InputContainer, limits: Limits) -> Opened:
    """Raises MediaError for what is not to be decoded."""
    if len(container.streams) > limits.streams:
        raise MediaError("too large", f"{len(container.streams)} streams; the limit is {limits.streams}")
    videos = [stream for stream in container.streams.video if not _is_cover(stream)]
    clip = Opened(container, next(iter(videos), None), next(iter(container.streams.audio), None), limits)
    if not clip.streams:
        raise MediaError("refused", "neither sound nor moving pictures in it")
    for stream in clip.streams:
        context = stream.codec_context  # None where FFmpeg knows of no decoder
        codec = context.codec.canonical_name if context else "of its " + stream.type
        if codec not in CODECS:
            raise MediaError("refused", f"the codec {codec} is not one that is decoded here")
    if container.duration and container.duration / 1e6 > limits.seconds:
        raise MediaError("too large", f"{container.duration / 1e6:,.0f} s; the limit is {limits.seconds:,.0f} s")
    if clip.video is not None:
        check_pixels(clip.video, limits)
    return clip


def _is_cover(stream: av.VideoStream) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def check_pixels(picture: av.VideoStream | av.VideoFrame, limits: Limits) -> None:
    """Raises MediaError, "too large", for more pixels than a frame may have."""
    if picture.width * picture.height > limits.pixels:
        raise MediaError(
            "too large", f"{picture.width} x {picture.height} pixels; the limit is {limits.pixels:,} in all"
        )
