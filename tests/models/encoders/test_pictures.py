from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from models.encoders.pictures import PictureError, inspect, open_rgb

RED = (200, 30, 40)


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


def test_every_cut_of_a_file_is_reported_and_none_raises():
    data = encoded(poster((24, 24)), "PNG")
    whole = len(data) - 20  # what follows the last pixel: two checksums and the end mark
    assert {inspect(data[:cut]).status for cut in range(whole)} == {"corrupt"}


def test_a_missing_file_is_missing(tmp_path):
    report = inspect(tmp_path / "none.jpg")
    assert (report.status, report.reason, report.bytes, report.sha256) == ("missing", "no such file", None, None)
    assert inspect(tmp_path).status == "missing"  # a folder is no picture
    with pytest.raises(PictureError, match="no such file"):
        open_rgb(tmp_path / "none.jpg")


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims side x side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 60_000])  # above our limit; above Pillow's own
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side):
    report = inspect(bomb(side))
    assert report.status == "too large"
    assert "limit" in report.reason
    with pytest.raises(PictureError):
        open_rgb(bomb(side))


def test_the_pixel_limit_is_exact():
    data = encoded(poster((10, 10)), "PNG")
    assert inspect(data, max_pixels=100).status == "found"
    assert inspect(data, max_pixels=99).reason == "10 x 10 pixels; the limit is 99 in all"


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (Image.new("RGB", (8, 8), RED).convert("CMYK"), "JPEG"),
        (Image.new("RGB", (8, 8), RED).quantize(4), "PNG"),
        (Image.new("RGBA", (8, 8), (*RED, 255)), "PNG"),
        (Image.new("RGB", (8, 8), RED), "GIF"),
    ],
    ids=["cmyk", "palette", "rgba", "gif"],
)
def test_every_mode_becomes_the_same_red(image, kind):
    picture = open_rgb(encoded(image, kind))
    assert (picture.mode, picture.size) == ("RGB", (8, 8))
    np.testing.assert_allclose(np.asarray(picture).reshape(-1, 3), [RED] * 64, atol=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_greyscale_becomes_equal_channels(kind):
    picture = open_rgb(encoded(Image.new("L", (8, 8), 100), kind))
    np.testing.assert_allclose(np.asarray(picture), 100, atol=1)


def test_16_bit_grey_keeps_its_shades():
    deep = Image.fromarray(np.full((8, 8), 0x8080, np.uint16))
    np.testing.assert_array_equal(np.asarray(open_rgb(encoded(deep, "PNG"))), 0x80)


def test_transparency_lies_on_white():
    assert open_rgb(encoded(Image.new("RGBA", (4, 4), (*RED, 0)), "PNG")).getpixel((0, 0)) == (255, 255, 255)


def test_exif_orientation_is_applied():
    upright = Image.new("RGB", (60, 40), "black")
    upright.paste(RED, (0, 0, 60, 20))  # red above
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    data = encoded(upright, "JPEG", exif=exif)
    assert (inspect(data).width, inspect(data).height) == (40, 60)
    turned = np.asarray(open_rgb(data), dtype=int)
    assert turned[30, 35, 0] > 150 > 50 > turned[30, 5, 0]  # red to the right


def test_large_jpegs_may_be_decoded_smaller_but_not_too_small():
    data = encoded(poster((1600, 800)), "JPEG")
    assert open_rgb(data).size == (1600, 800)
    assert open_rgb(data, at_least=200).size == (400, 200)
    assert min(open_rgb(data, at_least=201).size) >= 201
