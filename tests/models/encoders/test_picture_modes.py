"""Whatever way a picture is stored, what comes out is the same RGB, the right way up."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from models.encoders.pictures import inspect, open_rgb

RED = (200, 30, 40)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flat(mode: str, colour) -> Image.Image:
    return Image.new(mode, (8, 8), colour)


def poster(size=(40, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (flat("RGB", RED).convert("CMYK"), "JPEG"),  # as Adobe stores it: inverted
        (flat("RGB", RED).convert("CMYK"), "TIFF"),  # as it is
        (flat("RGB", RED).convert("YCbCr"), "TIFF"),
        (flat("RGB", RED).quantize(4), "PNG"),
        (flat("RGBA", (*RED, 255)), "PNG"),
        (flat("RGB", RED), "GIF"),
    ],
    ids=["cmyk-jpeg", "cmyk-tiff", "ycbcr", "palette", "rgba", "gif"],
)
def test_every_mode_becomes_the_same_red(image, kind):
    picture = open_rgb(encoded(image, kind))
    assert (picture.mode, picture.size) == ("RGB", (8, 8))
    np.testing.assert_allclose(np.asarray(picture).reshape(-1, 3), [RED] * 64, atol=4)


def test_the_cmyk_jpeg_above_is_adobes():
    assert b"Adobe" in encoded(flat("RGB", RED).convert("CMYK"), "JPEG")[:100]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_greyscale_becomes_equal_channels(kind):
    np.testing.assert_allclose(np.asarray(open_rgb(encoded(flat("L", 100), kind))), 100, atol=1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_shades(kind):
    deep = Image.fromarray(np.full((8, 8), 0x8080, np.uint16))
    np.testing.assert_array_equal(np.asarray(open_rgb(encoded(deep, kind))), 0x80)


def test_one_bit_is_black_and_white():
    picture = flat("1", 0)
    picture.putpixel((3, 5), 1)
    assert np.argwhere(np.asarray(open_rgb(encoded(picture, "PNG")))[..., 0] == 255).tolist() == [[5, 3]]


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (flat("RGBA", (*RED, 0)), {}),
        (flat("LA", (100, 0)), {}),
        (flat("RGB", RED).quantize(4), {"transparency": bytes(4)}),
        (flat("L", 100), {"transparency": 100}),
        (flat("RGB", RED), {"transparency": RED}),
    ],
    ids=["rgba", "la", "palette", "grey", "rgb"],
)
def test_transparency_lies_on_white(image, options):
    assert open_rgb(encoded(image, "PNG", **options)).getpixel((0, 0)) == (255, 255, 255)


def test_half_transparency_is_mixed_with_white():
    palette = flat("P", 0)
    palette.putpalette([*RED])
    np.testing.assert_allclose(
        open_rgb(encoded(palette, "PNG", transparency=b"\x80")).getpixel((0, 0)), (227, 142, 147)
    )


UPRIGHT = np.asarray(poster())
STORED = {  # by EXIF orientation: what lies in the file so that it is shown upright
    1: UPRIGHT, 2: UPRIGHT[:, ::-1], 3: UPRIGHT[::-1, ::-1], 4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1), 6: np.rot90(UPRIGHT), 7: UPRIGHT.swapaxes(0, 1)[::-1, ::-1], 8: np.rot90(UPRIGHT, -1),
}  # fmt: skip


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("value", STORED)
def test_exif_orientation_is_applied(value):
    stored = Image.fromarray(np.ascontiguousarray(STORED[value]))
    data = encoded(stored, "PNG", exif=orientation(value))
    np.testing.assert_array_equal(np.asarray(open_rgb(data)), UPRIGHT)
    for kind in ("JPEG", "WEBP", "TIFF"):
        report = inspect(encoded(stored, kind, exif=orientation(value)))
        assert (report.status, report.width, report.height) == ("found", 40, 60)


def test_a_turned_jpeg_is_turned_when_it_is_decoded_smaller():
    wide = poster((1600, 800))
    assert open_rgb(encoded(wide, "JPEG", exif=orientation(6)), at_least=200).size == (200, 400)


@pytest.mark.parametrize("damage", [b"\xff" * 8, b"II*\0\xff\xff\xff\x7f"], ids=["no header", "offset outside"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_turns_nothing(damage):
    data = encoded(poster(), "JPEG", exif=orientation(6))
    at = data.index(b"Exif\0\0") + 6
    report = inspect(data[:at] + damage + data[at + 8 :])
    assert (report.status, report.width, report.height) == ("found", 40, 60)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_what_moves_or_has_pages_shows_its_first_picture(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    first = flat("RGB", RED)
    data = encoded(first, kind, save_all=True, append_images=[flat("RGB", (0, 0, 255))], **options)
    np.testing.assert_allclose(np.asarray(open_rgb(data)).reshape(-1, 3), [RED] * 64, atol=4)
    assert inspect(data).format == {"MPO": "JPEG"}.get(kind, kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_broken_colour_profile_does_no_harm(kind):
    assert inspect(encoded(poster(), kind, icc_profile=b"broken" * 20)).status == "found"
