"""Blank, tiny and known "no image" pictures are refused; posters and small things on white are not."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from models.encoders import placeholders
from models.encoders.pictures import inspect, inspector, open_rgb
from models.encoders.placeholders import MIN_DRAWN, drawn_share, known_placeholders
from tests.models.encoders.test_picture_modes import encoded, poster

ONE_COLOUR = "placeholder: one colour"


def canvas(colour="white", size=(300, 400)) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, colour)
    return image, ImageDraw.Draw(image)


@pytest.mark.parametrize("colour", ["white", "black", (221, 221, 221), (10, 80, 200)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_one_colour_is_a_placeholder(colour, kind):
    report = inspect(encoded(canvas(colour)[0], kind))
    assert (report.status, report.reason, report.width, report.height) == ("refused", ONE_COLOUR, 300, 400)
    assert report.sha256 and report.bytes


def test_so_are_faint_noise_full_transparency_and_small_print():
    noise = np.random.default_rng(0).integers(120, 129, (400, 300, 3), dtype=np.uint8)
    assert inspect(encoded(Image.fromarray(noise), "PNG")).reason == ONE_COLOUR
    assert inspect(encoded(Image.new("RGBA", (300, 400), (200, 0, 0, 0)), "PNG")).reason == ONE_COLOUR
    image, draw = canvas((221, 221, 221))
    draw.text((90, 190), "No image available", fill=(120, 120, 120), font=ImageFont.load_default(12))
    assert 0 < drawn_share(image) < MIN_DRAWN
    assert inspect(encoded(image, "JPEG")).reason == ONE_COLOUR


def test_little_on_white_is_a_picture():
    image, draw = canvas(size=(500, 500))
    draw.ellipse((150, 100, 350, 400), outline=(180, 150, 60), width=3)  # a thin necklace
    assert inspect(encoded(image, "JPEG")).status == "found"
    image, draw = canvas()
    draw.rectangle((120, 150, 180, 250), fill=(242, 242, 242))  # a white shirt
    assert inspect(encoded(image, "PNG")).status == "found"


@pytest.mark.parametrize(("channel", "share"), [(0, 0.25), (1, 0.25), (2, 0.25)])
def test_the_share_is_that_of_the_channel_with_most(channel, share):
    pixels = np.full((40, 40, 3), 100, np.uint8)
    pixels[:10, :, channel] = 109  # one more than the tolerance
    assert drawn_share(Image.fromarray(pixels)) == share
    pixels[:10, :, channel] = 108
    assert drawn_share(Image.fromarray(pixels)) == 0


def test_tiny_is_a_placeholder():
    assert inspect(encoded(poster((31, 200)), "PNG")).reason == "placeholder: tiny, 31 x 200 pixels"
    assert inspect(encoded(poster((1, 1)), "GIF")).reason == "placeholder: tiny, 1 x 1 pixels"
    assert inspect(encoded(poster((32, 32)), "PNG")).status == "found"


def test_the_gif_of_43_bytes_is_known():
    gif = b"GIF89a\1\0\1\0\x80\1\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\1\0,\0\0\0\0\1\0\1\0\0\2\2L\1\0;"
    assert len(gif) == 43
    assert inspect(gif).reason == "placeholder: known, the 43-byte transparent GIF of 1 x 1 pixel"


def test_a_picture_is_refused_once_its_hash_is_listed(tmp_path, monkeypatch):
    data, before = encoded(poster(), "JPEG"), inspector()
    assert inspect(data).status == "found"
    sha256 = hashlib.sha256(data).hexdigest()
    (tmp_path / "list.toml").write_text(
        f'[[picture]]\nsha256 = "{sha256}"\nsource = "test"\nnote = "a camera, crossed"'
    )
    monkeypatch.setattr(placeholders, "NO_IMAGE", tmp_path / "list.toml")
    assert inspect(data).reason == "placeholder: known, a camera, crossed"
    assert open_rgb(data).size == (40, 60), "who wants to look at it may"
    assert inspector() != before, "remembered reports are made anew"


@pytest.mark.parametrize("entry", ['sha256 = "12"\nsource = "s"', f'sha256 = "{"a" * 64}"', 'source = "s"'])
def test_a_bad_entry_is_named(tmp_path, entry):
    (tmp_path / "list.toml").write_text(f'[[picture]]\nnote = "camera"\n{entry}')
    with pytest.raises(ValueError, match=r"list\.toml: picture 1 \(camera\) needs sha256"):
        known_placeholders(tmp_path / "list.toml")


@pytest.mark.real_data
def test_no_real_poster_or_product_photo_is_taken_for_one(raw_data):
    files = [*(raw_data / "movielens/posters").glob("*"), *(raw_data / "amazon/apparel/images").glob("*")]
    assert len(files) > 4000
    assert [(file.name, report.reason) for file in files if (report := inspect(file)).status != "found"] == []
