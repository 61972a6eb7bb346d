"""Opening pictures that nobody vouches for: real type by content, complete decode, a limit on pixels, plain RGB out.

What decodes but shows nothing (`placeholders`) is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps, UnidentifiedImageError

from models.encoders import placeholders

RULES = "2"
"""Raised when these rules change, so that remembered reports are made anew."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""All that is ever decoded; Pillow's rarer decoders (some call other programs) stay out of reach."""
MAX_PIXELS = 50_000_000
"""Width x height above which a picture is refused before it is decoded."""
MAX_BYTES = 64 * 2**20
"""File size in bytes above which a picture is not even read."""

_DECODE_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, RuntimeError),
    *(struct.error, zlib.error, MemoryError),
)  # what Pillow's decoders were seen to raise on damaged bytes
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class PictureError(ValueError):
    """A picture that cannot be used. status: "missing", "corrupt", "too large" or "changed"; reason: one clause."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class PictureFile(os.PathLike):
    """A file, and the SHA-256 (hexadecimal) that its bytes must have: what is read is what was inspected.

    Sounds and films are named in the same way (`models.encoders.media`).
    """

    path: Path
    sha256: str

    def __fspath__(self) -> str:
        """The path, so that this can stand wherever a path can; only the openers check the bytes."""
        return os.fspath(self.path)

    def __str__(self) -> str:
        return str(self.path)


Source = Path | PictureFile | str | bytes
"""Where a picture comes from: a file, or its bytes themselves."""


@dataclass(frozen=True)
class PictureReport:
    """What `inspect` found. width, height: pixels as shown (after EXIF rotation); bytes: file size.

    status: "found", "refused" (a placeholder), "corrupt", "missing" or "too large"; reason: empty where found.
    sha256: of the file; pixels: SHA-256 of what it shows, equal where two files differ only in their metadata or
    lossless encoding. Unknown facts are None.
    """

    status: str
    reason: str = ""
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    sha256: str | None = None
    format: str | None = None
    pixels: str | None = None


def inspect(source: Source, max_pixels: int = MAX_PIXELS) -> PictureReport:
    """Decode a picture completely and say what it is. Never raises for a bad picture.

    Whatever is reported "found", `open_rgb` can open under the same limit.
    """
    data: bytes | None = None
    try:
        data = _read(source)
        image, name = _decode(data, max_pixels)
    except PictureError as error:
        size = len(data) if data is not None else _size(source)
        return PictureReport(error.status, error.reason, bytes=size, sha256=_digest(data))
    sha256 = _digest(data)
    shows_nothing = placeholders.placeholder(image, sha256)
    status, reason = ("refused", f"placeholder: {shows_nothing}") if shows_nothing else ("found", "")
    return PictureReport(status, reason, image.width, image.height, len(data), sha256, name, _shown(image))


def inspector() -> str:
    """What a report depends on beside the file: these rules, Pillow, and the list of known placeholders."""
    return f"{RULES} pillow-{PIL.__version__} {_digest(placeholders.NO_IMAGE.read_bytes())[:16]}"


def open_rgb(source: Source, at_least: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The picture in mode RGB, the right way up, transparency laid on white; the first frame where it moves.

    at_least: a JPEG may be decoded at a half, quarter or eighth, as long as both sides keep this many pixels.
    Raises PictureError; "changed" where a PictureFile's bytes are not those that were inspected.
    """
    return _decode(_read(source), max_pixels, at_least)[0]


def open_named(source: Source, at_least: int | None = None) -> Image.Image:
    """As `open_rgb`, but the PictureError names the file."""
    try:
        return open_rgb(source, at_least)
    except PictureError as error:
        raise PictureError(error.status, f"{source}: {error.reason}") from error


def _read(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    size = _size(source)
    if size is None:
        raise PictureError("missing", "no such file")
    if size > MAX_BYTES:
        raise PictureError("too large", f"{size:,} bytes; the limit is {MAX_BYTES:,}")
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise PictureError("corrupt", f"unreadable: {error.strerror}") from error
    if isinstance(source, PictureFile) and _digest(data) != source.sha256:
        raise PictureError("changed", "its content is no longer what was inspected; materialize the images again")
    return data


def _size(source: Source) -> int | None:
    if isinstance(source, bytes):
        return len(source)
    return os.path.getsize(source) if os.path.isfile(source) else None  # False for a name that no file can have


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _shown(image: Image.Image) -> str:
    return _digest(f"{image.width} x {image.height} ".encode() + image.tobytes())


def _decode(data: bytes, max_pixels: int, at_least: int | None = None) -> tuple[Image.Image, str]:
    """The decoded picture and the name of its real format. Raises PictureError."""
    if not data:
        raise PictureError("corrupt", "empty file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise PictureError(
                    "too large", f"{image.width} x {image.height} pixels; the limit is {max_pixels:,} in all"
                )
            name = "JPEG" if image.format == "MPO" else image.format  # MPO: a JPEG with more pictures behind it
            if name == "JPEG" and _padded(data):
                raise PictureError("corrupt", "does not decode: the file breaks off, the rest is zeros")
            if at_least:
                image.draft(None, (at_least, at_least))
            return _plain(ImageOps.exif_transpose(image)), name
    except PictureError:
        raise
    except _BOMBS as error:
        raise PictureError("too large", f"a decompression bomb: {error}") from error
    except UnidentifiedImageError as error:
        raise PictureError("corrupt", f"not an image: begins with {beginning(data)}") from error
    except _DECODE_ERRORS as error:
        raise PictureError("corrupt", f"does not decode: {error or type(error).__name__}") from error


def _padded(jpeg: bytes) -> bool:
    """Whether the picture's data has no end and runs out in zeros, as a download that died leaves it.

    The decoder would take the zeros for picture and show a grey half.
    """
    return jpeg.endswith(bytes(16)) and b"\xff\xd9" not in jpeg[jpeg.rfind(b"\xff\xda") :]


def _plain(image: Image.Image) -> Image.Image:
    """Any Pillow mode as RGB."""
    image.load()
    if image.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion would clip all above 255 to white
        grey = np.clip(np.asarray(image, dtype=np.float64) / 257, 0, 255)
        return Image.fromarray(grey.round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def beginning(data: bytes) -> str:
    """The first word of a text, or the first bytes in hexadecimal."""
    word = re.match(rb"(?:\xef\xbb\xbf)?\s*([!-~][^\s>]{1,31})", data[:256])
    return repr(word[1].decode("latin-1")) if word and word[1].isascii() else f"bytes {data[:4].hex(' ')}"
