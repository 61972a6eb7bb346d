from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from models.encoders.pictures import PictureError, PictureFile, inspect, open_named, open_rgb


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def poster(size=(40, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def test_a_good_picture_is_found_with_all_its_facts(tmp_path):
    data = encoded(poster(), "JPEG")
    path = tmp_path / "poster.png"  # the name lies; the content is what counts
    path.write_bytes(data)
    report = inspect(path)
    assert (report.status, report.reason, report.format) == ("found", "", "JPEG")
    assert (report.width, report.height, report.bytes) == (40, 60, len(data))
    assert report.sha256 == hashlib.sha256(data).hexdigest()
    assert inspect(data) == report


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><body>404</body></html>", "not an image: begins with '<html'"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><html>", "not an image: begins with '<!DOCTYPE'"),
        (b"version https://git-lfs.github.com/spec/v1", "not an image: begins with 'version'"),
        (b"\x7fELF\x02\x01", "not an image: begins with bytes 7f 45 4c 46"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image: begins with '%!PS-Adobe-3.0'"),
        (b"", "empty file"),
        (bytes(5000), "not an image: begins with bytes 00 00 00 00"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "not an image: begins with '<svg'"),
    ],
)
def test_what_is_no_picture_is_corrupt_and_says_what_it_is(tmp_path, data, reason):
    (tmp_path / "poster.jpg").write_bytes(data)
    report = inspect(tmp_path / "poster.jpg")
    assert (report.status, report.reason) == ("corrupt", reason)
    assert report.bytes == len(data)
    assert report.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_truncated_picture_is_corrupt(kind):
    data = encoded(poster((200, 200)), kind)
    assert inspect(data).status == "found"
    report = inspect(data[: len(data) // 2])
    assert report.status == "corrupt"
    assert report.reason


def test_a_jpeg_whose_download_died_is_corrupt_though_its_decoder_says_nothing():
    data = encoded(poster((200, 200)), "JPEG")
    half = data[: len(data) // 2]
    assert (
        inspect(half + bytes(len(data) - len(half))).reason == "does not decode: the file breaks off, the rest is zeros"
    )
    assert inspect(data + bytes(100)).status == "found", "padding behind a whole picture does no harm"


def test_every_cut_of_a_file_is_reported_and_none_raises():
    data = encoded(poster((24, 24)), "PNG")
    whole = len(data) - 20  # what follows the last pixel: two checksums and the end mark
    assert {inspect(data[:cut]).status for cut in range(whole)} == {"corrupt"}


def test_a_missing_file_is_missing(tmp_path):
    report = inspect(tmp_path / "none.jpg")
    assert (report.status, report.reason, report.bytes, report.sha256) == ("missing", "no such file", None, None)
    assert inspect(tmp_path).status == "missing"  # a folder is no picture
    for name in ("a" * 5000, "a\0b"):  # no file can be named so
        assert inspect(tmp_path / name).status == "missing"
    with pytest.raises(PictureError, match="no such file"):
        open_rgb(tmp_path / "none.jpg")


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims side x side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 60_000, 2**31 - 1])  # above our limit; above Pillow's own
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side):
    report = inspect(bomb(side))
    assert report.status == "too large"
    assert "limit" in report.reason
    with pytest.raises(PictureError):
        open_rgb(bomb(side))


def test_the_pixel_limit_is_exact():
    data = encoded(poster((40, 40)), "PNG")
    assert inspect(data, max_pixels=1600).status == "found"
    assert inspect(data, max_pixels=1599).reason == "40 x 40 pixels; the limit is 1,599 in all"


def test_large_jpegs_may_be_decoded_smaller_but_not_too_small():
    data = encoded(poster((1600, 800)), "JPEG")
    assert open_rgb(data).size == (1600, 800)
    assert open_rgb(data, at_least=200).size == (400, 200)
    assert min(open_rgb(data, at_least=201).size) >= 201


def test_compressed_text_that_swells_is_refused():
    data, text = encoded(poster(), "PNG"), b"title\0\0" + zlib.compress(bytes(200_000_000))
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    at = data.index(b"IDAT") - 4
    assert inspect(data[:at] + chunk + data[at:]).reason.startswith("does not decode: Decompressed data too large")


def test_equal_pixels_are_known_whatever_the_file():
    one, other = (inspect(encoded(poster(), "PNG", compress_level=level)) for level in (1, 9))
    assert one.sha256 != other.sha256 and one.pixels == other.pixels
    assert inspect(encoded(poster((60, 40)), "PNG")).pixels != one.pixels


def test_a_picture_file_is_opened_only_with_the_bytes_that_were_inspected(tmp_path):
    path = tmp_path / "poster.png"
    path.write_bytes(encoded(poster(), "PNG"))
    known = PictureFile(path, inspect(path).sha256)
    assert open_rgb(known).tobytes() == open_rgb(path).tobytes()
    assert inspect(known) == inspect(path)
    path.write_bytes(encoded(poster((60, 40)), "PNG"))
    with pytest.raises(PictureError, match=r"poster\.png: its content is no longer what was inspected") as caught:
        open_named(known)
    assert caught.value.status == inspect(known).status == "changed"
    path.unlink()
    with pytest.raises(PictureError, match=r"poster\.png: no such file"):
        open_named(known)
