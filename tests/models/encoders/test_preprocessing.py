from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import models.encoders._torchvision_cpu  # noqa: F401

# isort: split
import timm
import torch

from models.encoders.huggingface_image import preprocessing
from models.encoders.preprocessing import Preprocessing, normalising
from models.encoders.timm_image import _preprocessing


def photo(width: int, height: int) -> Image.Image:
    """Smooth blots of colour, as in a photograph, with hard letters across."""
    blots = np.random.default_rng(width * height).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    picture = np.asarray(Image.fromarray(blots).resize((width, height), Image.Resampling.BICUBIC)).copy()
    picture[height // 3 : height // 3 + 4, ::2] = 255
    return Image.fromarray(picture)


@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
def test_timm_in_two_parts_is_timm(crop_mode):
    data = {"input_size": (3, 48, 48), "interpolation": "bilinear", "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)}
    data |= {"crop_pct": 0.9, "crop_mode": crop_mode}
    parted = _preprocessing(data)
    expected = timm.data.create_transform(**data, is_training=False)(photo(90, 70))
    assert parted.pixels(photo(90, 70)).dtype == np.uint8
    got = parted.finish(torch.from_numpy(parted.pixels(photo(90, 70)).copy())[None])[0]
    assert (got - expected).abs().max() < 1e-5


class Processor:
    """As an image processor of transformers, with a shift that its configuration does not tell."""

    def __init__(self, hidden_shift: float) -> None:
        self.hidden_shift = hidden_shift

    def to_dict(self):
        return {"rescale_factor": 1 / 255, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}

    def __call__(self, picture, return_tensors, do_rescale=True, do_normalize=True):
        pixels = np.asarray(picture.resize((8, 8))).transpose(2, 0, 1)
        return {"pixel_values": [(pixels / 255 - 0.5) / 0.25 + self.hidden_shift if do_normalize else pixels]}


def test_a_processor_is_parted_only_where_the_parts_make_the_whole():
    plain, odd = preprocessing(Processor(0.0)), preprocessing(Processor(0.5))
    assert plain.scale == pytest.approx((4 / 255,) * 3) and odd.scale is None
    picture = photo(30, 20)
    assert odd.pixels(picture).dtype == np.float32
    finished = [
        made.finish(torch.from_numpy(np.ascontiguousarray(made.pixels(picture)))[None]).numpy() for made in (plain, odd)
    ]
    np.testing.assert_allclose(finished[0] + 0.5, finished[1], atol=1e-5)


def test_normalising_by_hand():
    made = Preprocessing(lambda _: np.zeros((3, 1, 1), np.uint8), **normalising((0.5,) * 3, (0.25,) * 3))
    bytes_ = torch.tensor([[[[0]], [[255]], [[51]]]], dtype=torch.uint8)
    assert made.finish(bytes_).flatten().tolist() == pytest.approx([-2.0, 2.0, -1.2])
    assert made.shape() == (3, 1, 1)
